//! What training came to, as the later phases know it.

use crate::{attest::RunRecord, embeddings::Sampling, removal::Removal, unlearn::Trained};

/// What training came to.
#[derive(Debug, Default)]
pub(super) struct Training {
    pub(super) sampling: Option<Sampling>,
    pub(super) trained: Option<Trained>,
    /// Forgotten classes that no training embedding reached.
    pub(super) unreached: Vec<usize>,
}

impl Training {
    /// What a claim records of it.
    pub(super) fn record(&self, removal: &Removal) -> RunRecord {
        RunRecord::new(removal, self.sampling.as_ref(), self.trained.as_ref(), &self.unreached)
    }
}
