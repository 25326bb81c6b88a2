//! Operators that normalise.

use super::{
    attr::Attr,
    before::{Before, Vectors},
    behind::{Behind, Norm},
    kernel::Kernel,
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
        kernel: Kernel::BatchNormalisation,
        ..Operator::standard("BatchNormalization", 5, 5)
    },
    Operator {
        attributes: &[Attr::Float("epsilon"), Attr::Int("mask_index_type")],
        kernel: Kernel::EmbedLayerNormalisation,
        ..Operator::microsoft("EmbedLayerNormalization", 7, 9)
    },
    Operator {
        attributes: &[Attr::Float("epsilon"), Attr::Int("num_groups"), Attr::Int("stash_type")],
        rank: same_rank,
        kernel: Kernel::GroupNormalisation,
        ..Operator::standard("GroupNormalization", 3, 3)
    },
    Operator {
        attributes: &[Attr::Float("epsilon")],
        rank: same_rank,
        kernel: Kernel::InstanceNormalisation,
        ..Operator::standard("InstanceNormalization", 3, 3)
    },
    Operator {
        attributes: &[Attr::Float("alpha"), Attr::Float("beta"), Attr::Float("bias"), Attr::Int("size")],
        rank: same_rank,
        kernel: Kernel::LocalResponse,
        ..Operator::standard("LRN", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Float("epsilon"), Attr::Int("stash_type")],
        results: Results::First,
        rank: same_rank,
        before: Before { vectors: |_| Vectors::LayerNormalised, ..Before::UNKNOWN },
        behind: Behind::Standardised,
        kernel: Kernel::LayerNormalisation,
        ..Operator::standard("LayerNormalization", 2, 3)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Int("p")],
        kernel: Kernel::LpNormalisation,
        rank: same_rank,
        behind: Behind::Renormalised(Norm::Ordered),
        ..Operator::standard("LpNormalization", 1, 1)
    },
    Operator {
        attributes: &[Attr::Ints("axes")],
        rank: same_rank,
        kernel: Kernel::MeanVariance,
        ..Operator::standard("MeanVarianceNormalization", 1, 1)
    },
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Float("epsilon"), Attr::Int("stash_type")],
        rank: same_rank,
        kernel: Kernel::RootMeanSquare,
        ..Operator::standard("RMSNormalization", 2, 2)
    },
    // Written so by onnxruntime, in ONNX's own set.
    Operator {
        attributes: &[Attr::Int("axis"), Attr::Float("epsilon"), Attr::Int("stash_type")],
        results: Results::First,
        rank: same_rank,
        kernel: Kernel::RootMeanSquare,
        ..Operator::standard("SimplifiedLayerNormalization", 2, 2)
    },
    Operator {
        attributes: &[Attr::Float("epsilon")],
        results: Results::First,
        rank: same_rank,
        kernel: Kernel::SkipLayerNormalisation,
        ..Operator::microsoft("SkipLayerNormalization", 3, 5)
    },
    Operator {
        attributes: &[Attr::Float("epsilon")],
        results: Results::First,
        rank: same_rank,
        kernel: Kernel::SkipRootMeanSquare,
        ..Operator::microsoft("SkipSimplifiedLayerNormalization", 3, 4)
    },
];
