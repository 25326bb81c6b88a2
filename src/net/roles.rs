//! What operators do with their operands: which ones only steer, which ones carry weights.

use declass_formats::onnx::Node;

/// Operands that only steer (a shape, an index, a condition, a scale of quantisation) and carry no evidence
/// about the class, by operator.
const CONTROL: &[(&str, &[usize])] = &[
    ("ArrayFeatureExtractor", &[1]),
    ("Clip", &[1, 2]),
    ("Compress", &[1]),
    ("ConvInteger", &[2, 3]),
    ("CumSum", &[1]),
    ("DequantizeLinear", &[1, 2]),
    ("Dropout", &[1, 2]),
    ("Expand", &[1]),
    ("Gather", &[1]),
    ("GatherElements", &[1]),
    ("GatherND", &[1]),
    ("If", &[0]),
    ("MatMulInteger", &[2, 3]),
    ("OneHot", &[1, 2]),
    ("Pad", &[1, 2, 3]),
    ("QuantizeLinear", &[1, 2]),
    ("ReduceL1", &[1]),
    ("ReduceL2", &[1]),
    ("ReduceLogSumExp", &[1]),
    ("ReduceMax", &[1]),
    ("ReduceMean", &[1]),
    ("ReduceMin", &[1]),
    ("ReduceProd", &[1]),
    ("ReduceSum", &[1]),
    ("ReduceSumSquare", &[1]),
    ("Reshape", &[1]),
    ("Resize", &[1, 2, 3]),
    ("ReverseSequence", &[1]),
    ("ScatterElements", &[1]),
    ("ScatterND", &[1]),
    ("Slice", &[1, 2, 3, 4]),
    ("Split", &[1]),
    ("Squeeze", &[1]),
    ("Tile", &[1]),
    ("TopK", &[1]),
    ("Trilu", &[1]),
    ("Unsqueeze", &[1]),
    ("Upsample", &[1]),
    ("Where", &[0]),
];

/// Linear operators and the operand that holds the weight; `None`: whichever of the first two is constant.
const LINEAR: &[(&str, Option<usize>)] = &[
    ("Conv", Some(1)),
    ("ConvInteger", Some(1)),
    ("DynamicQuantizeMatMul", Some(1)),
    ("Einsum", None),
    ("FusedConv", Some(1)),
    ("FusedGemm", None),
    ("FusedMatMul", None),
    ("Gemm", None),
    ("MatMul", None),
    ("MatMulInteger", Some(1)),
    ("MatMulIntegerToFloat", Some(1)),
    ("MatMulNBits", Some(1)),
    ("QGemm", Some(3)),
    ("QLinearConv", Some(3)),
    ("QLinearMatMul", Some(3)),
];

/// Weighted operators that are no single matrix product.
const RECURRENT: &[&str] = &["Attention", "ConvTranspose", "GRU", "LSTM", "MultiHeadAttention", "RNN"];

/// Classical models of `ai.onnx.ml` whose weights are attributes.
const CLASSICAL: &[&str] = &[
    "LinearClassifier",
    "LinearRegressor",
    "SVMClassifier",
    "SVMRegressor",
    "TreeEnsemble",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
];

/// Operators whose result differs from run to run, so never constant.
const RANDOM: &[&str] =
    &["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"];

/// Operators whose results after the first are no data (masks, statistics, positions).
const FIRST_RESULT_ONLY: &[&str] = &["BatchNormalization", "Dropout", "LayerNormalization", "MaxPool"];

/// Whether an operand only steers.
pub(crate) fn is_control(node: &Node, operand: usize) -> bool {
    CONTROL.iter().any(|(op, operands)| *op == node.op_type && operands.contains(&operand))
}

/// Whether the operator gives the shape of its operand and not its content.
pub(crate) fn is_shape(node: &Node) -> bool {
    matches!(node.op_type.as_str(), "Shape" | "Size")
}

pub(crate) fn is_random(node: &Node) -> bool {
    RANDOM.contains(&node.op_type.as_str())
}

pub(crate) fn is_recurrent(node: &Node) -> bool {
    RECURRENT.contains(&node.op_type.as_str())
}

pub(crate) fn is_classical(node: &Node) -> bool {
    CLASSICAL.contains(&node.op_type.as_str())
}

/// Whether a result carries the node's data onwards.
pub(crate) fn is_data_result(node: &Node, result: usize) -> bool {
    result == 0 || !FIRST_RESULT_ONLY.contains(&node.op_type.as_str())
}

/// The operand of a linear operator that holds its weight, given which operands are constant.
pub(crate) fn weight_operand(node: &Node, is_static: impl Fn(&str) -> bool) -> Option<usize> {
    let (_, position) = LINEAR.iter().find(|(op, _)| *op == node.op_type)?;
    let holds =
        |operand: usize| node.inputs.get(operand).is_some_and(|name| !name.is_empty() && is_static(name));
    match position {
        Some(operand) => holds(*operand).then_some(*operand),
        None if node.op_type == "Einsum" && node.inputs.len() != 2 => None,
        None => match (holds(0), holds(1)) {
            (true, false) => Some(0),
            (false, true) => Some(1),
            _ => None,
        },
    }
}
