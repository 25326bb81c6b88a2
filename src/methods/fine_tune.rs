//! Fine-tuning on the retained samples only: what is not rehearsed fades.
//!
//! The loss is the cross-entropy `CE(z, y)` on retained samples; its gradient is `p - e_y`. The forgotten rows are only
//! pushed down where retained samples give them probability. Golatkar et al., CVPR 2020, as a baseline.

use candle_core::{Result, Tensor};

use super::{Batch, Data, Kind, Method};

pub(super) const METHOD: Method = Method {
    name: "fine-tune",
    summary: "trains on the retained classes only, so that the forgotten ones fade",
    data: Data::Retained,
    own_coordinates: false,
    settings: &[],
    source: "Golatkar et al., CVPR 2020",
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    batch.probabilities()? - batch.one_hot(batch.labels)?
}
