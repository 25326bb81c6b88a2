//! What the checks found, and the pass that only a clean report gives.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};

use super::{Changes, Comparison};
use crate::removal::Removal;
use crate::{
    cut::Cut,
    evidence::{Check, Execution, Outcome, Untouched},
};

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
    untouched: Vec<Untouched>,
    execution: Execution,
    others: Vec<OtherReport>,
}

/// A report without failed checks: the permission to publish exactly the files it was made of.
#[derive(Clone, Debug)]
pub struct Pass(Report);

impl Report {
    /// What was found about two models, `cut` being that of the first.
    pub(super) fn new(
        removal: Removal,
        checks: Vec<Check>,
        cut: Cut,
        untouched: Vec<Untouched>,
        execution: Execution,
        comparison: Comparison,
    ) -> Self {
        Self { removal, checks, comparison, cut, untouched, execution, others: Vec::new() }
    }

    /// The same report with what was found of further files.
    pub(super) fn with_others(self, others: Vec<OtherReport>) -> Self {
        Self { others, ..self }
    }

    /// What was found of the further files of the model.
    #[must_use]
    pub fn others(&self) -> &[OtherReport] {
        &self.others
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

    /// What else in the original or beside it has the classes, and was left as it is.
    #[must_use]
    pub fn untouched(&self) -> &[Untouched] {
        &self.untouched
    }

    /// How much of both networks was run, end to end.
    #[must_use]
    pub fn execution(&self) -> &Execution {
        &self.execution
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

    /// Sizes in bytes of the candidate's files, but for its card.
    #[must_use]
    pub fn candidate_sizes(&self) -> BTreeMap<&RelPath, u64> {
        self.comparison.candidate_sizes()
    }
}

/// What was found of a further file of the model, in which the same was done.
#[derive(Clone, Debug)]
pub struct OtherReport {
    path: RelPath,
    report: Box<Report>,
    /// Why its head is not that of the main file.
    apart: Option<String>,
}

impl OtherReport {
    pub(super) fn new(path: &RelPath, report: Report, apart: Option<String>) -> Self {
        Self { path: path.clone(), report: Box::new(report), apart }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        &self.path
    }

    /// The checks of the file by itself.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        self.report.checks()
    }

    /// What changed in it, in figures.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        self.report.changes()
    }

    /// The boundary found in the original's.
    #[must_use]
    pub fn cut(&self) -> &Cut {
        self.report.cut()
    }

    /// What the removal is in this file.
    #[must_use]
    pub fn removal(&self) -> &Removal {
        self.report.removal()
    }

    /// Why its head is not that of the main file, if it is not.
    pub(super) fn apart(&self) -> Option<&str> {
        self.apart.as_deref()
    }

    pub(super) fn comparison(&self) -> &Comparison {
        &self.report.comparison
    }

    /// Whether nothing is wrong with it.
    pub(super) fn passed(&self) -> bool {
        self.apart.is_none() && self.report.passed()
    }
}

impl Pass {
    /// The report.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.0
    }

    /// Digests of the files that were measured, the original's card among them, which another takes the place of.
    #[must_use]
    pub fn digests(&self) -> BTreeMap<&RelPath, Sha256Digest> {
        self.0.comparison.all_candidate_digests()
    }
}
