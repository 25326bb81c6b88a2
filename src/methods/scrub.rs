//! SCRUB: stay near the original on the retained samples, move away from it on the forgotten ones.
//!
//! With `q` the original's and `p` the trained head's probabilities at temperature `T`, the loss is
//! `a T² KL(q || p) + b CE` on retained and `-c T² KL(q || p)` on forgotten samples; the gradient of `T² KL`
//! is `T (p - q)` at that temperature, that of the cross-entropy `p - e_y` at temperature 1. Kurmanji et al.,
//! NeurIPS 2023, as one objective.

use candle_core::{Result, Tensor};
use candle_nn::ops::softmax_last_dim;

use super::{Batch, Data, Kind, Method, Setting};
use crate::tail::elementwise::{less, plus_scaled, times_column};

pub(super) const METHOD: Method = Method {
    name: "scrub",
    summary: "stays near the original on the retained classes and moves away from it on the removed ones",
    data: Data::Both,
    settings: &[
        Setting { name: "stay", summary: "weight of staying", default: 0.45, range: (0.0, 10.0) },
        Setting { name: "labels", summary: "weight of retained labels", default: 0.45, range: (0.0, 10.0) },
        Setting { name: "leave", summary: "weight of moving away", default: 0.1, range: (0.0, 10.0) },
        Setting { name: "temperature", summary: "softens both sides", default: 2.0, range: (0.1, 100.0) },
    ],
    source: "Kurmanji et al., NeurIPS 2023",
    minimum: None,
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let setting = |name| batch.settings.value(name);
    let (stay, labels, leave) = (setting("stay") as f32, setting("labels") as f32, setting("leave") as f32);
    let temperature = setting("temperature");
    let soft = |logits: &Tensor| softmax_last_dim(&(logits / temperature)?);
    let pull = (less(&soft(batch.logits)?, &soft(batch.original)?)? * temperature)?;
    let pull = times_column(&pull, &batch.weights(-leave, stay)?)?;
    let cross_entropy = less(&batch.probabilities()?, &batch.one_hot(batch.labels)?)?;
    let labels = times_column(&cross_entropy, &batch.weights(0.0, labels)?)?;
    plus_scaled(&pull, &labels, 1.0)
}
