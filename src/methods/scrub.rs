//! SCRUB: stay close to the original on retained samples and move away from it on forgotten ones.
//!
//! With both softmaxes at temperature `T = 2`, the loss is `0.45 T² KL(p0 || p) + 0.45 CE(z, y)` on retained and
//! `-0.10 T² KL(p0 || p)` on forgotten samples; the gradient of `T² KL` with respect to the logits is `T (p - p0)`. This is the
//! single objective of the source-free framework; the original alternates steps. Kurmanji et al., NeurIPS 2023.

use candle_core::{Result, Tensor};
use candle_nn::ops::softmax_last_dim;

use super::{Batch, Data, Kind, Method};

const TEMPERATURE: f64 = 2.0;
const STAY: f32 = 0.45;
const LEARN: f32 = 0.45;
const LEAVE: f32 = 0.10;

pub(super) const METHOD: Method = Method {
    name: "scrub",
    summary: "stays close to the original on retained classes, leaves it on forgotten ones",
    data: Data::Both,
    source: "Kurmanji et al., NeurIPS 2023",
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let warm = |logits: &Tensor| softmax_last_dim(&(logits / TEMPERATURE)?);
    let distance = ((warm(batch.logits)? - warm(batch.original)?)? * TEMPERATURE)?;
    let cross_entropy = (batch.probabilities()? - batch.one_hot(batch.labels)?)?;
    distance.broadcast_mul(&batch.weights(-LEAVE, STAY)?)?
        + cross_entropy.broadcast_mul(&batch.weights(0.0, LEARN)?)?
}
