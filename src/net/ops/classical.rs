//! Operators of classical machine learning (`ai.onnx.ml`).

use super::{
    attr::Attr::{self, Floats, Int, Ints, Tensor, Text, Texts},
    behind::{Behind, Norm},
    kernel::Kernel,
    operator::Operator,
    roles::{Classical, Weight},
    rules::same_rank,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        control: &[1],
        behind: Behind::RowOfTable,
        kernel: Kernel::Columns,
        ..Operator::classical("ArrayFeatureExtractor", 2, 2)
    },
    Operator {
        attributes: &[
            Ints("classlabels_ints"),
            Texts("classlabels_strings"),
            Floats("coefficients"),
            Floats("intercepts"),
            Int("multi_class"),
            Text("post_transform"),
        ],
        weight: Weight::Attributes(Classical::Linear),
        kernel: Kernel::Classifier,
        ..Operator::classical("LinearClassifier", 1, 1)
    },
    Operator {
        attributes: &[Floats("coefficients"), Floats("intercepts"), Text("post_transform"), Int("targets")],
        weight: Weight::Attributes(Classical::Other),
        kernel: Kernel::Regressor,
        ..Operator::classical("LinearRegressor", 1, 1)
    },
    Operator {
        attributes: &[Text("norm")],
        rank: same_rank,
        behind: Behind::Renormalised(Norm::Named),
        kernel: Kernel::ByRow,
        ..Operator::classical("Normalizer", 1, 1)
    },
    model("SVMClassifier", Classical::Other, VECTORS),
    model("SVMRegressor", Classical::Other, VECTORS),
    Operator {
        attributes: &[Floats("offset"), Floats("scale")],
        rank: same_rank,
        kernel: Kernel::Scaled,
        ..Operator::classical("Scaler", 1, 1)
    },
    model("TreeEnsemble", Classical::Trees, TREES),
    model("TreeEnsembleClassifier", Classical::Trees, TREES),
    model("TreeEnsembleRegressor", Classical::Trees, TREES),
    Operator {
        attributes: &[Ints("classlabels_int64s"), Texts("classlabels_strings")],
        behind: Behind::Labelled,
        // Maps from labels to numbers: their numbers, row by row.
        kernel: Kernel::Handed,
        ..Operator::classical("ZipMap", 1, 1)
    },
];

const fn model(name: &'static str, kind: Classical, attributes: &'static [Attr]) -> Operator {
    let weight = Weight::Attributes(kind);
    Operator { attributes, weight, ..Operator::classical(name, 1, 1) }
}

/// Support vector machines.
const VECTORS: &[Attr] = &[
    Ints("classlabels_ints"),
    Texts("classlabels_strings"),
    Floats("coefficients"),
    Floats("kernel_params"),
    Text("kernel_type"),
    Int("n_supports"),
    Int("one_class"),
    Text("post_transform"),
    Floats("prob_a"),
    Floats("prob_b"),
    Floats("rho"),
    Floats("support_vectors"),
    Ints("vectors_per_class"),
];

/// Ensembles of trees.
const TREES: &[Attr] = &[
    Int("aggregate_function"),
    Floats("base_values"),
    Tensor("base_values_as_tensor"),
    Ints("class_ids"),
    Ints("class_nodeids"),
    Ints("class_treeids"),
    Floats("class_weights"),
    Tensor("class_weights_as_tensor"),
    Ints("classlabels_int64s"),
    Texts("classlabels_strings"),
    Ints("leaf_targetids"),
    Tensor("leaf_weights"),
    Tensor("membership_values"),
    Int("n_targets"),
    Ints("nodes_falseleafs"),
    Ints("nodes_falsenodeids"),
    Ints("nodes_featureids"),
    Floats("nodes_hitrates"),
    Tensor("nodes_hitrates_as_tensor"),
    Ints("nodes_missing_value_tracks_true"),
    Texts("nodes_modes"),
    Ints("nodes_nodeids"),
    Tensor("nodes_splits"),
    Ints("nodes_treeids"),
    Ints("nodes_trueleafs"),
    Ints("nodes_truenodeids"),
    Floats("nodes_values"),
    Tensor("nodes_values_as_tensor"),
    Text("post_transform"),
    Ints("target_ids"),
    Ints("target_nodeids"),
    Ints("target_treeids"),
    Floats("target_weights"),
    Tensor("target_weights_as_tensor"),
    Ints("tree_roots"),
];
