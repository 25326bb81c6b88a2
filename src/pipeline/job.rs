//! The beginning: a model, a removal and a place that go together.

use std::path::Path;

use candle_core::Device;
use declass_formats::Artifact;

use super::Observer;
use crate::{
    blueprint::Blueprint,
    claim::History,
    cut::Cut,
    device::DeviceKind,
    error::{Error, RemovalError},
    evaluate::{Data, Pair},
    head::Hints,
    model::Model,
    release::Destination,
    removal::Removal,
};

/// A removal that can be carried out, not begun.
///
/// It forgets the classes of earlier removals, too, if the model is a release and their slots are still
/// there: training may move every row, also one that an earlier removal sealed.
pub struct Job<'a> {
    pub(super) model: &'a Model,
    /// Its files, with the further ones in which the same is done.
    pub(super) artifact: Artifact,
    pub(super) removal: Removal,
    pub(super) destination: Destination,
    pub(super) device: Device,
    pub(super) observer: &'a dyn Observer,
    /// The claims of the input, if it is a release itself.
    pub(super) history: History,
    /// Classes that they forgot and whose slots are still there.
    pub(super) earlier: Vec<usize>,
    /// Labelled embeddings of the user, known to fit the model.
    pub(super) data: Option<&'a Data>,
    /// The ONNX file that says how a model without a graph is computed.
    pub(super) graph: Option<&'a Path>,
}

impl<'a> Job<'a> {
    /// Holds a removal against the model and the place that the release shall go to. Whether something is in
    /// that place, [`Destination::check`] says; it is looked at again when the release is published.
    ///
    /// # Errors
    /// [`Error::Removal`] if the method cannot work at the model's head, the removal names another head than
    /// the model was opened at, an earlier removal did all of it, or only one class would be left to answer;
    /// [`Error::CannotKeep`] if a sealed slot could be given out all the same; [`Error::OtherClasses`] if it is
    /// about another number of classes; [`Error::Format`] if a further file cannot be read; [`Error::OverwritesInput`] and
    /// [`Error::InsideInput`] for the place; [`Error::NotAClaim`] and [`Error::BrokenLineage`] if the model
    /// is a release with a history that does not hold.
    pub fn open(
        model: &'a Model,
        removal: &Removal,
        destination: Destination,
        device: Device,
        observer: &'a dyn Observer,
    ) -> Result<Self, Error> {
        let head = &model.cut().head;
        destination.check_input(model.artifact())?;
        removal.require_link(head.link, head.position.place())?;
        if removal.hints() != model.hints() && *removal.hints() != model.lasting_hints() {
            return Err(RemovalError::OtherHead.into());
        }
        let (found, expected) = (head.classes, removal.forgotten().classes());
        if found != expected {
            return Err(Error::OtherClasses { found, expected });
        }
        let history = History::of_input(model.artifact())?;
        require_same_head(&history, model)?;
        require_same_files(&history, removal)?;
        let earlier = history.still_there(&head.name)?;
        let asked: Vec<usize> = removal.forgotten().indices().collect();
        let removal = removal.forgetting_also(&earlier)?.on(DeviceKind::of(&device));
        if let Some(reason) = head.still_open(removal.target()) {
            return Err(Error::CannotKeep { reason, droppable: head.obstacle.is_none() });
        }
        let artifact = model.artifact().with_twins(&removal.other_paths())?;
        let (data, graph) = (None, None);
        let job =
            Self { model, artifact, removal, destination, device, observer, history, earlier, data, graph };
        job.require_something_new(&asked)?;
        job.require_answers()?;
        job.require_labels_gone(&asked)?;
        Ok(job)
    }

    /// The same job with figures on labelled embeddings of the user, which go into claim and card.
    ///
    /// # Errors
    /// [`Error::Embeddings`] if they do not fit the model; [`Error::NoTopClass`] if the head does not settle
    /// the answer.
    pub fn measuring_on(self, data: &'a Data) -> Result<Self, Error> {
        let artifact = self.model.artifact();
        let forgotten = self.removal.forgotten().clone();
        data.check(&Pair::load((artifact, self.model.cut()), artifact, self.removal.hints(), forgotten)?)?;
        Ok(Self { data: Some(data), ..self })
    }

    /// The same job with an ONNX file that was exported of the model, so that original and copy can be run.
    ///
    /// # Errors
    /// As [`Blueprint::open`].
    pub fn running_by(self, graph: &'a Path) -> Result<Self, Error> {
        Blueprint::open(graph, self.model.artifact(), self.model.cut())?;
        Ok(Self { graph: Some(graph), ..self })
    }

    /// What is going to be done: what was asked for, and what earlier removals and the device add.
    #[must_use]
    pub fn removal(&self) -> &Removal {
        &self.removal
    }

    /// The model's files, with the further ones in which the same is done.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The earlier removals that this one continues.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Classes that earlier removals forgot and that stay forgotten.
    #[must_use]
    pub fn still_forgotten(&self) -> &[usize] {
        &self.earlier
    }
}

/// Fails if a file in which the latest removal was done would be left behind: its claim is about all of them.
fn require_same_files(history: &History, removal: &Removal) -> Result<(), Error> {
    let latest = history.claims().first().map(|claim| &claim.statement.predicate.removal.other_files);
    let is_left = |name: &&String| !removal.others().iter().any(|other| other.path.as_str() == name.as_str());
    match latest.into_iter().flatten().map(|file| &file.name).find(is_left) {
        Some(name) => Err(RemovalError::FileLeft { name: name.clone() }.into()),
        None => Ok(()),
    }
}

/// Fails if an earlier removal was at a head that is neither this one nor surely another: its indices may be this one's
/// or not.
fn require_same_head(history: &History, model: &Model) -> Result<(), Error> {
    let head = &model.cut().head;
    let mut classes = None;
    for claim in history.claims() {
        let predicate = &claim.statement.predicate;
        let (earlier, after) = (&predicate.removal.location.head, predicate.removal.label_space.after);
        let is_same = *earlier == head.name;
        let is_alone = predicate.build_definition.external_parameters.other_heads.is_empty();
        let is_another = || {
            let cut = Cut::locate(model.artifact(), &Hints::naming(std::slice::from_ref(earlier)));
            let is_found = cut.is_ok_and(|cut| cut.head.name == *earlier);
            let own = head.branches.iter().flat_map(|it| [Some(&it.weight), it.bias.as_ref()]).flatten();
            let changed = &predicate.removal.tensors;
            let is_touched = own.into_iter().any(|own| changed.iter().any(|it| it.name == own.tensor));
            is_alone && model.hints().heads.len() < 2 && is_found && !is_touched
        };
        // Of several at this head the latest counts.
        if is_same && classes.is_none() {
            classes = Some(after);
        }
        let fits = if is_same { classes == Some(head.classes) } else { is_another() };
        if !fits {
            let (earlier, found) = (earlier.clone(), head.classes);
            return Err(RemovalError::OtherClassesBefore { earlier, classes: after, found }.into());
        }
    }
    Ok(())
}
