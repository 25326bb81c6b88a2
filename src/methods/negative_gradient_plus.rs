//! Negative gradient with repair: ascend on the forgotten samples while descending on the retained ones.
//!
//! The loss is `0.9 CE` on retained and `-0.1 CE` on forgotten samples; the gradient of each cross-entropy is `p - e_y`.
//! Kurmanji et al., NeurIPS 2023, as the baseline "NegGrad+".

use candle_core::{Result, Tensor};

use super::{Batch, Data, Kind, Method};

/// Weight of the retained samples.
const BETA: f32 = 0.9;

pub(super) const METHOD: Method = Method {
    name: "negative-gradient-plus",
    summary: "ascends on the forgotten classes while descending on the retained ones",
    data: Data::Both,
    source: "Kurmanji et al., NeurIPS 2023",
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let cross_entropy = (batch.probabilities()? - batch.one_hot(batch.labels)?)?;
    cross_entropy.broadcast_mul(&batch.weights(BETA - 1.0, BETA)?)
}
