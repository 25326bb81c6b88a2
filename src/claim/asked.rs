//! What a claim says was asked for, as far as its files can be held against it.

use super::{ClaimError, NamedClass, Statement};
use crate::{classes::Forgotten, head::Slot};

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The forgotten classes, of the input's.
    pub forgotten: Forgotten,
    /// What becomes of their outputs.
    pub slot: Slot,
    /// Whether kept slots are sealed.
    pub sealed: bool,
    /// The head, if it was named by hand.
    pub head: Option<String>,
}

impl Statement {
    /// What was asked for.
    ///
    /// # Errors
    /// [`ClaimError::Contradiction`] if no model could be what is claimed.
    pub fn asked(&self) -> Result<Asked, ClaimError> {
        let space = &self.predicate.removal.label_space;
        let asked = &self.predicate.build_definition.external_parameters;
        space.check_size()?;
        if asked.slot == Slot::Drop && asked.seal {
            return Err(ClaimError::Contradiction("a dropped slot cannot be sealed".into()));
        }
        let forgotten = forgotten(&asked.forget, space.before)?;
        Ok(Asked { forgotten, slot: asked.slot, sealed: asked.seal, head: asked.head.clone() })
    }
}

impl Asked {
    /// New index of each class of the input that follows from the classes and slots; none for a dropped one.
    #[must_use]
    pub fn index_map(&self) -> Vec<Option<usize>> {
        index_map(&self.forgotten, self.slot)
    }
}

/// New index of each class; none for a dropped one.
#[must_use]
pub fn index_map(forgotten: &Forgotten, slot: Slot) -> Vec<Option<usize>> {
    match slot {
        Slot::Drop => forgotten.index_map(),
        Slot::Keep => (0..forgotten.classes()).map(Some).collect(),
    }
}

fn forgotten(named: &[NamedClass], classes: usize) -> Result<Forgotten, ClaimError> {
    if !named.is_sorted_by(|a, b| a.index < b.index) {
        return Err(ClaimError::Contradiction("its forgotten classes are not in order".into()));
    }
    let indices = named.iter().map(|class| class.index).collect();
    Forgotten::from_indices(indices, classes).map_err(|error| ClaimError::Contradiction(error.to_string()))
}
