//! Operators that normalise.

use super::{
    attr::Attr,
    before::{Before, Vectors},
    behind::{Behind, Norm},
    operator::Operator,
    roles::Results,
    rules::same_rank,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        // Only what uses the stored statistics: in training, and channel by position, it is another operator.
        attributes: &[
            Attr::Float("epsilon"),
            Attr::Float("momentum"),
            Attr::Only("is_test", 1),
            Attr::Only("spatial", 1),
            Attr::Only("training_mode", 0),
        ],
        results: Results::First,
        rank: same_rank,
        behind: Behind::AffinePerClass,
        ..Operator::standard("BatchNormalization", 5, 5)
    },
    Operator {
        attributes: &[Attr::Float("epsilon")],
        rank: same_rank,
        ..Operator::standard("InstanceNormalization", 3, 3)
    },
    Operator {
        attributes: &[Attr::Float("alpha"), Attr::Float("beta"), Attr::Float("bias"), Attr::Int("size")],
        rank: same_rank,
        ..Operator::standard("LRN", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Float("epsilon"), Attr::Int("stash_type")],
        results: Results::First,
        rank: same_rank,
        before: Before { vectors: |_| Vectors::LayerNormalised, ..Before::UNKNOWN },
        ..Operator::standard("LayerNormalization", 2, 3)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("p")],
        rank: same_rank,
        behind: Behind::Renormalised(Norm::Ordered),
        ..Operator::standard("LpNormalization", 1, 1)
    },
];
