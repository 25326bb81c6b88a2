//! The mask: the trivial baseline, without looking at anything.
//!
//! The forgotten rows become zero and their biases so negative that no embedding of a sane norm makes up for
//! it. Nothing else moves; every other method must be held against it.

use super::{ClosedForm, Data, Kind, Method};
use crate::{
    error::{Error, UnlearnError},
    head::LinearHead,
};

/// The bias of a masked class: representable in every float type, far below any logit.
const BIAS: f32 = -10_000.0;

pub(super) const METHOD: Method = Method {
    name: "mask",
    summary: "zeroes the rows of removed classes, with a bias that no logit falls to: the trivial baseline",
    data: Data::None,
    settings: &[],
    source: "the baseline of every comparison",
    minimum: None,
    kind: Kind::ClosedForm(mask),
};

fn mask(given: &ClosedForm<'_>) -> Result<LinearHead, Error> {
    if !given.head.has_bias {
        return Err(UnlearnError::NeedsBias { method: METHOD.name }.into());
    }
    let mut head = given.head.clone();
    for class in given.forgotten.indices() {
        head.row_mut(class).fill(0.0);
        head.bias[class] = BIAS;
    }
    Ok(head)
}
