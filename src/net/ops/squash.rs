//! Operators that make probabilities.

use super::{
    attr::Attr,
    before::Before,
    behind::{Behind, Squash},
    operator::Operator,
    rules::same_rank,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[Attr::Float("alpha"), Attr::Float("beta")],
        ..squash("HardSigmoid", Squash::SigmoidOfPieces)
    },
    Operator { attributes: &[Attr::Int("axis")], ..squash("LogSoftmax", Squash::LogSoftmax) },
    Operator { before: Before::NON_NEGATIVE, ..squash("Sigmoid", Squash::Sigmoid) },
    Operator {
        attributes: &[Attr::Int("axis")],
        before: Before::NON_NEGATIVE,
        ..squash("Softmax", Squash::Softmax)
    },
];

const fn squash(name: &'static str, effect: Squash) -> Operator {
    Operator { rank: same_rank, behind: Behind::Link(effect), ..Operator::standard(name, 1, 1) }
}
