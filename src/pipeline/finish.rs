//! The end: what the verification says, and the release.

use declass_formats::Artifact;

use super::Observer;
use crate::{
    attest::{self, RunRecord},
    claim::Statement,
    error::Error,
    evaluate::Evaluation,
    release::Staged,
    sign::ReleaseKey,
    verify::{Pass, Report},
};

/// A job whose copy was measured.
pub struct Verified<'a> {
    pub(super) staged: Staged,
    pub(super) report: Report,
    pub(super) record: RunRecord,
    pub(super) evaluation: Option<Evaluation>,
    pub(super) observer: &'a dyn Observer,
}

/// A job whose copy passed every check, and may be published.
pub struct Passed<'a> {
    staged: Staged,
    pass: Pass,
    record: RunRecord,
    observer: &'a dyn Observer,
}

impl<'a> Verified<'a> {
    /// What was found.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Figures on the user's data, if there were any.
    #[must_use]
    pub fn evaluation(&self) -> Option<&Evaluation> {
        self.evaluation.as_ref()
    }

    /// The claim that a release would carry; it says itself whether the checks passed.
    #[must_use]
    pub fn statement(&self) -> Statement {
        attest::statement(&self.report, &self.record)
    }

    /// The permission to publish.
    ///
    /// # Errors
    /// The report if a check failed; the copy is gone then.
    pub fn pass(self) -> Result<Passed<'a>, Box<Report>> {
        let Self { staged, report, record, observer, .. } = self;
        Ok(Passed { staged, pass: report.pass()?, record, observer })
    }
}

impl Passed<'_> {
    /// The copy, opened from disk.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        self.staged.artifact()
    }

    /// Adds the claim, signs it and the whole if there is a key, and moves the release into its place at
    /// once.
    ///
    /// # Errors
    /// [`Error::OtherRelease`] if the copy is no longer what was verified, [`Error::DestinationExists`],
    /// [`Error::ForeignFiles`], [`Error::CannotSign`], [`Error::Io`] if the disk refuses.
    pub fn publish(self, key: Option<&ReleaseKey>) -> Result<(), Error> {
        self.staged.publish(&self.pass, &self.record, key, self.observer)
    }
}
