//! What a claim says was asked for, as far as its files can be held against it.

use super::{ClaimError, NamedClass, Statement};
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
}

fn forgotten(named: &[NamedClass], classes: usize) -> Result<Forgotten, ClaimError> {
    if !named.is_sorted_by(|a, b| a.index < b.index) {
        return Err(ClaimError::Contradiction("its removed classes are not in order".into()));
    }
    let indices = named.iter().map(|class| class.index).collect();
    Forgotten::from_indices(indices, classes).map_err(|error| ClaimError::Contradiction(error.to_string()))
}
