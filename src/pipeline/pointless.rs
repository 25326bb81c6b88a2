//! Removals that would change nothing, leave nothing to tell apart, or leave the label.

use declass_formats::Edits;

use super::Job;
use crate::{
    classes::{LeftLabel, describe},
    edit,
    error::{Error, RemovalError},
    head::{LinearHead, Treatment},
};

impl Job<'_> {
    /// Fails if all that is asked for was done by an earlier removal, and its slots are sealed.
    pub(super) fn require_something_new(&self, asked: &[usize]) -> Result<(), Error> {
        let sealed = self
            .history
            .claims()
            .first()
            .is_some_and(|latest| latest.statement.predicate.build_definition.external_parameters.seal);
        let all_earlier = asked.iter().all(|class| self.earlier.contains(class));
        if sealed && all_earlier && self.removal.target().treatment() != Treatment::Drop {
            return Err(RemovalError::AlreadyRemoved { classes: self.named(asked), kept: true }.into());
        }
        Ok(())
    }

    /// Fails if a single class would be left that competes for the answer, unless that is accepted.
    pub(super) fn require_answers(&self) -> Result<(), Error> {
        let (target, only) =
            (self.removal.target(), self.removal.target().only_retained(self.model.head().link));
        if target.leaves_one_output() {
            let is_graph = self.model.artifact().graph().is_some();
            return match only {
                Some(_) => Err(RemovalError::OneClassLeft.into()),
                None if is_graph => Err(RemovalError::OneOutputLeft.into()),
                None => Ok(()),
            };
        }
        match only {
            Some(class) if !target.accepted().constant => {
                Err(RemovalError::OneAnswerLeft { class: self.named(&[class]) }.into())
            }
            _ => Ok(()),
        }
    }

    /// Fails if a label that is asked for stays on other classes, unless that is accepted.
    pub(super) fn require_labels_gone(&self, asked: &[usize]) -> Result<(), Error> {
        let Some(labels) = self.model.labels().filter(|_| !self.removal.target().accepted().labels) else {
            return Ok(());
        };
        let left = LeftLabel::of(self.removal.forgotten(), labels);
        let is_asked = |left: &&LeftLabel| left.forgotten.iter().any(|class| asked.contains(class));
        match left.iter().find(is_asked) {
            Some(left) => {
                Err(RemovalError::LabelLeft { left: left.to_string(), others: left.classes.clone() }.into())
            }
            None => Ok(()),
        }
    }

    /// Fails if there is nothing to forget in a head, or if sealing it as it is would change no byte.
    pub(super) fn require_something_to_forget(&self, before: &LinearHead) -> Result<(), Error> {
        if before.tells_nothing_apart() {
            return Err(RemovalError::Untrained.into());
        }
        let (artifact, target) = (self.model.artifact(), self.removal.target());
        if !target.is_sealed() {
            return Ok(());
        }
        // Sealed slots are out of reach of every method, so that training would change nothing either.
        let Edits { tensors, graph, files, .. } =
            edit::rewrite(artifact, self.model.cut(), before, before, target)?;
        if !graph.is_empty() || !files.is_empty() {
            return Ok(());
        }
        for (name, new) in &tensors {
            if artifact.read_tensor(name)? != new.data {
                return Ok(());
            }
        }
        let classes: Vec<usize> = self.removal.forgotten().indices().collect();
        Err(RemovalError::AlreadySealed { classes: self.named(&classes) }.into())
    }

    fn named(&self, classes: &[usize]) -> String {
        let named = classes.iter().map(|&class| describe(class, self.model.labels()));
        named.collect::<Vec<_>>().join(", ")
    }
}
