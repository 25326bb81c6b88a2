//! The copy on disk, and its figures on the user's data.

use declass_formats::{Artifact, Edits};

use super::{Job, Verified, training::Training};
use crate::{
    error::Error,
    evaluate::{Evaluation, Pair, evaluate},
    release::Staged,
    verify,
};

/// A job whose edits are known.
pub struct Sealed<'a> {
    pub(super) job: Job<'a>,
    pub(super) training: Training,
    pub(super) edits: Edits,
}

/// A job with a copy on disk, which goes with this value unless it is published.
pub struct Written<'a> {
    job: Job<'a>,
    training: Training,
    staged: Staged,
}

/// A job whose copy was measured on data of the user, if there are any.
pub struct Evaluated<'a> {
    written: Written<'a>,
    evaluation: Option<Evaluation>,
}

impl<'a> Sealed<'a> {
    /// Writes the edited copy beside the place that it shall go to.
    ///
    /// # Errors
    /// As [`Staged::write`].
    pub fn write(self) -> Result<Written<'a>, Error> {
        let Self { job, training, edits } = self;
        let staged = Staged::write(&job.artifact, &edits, job.destination.clone(), job.observer)?;
        Ok(Written { job, training, staged })
    }
}

impl<'a> Written<'a> {
    /// The copy, opened from disk.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        self.staged.artifact()
    }

    /// Measures the copy on the user's labelled embeddings, if there are any.
    ///
    /// # Errors
    /// As [`evaluate`].
    pub fn evaluate(self) -> Result<Evaluated<'a>, Error> {
        let evaluation = self.measure()?;
        Ok(Evaluated { written: self, evaluation })
    }

    fn measure(&self) -> Result<Option<Evaluation>, Error> {
        let Some(data) = self.job.data else { return Ok(None) };
        let (model, removal) = (self.job.model, &self.job.removal);
        let original = (model.artifact(), model.cut());
        let pair = Pair::load(original, self.artifact(), removal.hints(), removal.forgotten().clone())?;
        Ok(Some(evaluate(&pair, data, removal.verification_seed())?))
    }
}

impl<'a> Evaluated<'a> {
    /// Measures the copy against the original, both opened from disk, and draws up the claim.
    ///
    /// # Errors
    /// As [`verify::verify`]; [`Error::BrokenLineage`] if the input's claim is not about the input.
    pub fn verify(self) -> Result<Verified<'a>, Error> {
        let Self { written: Written { job, training, staged }, evaluation } = self;
        let (original, copy) = (&job.artifact, staged.artifact());
        let report = verify::verify(original, copy, &job.removal, job.graph, &job.device, job.observer)?;
        let mut record = training.record(&job.removal).with_origin(job.model.origin().cloned());
        if let Some(evaluation) = &evaluation {
            record = record.with_evaluation(evaluation);
        }
        let record = record.with_history(&job.history, &report)?;
        Ok(Verified { staged, report, record, evaluation, model: job.model, observer: job.observer })
    }
}
