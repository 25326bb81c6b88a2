//! What a check found.

use serde::{Deserialize, Serialize};

use super::{Definition, Figure};

/// What one check found.
#[derive(Clone, Debug)]
pub struct Check {
    /// What it is.
    pub definition: &'static Definition,
    /// What it says.
    pub outcome: Outcome,
    /// The finding in one line, for people; never recorded.
    pub summary: String,
    /// The figures behind it.
    pub figures: Vec<Figure>,
}

/// What a check says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The gate says no.
    Failed,
    /// A figure for the record, without a verdict.
    Informative,
    /// As it must be.
    Passed,
}

impl Outcome {
    /// The verdict of a condition.
    #[must_use]
    pub fn of(holds: bool) -> Self {
        if holds { Self::Passed } else { Self::Failed }
    }
}
