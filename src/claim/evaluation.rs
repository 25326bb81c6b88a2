//! The part of a claim that is about embeddings of the user: labelled (tier T2), or without labels (tier T1).

use serde::{Deserialize, Serialize};

use super::{ClaimError, Digests, Seed, Tier};
use crate::evidence::Figure;

/// What a claim calls labelled embeddings that the model was not trained on; whose data they are is part of
/// the name.
pub const TEST_DATA: &str = "user-test";
/// What a claim calls labelled embeddings that the model was trained on.
pub const TRAINING_DATA: &str = "user-train";

/// What a claim calls embeddings without labels.
pub const UNLABELLED_DATA: &str = "user-unlabelled";

/// Figures on embeddings that the user brought.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedEvaluation {
    /// Seed of everything that was drawn.
    pub seed: Seed,
    /// The embeddings: `user-test`, and `user-train` if there were any; or `user-unlabelled`.
    pub data: Vec<UserData>,
    /// Every metric.
    pub metrics: Vec<RecordedMetric>,
    /// Metrics that could not be measured, by their stable names.
    pub not_run: Vec<String>,
}

/// A set of embeddings, by its digest: its name on somebody's disk is nobody's business.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserData {
    /// `user-test`, `user-train` or `user-unlabelled`.
    pub name: String,
    /// Digest of the file.
    pub digest: Digests,
    /// Number of embeddings.
    pub rows: u64,
    /// Width of an embedding.
    pub width: usize,
    /// Number of embeddings of each of the input's classes, by their labels, or without labels by what the original
    /// answers.
    pub per_class: Vec<u64>,
}

/// One metric as recorded.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedMetric {
    /// The stable name of its definition.
    pub id: String,
    /// The version of its definition.
    pub version: u32,
    /// The figures.
    pub figures: Vec<Figure>,
}

impl RecordedEvaluation {
    /// Fails unless the data are called what they are called in every claim.
    pub(super) fn check_names(&self) -> Result<(), ClaimError> {
        let names: Vec<&str> = self.data.iter().map(|data| data.name.as_str()).collect();
        if matches!(names.as_slice(), [TEST_DATA] | [TEST_DATA, TRAINING_DATA] | [UNLABELLED_DATA]) {
            return Ok(());
        }
        let found = names.join(" and ");
        Err(ClaimError::Contradiction(format!("its evaluation is on `{found}`, expected `{TEST_DATA}`")))
    }

    /// The kind of evidence that the figures are.
    #[must_use]
    pub fn tier(&self) -> Tier {
        if self.data.iter().any(|data| data.name == UNLABELLED_DATA) { Tier::T1 } else { Tier::T2 }
    }

    /// Number of figures.
    #[must_use]
    pub fn figures(&self) -> usize {
        self.metrics.iter().map(|metric| metric.figures.len()).sum()
    }

    /// The data, shortly.
    #[must_use]
    pub fn describe_data(&self) -> String {
        let short = |digest: &str| digest.chars().take(16).collect::<String>();
        let data = self.data.iter().map(|data| {
            format!("{} ({} rows, sha256 {}...)", data.name, data.rows, short(&data.digest.sha256))
        });
        data.collect::<Vec<_>>().join(" and ")
    }
}
