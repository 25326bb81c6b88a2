//! What was measured, as it is recorded: ids, versions and figures, and no words, which are looked up by id
//! and version.

use serde::{Deserialize, Serialize};

use super::{RecordedEvaluation, Seed, Tier};
use crate::evidence::{Execution, Figure, Outcome};

/// What was measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// What all checks together say.
    pub result: Verdict,
    /// Kinds of evidence that were used.
    pub tiers: Vec<Tier>,
    /// Kinds of evidence that were not.
    pub not_run: Vec<Tier>,
    /// Seed of the synthetic embeddings that were measured on.
    pub seed: Seed,
    /// How much of both networks was run, end to end; absent of claims from before that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<Execution>,
    /// Every check.
    pub checks: Vec<RecordedCheck>,
    /// Figures on labelled data of the user; absent if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<RecordedEvaluation>,
}

/// What all checks together say.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// At least one says no.
    Failed,
    /// None says no.
    Passed,
}

/// One check as recorded.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedCheck {
    /// The stable name of its definition.
    pub id: String,
    /// The version of its definition.
    pub version: u32,
    /// What it said.
    pub result: Outcome,
    /// The figures.
    pub figures: Vec<Figure>,
}
