//! Two models on the same examples, each with embeddings of its own: what they answer, and how alike their layers are.

use super::{Data, Evaluation, Pair, Retrained, beside::Beside, experiment::Experiment, metrics};
use crate::{error::Error, evidence::Side};

/// Holds the answers of another model against those of the first head of a pair, on the same examples; the second head of
/// the pair is the other's, over the same classes. Metrics are those that look at answers alone: none says what could be
/// read off an embedding.
///
/// # Errors
/// As [`evaluate`](super::evaluate).
pub fn across(pair: &Pair, data: &Data, other: &Retrained, seed: u64) -> Result<Evaluation, Error> {
    let experiment = Experiment::across(pair, data, other, seed)?;
    let test = experiment.test.scores(Side::After).to_vec();
    let beside = Beside { experiment: &experiment, retrained: other, test, train: None };
    let measured = metrics::across(&beside)?;
    Ok(Evaluation::of(&experiment, measured))
}
