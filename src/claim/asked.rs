//! What a claim says was asked for, as far as its files can be held against it.

use std::collections::BTreeSet;

use declass_formats::RelPath;

use super::{ClaimError, NamedClass, OtherFile, Statement, names::MOST_OTHER_FILES};
use crate::{
    classes::Forgotten,
    evidence::UNTOUCHED,
    head::{Hints, Slot, Target, Treatment},
};

impl Statement {
    /// What the claim says that the head shall be.
    ///
    /// # Errors
    /// [`ClaimError::Contradiction`] if no model could be what is claimed.
    pub fn target(&self) -> Result<Target, ClaimError> {
        let space = &self.predicate.removal.label_space;
        let asked = &self.predicate.build_definition.external_parameters;
        space.check_size()?;
        let treatment = match (asked.slot, asked.seal) {
            (Slot::Drop, true) => {
                return Err(ClaimError::Contradiction("a dropped slot cannot be sealed".into()));
            }
            (Slot::Drop, false) => Treatment::Drop,
            (Slot::Keep, true) => Treatment::Seal,
            (Slot::Keep, false) => Treatment::Leave,
        };
        let forgotten = forgotten(&asked.forget, space.before)?;
        let older = !self.predicate.verification.checks.iter().any(|check| check.id == UNTOUCHED);
        Ok(Target::new(forgotten, treatment, Hints { older, ..asked.hints() }, asked.accepted()))
    }

    /// The further files that the claim names, with what finds the head in each.
    ///
    /// # Errors
    /// [`ClaimError::Contradiction`] if one is named twice or as no file of a folder can be, or there are too many.
    pub fn other_files(&self) -> Result<Vec<(RelPath, Hints)>, ClaimError> {
        let files = &self.predicate.removal.other_files;
        if files.len() > MOST_OTHER_FILES {
            return Err(ClaimError::Contradiction(format!(
                "it names more than {MOST_OTHER_FILES} further files"
            )));
        }
        let (mut seen, target): (BTreeSet<RelPath>, _) = (BTreeSet::new(), self.target()?);
        let one = |file: &OtherFile| {
            let path = RelPath::try_from(file.name.as_str())
                .map_err(|problem| ClaimError::Contradiction(problem.to_string()))?;
            if !seen.insert(path.clone()) {
                return Err(ClaimError::Contradiction(format!("it names the file `{}` twice", file.name)));
            }
            Ok((path, Hints { heads: file.named.clone(), ..target.hints().clone() }))
        };
        files.iter().map(one).collect()
    }
}

fn forgotten(named: &[NamedClass], classes: usize) -> Result<Forgotten, ClaimError> {
    if !named.is_sorted_by(|a, b| a.index < b.index) {
        return Err(ClaimError::Contradiction("its removed classes are not in order".into()));
    }
    let indices = named.iter().map(|class| class.index).collect();
    Forgotten::from_indices(indices, classes).map_err(|error| ClaimError::Contradiction(error.to_string()))
}
