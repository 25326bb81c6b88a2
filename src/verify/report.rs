//! What the checks found, and the pass that only a clean report gives.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};
use serde::Serialize;

use super::{Changes, Comparison};
use crate::{cut::Cut, removal::Removal};

/// All checks of one candidate, and what they were about.
///
/// Only [`verify`](super::verify) makes one, so that no code can write its own verdict:
///
/// ```compile_fail,E0616
/// fn forged(mut report: declass::verify::Report) -> bool {
///     report.checks.clear();
///     report.passed()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    removal: Removal,
    checks: Vec<Check>,
    comparison: Comparison,
    cut: Cut,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Stable name.
    pub id: &'static str,
    /// What it says.
    pub outcome: Outcome,
    /// The finding in one line.
    pub summary: String,
    /// The figures behind it.
    pub measurements: Vec<Measurement>,
    /// What kind of evidence it is.
    pub evidence: Evidence,
    /// What the figures were measured on.
    pub data: &'static str,
    /// What they do not show.
    pub not_shown: &'static str,
}

/// What a check rests on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// What is written in the files: no samples are involved.
    ModelFiles,
    /// At least one figure is about synthetic embeddings.
    Synthetic,
    /// Labelled embeddings that the user brought.
    UserData,
}

/// What a check says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// What was measured, with the stratum where there is one.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Unit or kind of the value.
    pub unit: &'static str,
    /// One-sided 95 % confidence bound, on the side that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// Number of samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// What the value is held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

impl Measurement {
    /// A figure without bound, number of samples or threshold.
    #[must_use]
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, bound: None, samples: None, threshold: None }
    }

    /// Adds the threshold that the value is held against.
    #[must_use]
    pub fn against(mut self, threshold: f64) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// Adds the number of samples.
    #[must_use]
    pub fn of(mut self, samples: u64) -> Self {
        self.samples = Some(samples);
        self
    }

    /// Adds a one-sided 95 % bound.
    #[must_use]
    pub fn bounded(mut self, bound: f64) -> Self {
        self.bound = Some(bound);
        self
    }
}

/// A report without failed checks: the permission to publish exactly the files it was made of.
#[derive(Clone, Debug)]
pub struct Pass(Report);

impl Report {
    /// What was found about two models, `cut` being that of the first.
    pub(super) fn new(removal: Removal, checks: Vec<Check>, cut: Cut, comparison: Comparison) -> Self {
        Self { removal, checks, comparison, cut }
    }

    /// The removal that the candidate was held against.
    #[must_use]
    pub fn removal(&self) -> &Removal {
        &self.removal
    }

    /// The checks in the order in which they are shown.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What changed, in figures.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        self.comparison.changes()
    }

    /// The boundary found in the original, with the labels that the original carries.
    #[must_use]
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// Whether no check failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != Outcome::Failed)
    }

    /// Turns a clean report into the permission to publish.
    ///
    /// # Errors
    /// The report itself if a check failed.
    pub fn pass(self) -> Result<Pass, Box<Self>> {
        if self.passed() { Ok(Pass(self)) } else { Err(Box::new(self)) }
    }

    /// Digests of the original's files, but for its card.
    #[must_use]
    pub fn original_digests(&self) -> BTreeMap<&RelPath, Sha256Digest> {
        self.comparison.original_digests()
    }

    /// Digests of the candidate's files, but for its card.
    #[must_use]
    pub fn candidate_digests(&self) -> BTreeMap<&RelPath, Sha256Digest> {
        self.comparison.candidate_digests()
    }
}

impl Pass {
    /// The report.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.0
    }

    /// Digests of the files that may be published, the card among them.
    #[must_use]
    pub fn digests(&self) -> BTreeMap<&RelPath, Sha256Digest> {
        self.0.comparison.all_candidate_digests()
    }
}
