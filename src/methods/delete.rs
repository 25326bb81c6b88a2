//! DELETE: distil the original head with the forgotten classes masked out.
//!
//! The target is `q = softmax(original logits, forgotten := -inf)`, that is `q_k = p0_k / (1 - Σ_F p0)` for
//! retained `k` and 0 for every forgotten class, so no mass moves from one forgotten class to another. The
//! loss is `KL(q || p)`, its gradient `p - q`; it is 0 where the forgotten logits are gone and the retained rows are as
//! they were. Zhou et al., "Decoupled Distillation to Erase", arXiv
//! 2503.23751.

use candle_core::{Result, Tensor};

use super::{Batch, Data, Distillation, Kind, Masked, Method};
use crate::tail::elementwise::less;

pub(super) const METHOD: Method = Method {
    name: "delete",
    summary: "distils the original head with the removed classes masked out",
    data: Data::Forgotten,
    settings: &[],
    source: "arXiv 2503.23751",
    minimum: Some(Distillation { weight: 1.0, masked: Masked::Gone }),
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let target = candle_nn::ops::softmax_last_dim(&batch.without_forgotten(batch.original)?)?;
    less(&batch.probabilities()?, &target)
}
