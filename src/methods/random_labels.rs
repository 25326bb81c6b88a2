//! Random labels: teach the forgotten samples labels drawn among the retained classes.
//!
//! The loss is `CE(z, t)` with `t` uniform on the retained classes, drawn anew in every step; its gradient is
//! `p - e_t`. Golatkar et al., CVPR 2020; Graves et al., AAAI 2021.

use candle_core::{Result, Tensor};

use super::{Batch, Data, Kind, Method};
use crate::{rng, tail::elementwise::less};

pub(super) const METHOD: Method = Method {
    name: "random-labels",
    summary: "teaches the removed classes labels drawn among the retained ones",
    data: Data::Forgotten,
    settings: &[],
    source: "Graves et al., AAAI 2021",
    minimum: None,
    kind: Kind::Trained(gradient),
};

fn gradient(batch: &mut Batch<'_>) -> Result<Tensor> {
    let retained: Vec<u32> = batch.forgotten.retained().map(|class| class as u32).collect();
    let mut target = || retained[rng::below(retained.len() as u64, batch.rng) as usize];
    let targets: Vec<u32> = batch.labels.iter().map(|_| target()).collect();
    less(&batch.probabilities()?, &batch.one_hot(&targets)?)
}
