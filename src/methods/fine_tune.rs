//! Fine-tuning: train on the retained samples only and hope that the rest fades.
//!
//! The loss is `CE(z, y)` on retained samples, its gradient `p - e_y`. It forgets slowly and by the way; it is here as the
//! baseline that other methods are compared with. Golatkar et al., CVPR 2020.

use candle_core::{Result, Tensor};

use super::{Batch, Data, Kind, Method};

pub(super) const METHOD: Method = Method {
    name: "fine-tune",
    summary: "trains on the retained classes only, the plain baseline",
    data: Data::Retained,
    source: "Golatkar et al., CVPR 2020",
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    batch.probabilities()? - batch.one_hot(batch.labels)?
}
