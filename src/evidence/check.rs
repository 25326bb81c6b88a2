//! What a check or a metric found.

use serde::{Deserialize, Serialize};

use super::{Definition, Figure};

/// What one check found. A metric is a check without a verdict.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What it is.
    #[serde(flatten)]
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

/// A check or a metric that could not be run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotRun {
    /// Stable name of its definition.
    pub id: &'static str,
    /// What stood in the way, for people; never recorded.
    pub reason: String,
}

impl Check {
    /// The first figure of this quantity, whatever else it is about.
    #[must_use]
    pub fn figure(&self, quantity: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.quantity == quantity)
    }
}

impl Outcome {
    /// The verdict of a condition.
    #[must_use]
    pub fn of(holds: bool) -> Self {
        if holds { Self::Passed } else { Self::Failed }
    }
}
