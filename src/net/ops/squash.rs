//! Operators that make probabilities.

use super::{
    attr::Attr,
    before::Before,
    behind::{Behind, Squash},
    kernel::{Kernel, Map, Softmax},
    operator::Operator,
    rules::same_rank,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[Attr::Float("alpha"), Attr::Float("beta")],
        kernel: Kernel::Map(Map::HardSigmoid),
        ..squash("HardSigmoid", Squash::SigmoidOfPieces)
    },
    Operator {
        attributes: &[Attr::Int("axis")],
        kernel: Kernel::Softmax(Softmax::Logarithm),
        ..squash("LogSoftmax", Squash::LogSoftmax)
    },
    Operator {
        before: Before::NON_NEGATIVE,
        kernel: Kernel::Map(Map::Sigmoid),
        ..squash("Sigmoid", Squash::Sigmoid)
    },
    Operator {
        attributes: &[Attr::Int("axis")],
        before: Before::NON_NEGATIVE,
        kernel: Kernel::Softmax(Softmax::Probability),
        ..squash("Softmax", Squash::Softmax)
    },
];

const fn squash(name: &'static str, effect: Squash) -> Operator {
    Operator { rank: same_rank, behind: Behind::Link(effect), ..Operator::standard(name, 1, 1) }
}
