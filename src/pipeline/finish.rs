//! The end: what the verification says, and the release.

use declass_formats::{Artifact, Role};

use super::Observer;
use crate::{
    attest::{self, RunRecord},
    claim::Statement,
    error::Error,
    evaluate::Evaluation,
    export::{self, Beside},
    model::Model,
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
    pub(super) model: &'a Model,
    pub(super) observer: &'a dyn Observer,
}

/// A job whose copy passed every check, and may be published.
pub struct Passed<'a> {
    staged: Staged,
    pass: Pass,
    record: RunRecord,
    model: &'a Model,
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
        let Self { staged, report, record, model, observer, .. } = self;
        Ok(Passed { staged, pass: report.pass()?, record, model, observer })
    }
}

impl Passed<'_> {
    /// The copy, opened from disk.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        self.staged.artifact()
    }

    /// Adds the card and the claim, signs the claim and the whole if there is a key, and moves the release into its place at
    /// once.
    ///
    /// # Errors
    /// [`Error::OtherRelease`] if the copy is no longer what was verified, [`Error::DestinationExists`],
    /// [`Error::ForeignFiles`], [`Error::CannotSign`], [`Error::Io`] if the disk refuses.
    pub fn publish(self, key: Option<&ReleaseKey>) -> Result<(), Error> {
        let card = self.card()?;
        self.staged.publish(&self.pass, &self.record, &card, key, self.observer)
    }

    fn card(&self) -> Result<String, Error> {
        let (model, artifact) = (self.model, self.model.artifact());
        let statement = attest::statement(self.pass.report(), &self.record);
        let text = text_of_card(artifact)?;
        let name = artifact.path().file_stem().map_or("model".into(), |name| name.to_string_lossy());
        let beside = Beside {
            card: text.as_deref(),
            config: artifact.config(),
            labels: model.labels(),
            original: &name,
            is_signed: false,
            words: attest::WORDS,
        };
        Ok(export::card(&statement, beside))
    }
}

/// The model card of a model, if it has one; what is no text in it is left out.
pub(super) fn text_of_card(artifact: &Artifact) -> Result<Option<String>, Error> {
    let Some(card) = artifact.files().iter().find(|file| file.role == Role::Card) else { return Ok(None) };
    let bytes = artifact.read_file(&card.path)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
