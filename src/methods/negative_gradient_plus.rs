//! Negative gradient with repair: ascend on the forgotten samples while descending on the retained ones.
//!
//! The loss is `β CE` on retained and `-(1 - β) CE` on forgotten samples; the gradient of each cross-entropy
//! is `p - e_y`. Kurmanji et al., NeurIPS 2023, as the baseline "NegGrad+".

use candle_core::{Result, Tensor};

use super::{Batch, Data, Kind, Method, Setting};
use crate::tail::elementwise::{less, times_column};

pub(super) const METHOD: Method = Method {
    name: "negative-gradient-plus",
    summary: "ascends on the removed classes while descending on the retained ones",
    data: Data::Both,
    settings: &[Setting {
        name: "beta",
        summary: "weight of the retained classes; the removed ones get the rest",
        default: 0.9,
        range: (0.0, 1.0),
    }],
    source: "Kurmanji et al., NeurIPS 2023",
    minimum: None,
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let cross_entropy = less(&batch.probabilities()?, &batch.one_hot(batch.labels)?)?;
    let beta = batch.settings.value("beta") as f32;
    times_column(&cross_entropy, &batch.weights(beta - 1.0, beta)?)
}
