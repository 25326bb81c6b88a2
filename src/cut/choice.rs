//! Whether a head that somebody chose is the one that locating finds by itself.

use std::collections::BTreeSet;

use super::Cut;
use crate::error::Error;

/// Who chose the head, and whether the model itself bears it out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Choice {
    /// It is what locating finds, whether or not it was also named.
    Located,
    /// It was named, and locating finds another, of this name.
    Instead(String),
    /// It was named, and locating finds none or cannot decide, for this reason.
    Undecided(String),
}

impl Choice {
    /// The choice of a named head, given what locating finds without the name.
    pub(super) fn of(named: &Cut, located: &Result<Cut, Error>) -> Self {
        let weights = |cut: &Cut| -> BTreeSet<String> {
            cut.head.branches.iter().map(|branch| branch.weight.tensor.clone()).collect()
        };
        match located {
            Ok(found) if weights(found) == weights(named) => Self::Located,
            Ok(found) => Self::Instead(found.head.name.clone()),
            Err(error) => Self::Undecided(error.to_string()),
        }
    }
}
