//! SCAR at a frozen encoder: masked distillation on the retained samples.
//!
//! SCAR also pulls forgotten embeddings to clusters of retained ones, which a frozen encoder does not let
//! happen: that term has no gradient here. What is left is `5 KL(q || p)` on retained samples, `q` the
//! softmax of the original logits with those of the forgotten classes lowered to the smallest of all logits;
//! its gradient is `5 (p - q)`. Bonato et al., ECCV 2024.

use candle_core::{D, Result, Tensor};

use super::{Batch, Data, Distillation, Kind, Masked, Method};
use crate::tail::elementwise::less;

const WEIGHT: f64 = 5.0;

pub(super) const METHOD: Method = Method {
    name: "scar",
    summary: "masked distillation on the retained classes, all of SCAR that a frozen encoder leaves",
    data: Data::Retained,
    settings: &[],
    source: "Bonato et al., ECCV 2024",
    minimum: Some(Distillation { weight: WEIGHT, masked: Masked::Least }),
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let least = batch.original.min(D::Minus1)?.min(0)?;
    let target = candle_nn::ops::softmax_last_dim(&batch.with_forgotten_at(batch.original, &least)?)?;
    less(&batch.probabilities()?, &target)? * WEIGHT
}
