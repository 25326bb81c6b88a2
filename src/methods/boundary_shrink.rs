//! Boundary shrink: teach each forgotten sample its nearest retained class.
//!
//! The loss is `CE(z, t)` with `t` the best retained class of the head being trained; its gradient is `p - e_t`. Every
//! forgotten class is excluded from the targets, so no mass moves from one to another. Chen et al., CVPR 2023, who find
//! `t` by an attack on the input; at a linear head the nearest class is the runner-up.

use candle_core::{D, Result, Tensor};

use super::{Batch, Data, Kind, Method};

pub(super) const METHOD: Method = Method {
    name: "boundary-shrink",
    summary: "teaches the forgotten classes their nearest retained class",
    data: Data::Forgotten,
    own_coordinates: false,
    settings: &[],
    source: "Chen et al., CVPR 2023",
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let targets = batch.without_forgotten(batch.logits)?.argmax(D::Minus1)?.to_vec1::<u32>()?;
    batch.probabilities()? - batch.one_hot(&targets)?
}
