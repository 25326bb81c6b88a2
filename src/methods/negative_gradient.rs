//! Negative gradient: ascend the cross-entropy of the forgotten samples.
//!
//! The loss is `-CE(z, y) = log p_y`, its gradient `e_y - p`. It has no minimum; it must be stopped in time.
//! Golatkar et al., CVPR 2020, as the baseline "NegGrad".

use candle_core::{Result, Tensor};

use super::{Batch, Data, Kind, Method};
use crate::tail::elementwise::less;

pub(super) const METHOD: Method = Method {
    name: "negative-gradient",
    summary: "ascends the cross-entropy of the removed classes until they are gone",
    data: Data::Forgotten,
    settings: &[],
    source: "Golatkar et al., CVPR 2020",
    minimum: None,
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    less(&batch.one_hot(batch.labels)?, &batch.probabilities()?)
}
