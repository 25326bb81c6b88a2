//! The seal alone: closed form, no training; see `unlearn::seal` for the formula and its proof.

use super::{Data, Kind, Method};

pub(super) const METHOD: Method = Method {
    name: "seal",
    summary: "replaces the rows of removed classes by the mean of the retained ones, in closed form",
    data: Data::None,
    settings: &[],
    source: "a mean never exceeds the maximum",
    minimum: None,
    kind: Kind::SealOnly,
};
