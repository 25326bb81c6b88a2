//! What the head shall be after a removal: which classes are forgotten, and what becomes of their outputs.

use super::{Accepted, Hints, Link, Slot};
use crate::{classes::Forgotten, error::RemovalError};

/// What becomes of the forgotten outputs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Treatment {
    /// Rows and labels are removed and the other classes renumbered.
    Drop,
    /// The slots stay as unlearning leaves them: some embedding may still reach them.
    Leave,
    /// The slots stay and get values that can never win.
    Seal,
}

impl Treatment {
    /// The treatment of a slot; `seal` is whether it shall be sealed, where anything is said about it. Kept
    /// slots are sealed unless that is refused.
    ///
    /// # Errors
    /// [`RemovalError::SealOfDropped`] if anything is said about the seal of a slot that is dropped.
    pub fn of(slot: Slot, seal: Option<bool>) -> Result<Self, RemovalError> {
        match (slot, seal) {
            (Slot::Drop, None) => Ok(Self::Drop),
            (Slot::Drop, Some(_)) => Err(RemovalError::SealOfDropped),
            (Slot::Keep, Some(false)) => Ok(Self::Leave),
            (Slot::Keep, _) => Ok(Self::Seal),
        }
    }

    /// Whether the slots stay.
    #[must_use]
    pub fn slot(self) -> Slot {
        if self == Self::Drop { Slot::Drop } else { Slot::Keep }
    }
}

/// What shall have become of a head, whatever method gets it there: all that can be checked of a removal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    forgotten: Forgotten,
    treatment: Treatment,
    hints: Hints,
    accepted: Accepted,
}

impl Target {
    /// The target of forgetting these classes in a model that is read with these hints.
    #[must_use]
    pub fn new(forgotten: Forgotten, treatment: Treatment, hints: Hints, accepted: Accepted) -> Self {
        Self { forgotten, treatment, hints, accepted }
    }

    /// Whether a single output would be left of the model.
    #[must_use]
    pub fn leaves_one_output(&self) -> bool {
        self.treatment == Treatment::Drop && self.forgotten.retained().count() == 1
    }

    /// The classes that shall be forgotten.
    #[must_use]
    pub fn forgotten(&self) -> &Forgotten {
        &self.forgotten
    }

    /// What becomes of their outputs.
    #[must_use]
    pub fn treatment(&self) -> Treatment {
        self.treatment
    }

    /// The same target where all is accepted that older versions did not ask about.
    #[must_use]
    pub fn as_then(&self) -> Self {
        let stale = self.accepted.stale || self.hints.older;
        Self { accepted: Accepted { constant: true, labels: true, stale }, ..self.clone() }
    }

    /// The one class that is left to compete for the answer, where only one is and classes compete at all.
    #[must_use]
    pub fn only_retained(&self, link: Link) -> Option<usize> {
        let mut retained = self.forgotten.retained();
        let only = retained.next().filter(|_| retained.next().is_none());
        only.filter(|_| link != Link::Sigmoid)
    }

    /// The class that is the answer to every input, if the others are out of reach.
    #[must_use]
    pub fn only_answer(&self, link: Link) -> Option<usize> {
        self.only_retained(link).filter(|_| self.is_final())
    }

    /// Whether their slots are kept or dropped.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.treatment.slot()
    }

    /// Whether kept slots are sealed; never if they are dropped.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.treatment == Treatment::Seal
    }

    /// Whether no embedding shall reach them: they are dropped or sealed.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.treatment != Treatment::Leave
    }

    /// What is said of the model by hand.
    #[must_use]
    pub fn hints(&self) -> &Hints {
        &self.hints
    }

    /// What is accepted although it is hardly ever wanted.
    #[must_use]
    pub fn accepted(&self) -> Accepted {
        self.accepted
    }

    /// New index of each class; none for a dropped one.
    #[must_use]
    pub fn index_map(&self) -> Vec<Option<usize>> {
        match self.slot() {
            Slot::Drop => self.forgotten.index_map(),
            Slot::Keep => (0..self.forgotten.classes()).map(Some).collect(),
        }
    }
}
