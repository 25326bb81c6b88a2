//! Linear operators: which operand is the weight, which of its axes counts the classes, where the bias is.

use declass_formats::onnx::{Attribute, Node};

use crate::net::{Flow, float_attribute, int_attribute, ints_attribute};

/// A linear operator with a constant weight.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    pub(super) node: usize,
    /// Position of the data operand.
    pub(super) data: usize,
    /// Axis of the weight, as the operator sees it, that counts the results.
    pub(super) weight_axis: usize,
    /// Axis of the result that counts them, from the last one.
    pub(super) axis: usize,
    /// Rank of the result, if the operator alone tells.
    pub(super) rank: Option<usize>,
    /// Factor of the product.
    pub(super) alpha: f64,
    /// Position and factor of the bias.
    pub(super) bias: Option<(usize, f64)>,
    /// Axis of the bias that counts the results, from the last one.
    pub(super) bias_axis: usize,
}

/// Operators that hold a quantised weight, or compute what only one runtime knows.
const FOREIGN: &[(&str, &str)] = &[
    ("ConvInteger", "it is quantised"),
    ("DynamicQuantizeMatMul", "it is quantised"),
    ("FusedConv", "it is fused by an optimiser"),
    ("FusedGemm", "it is fused by an optimiser"),
    ("FusedMatMul", "it is fused by an optimiser"),
    ("MatMulInteger", "it is quantised"),
    ("MatMulIntegerToFloat", "it is quantised"),
    ("MatMulNBits", "it is quantised"),
    ("QGemm", "it is quantised"),
    ("QLinearConv", "it is quantised"),
    ("QLinearMatMul", "it is quantised"),
];

/// Why the weights of this operator cannot be edited, if so.
pub(super) fn foreign(node: &Node) -> Option<&'static str> {
    FOREIGN.iter().find(|(op, _)| *op == node.op_type).map(|(_, why)| *why)
}

/// Whether the operator means what ONNX says it means, and not what some runtime gave the same name.
pub(super) fn is_standard(node: &Node) -> bool {
    matches!(node.domain.as_str(), "" | "ai.onnx.ml")
}

/// Reads a linear operator, given the shape of its weight.
///
/// # Errors
/// In words, why it is no classifier head.
pub(super) fn describe(
    flow: &Flow<'_>,
    index: usize,
    weight: usize,
    shape: &[usize],
) -> Result<Linear, String> {
    let node = flow.node(index);
    let linear = match node.op_type.as_str() {
        "Conv" => conv(node, index, weight, shape),
        "Einsum" => einsum(node, index, weight, shape),
        "Gemm" if shape.len() == 2 => Ok(gemm(node, index, weight)),
        "MatMul" => matmul(index, weight, shape),
        op => Err(format!("a weight of shape {shape:?} in `{op}` is no matrix")),
    }?;
    Ok(Linear {
        bias: linear.bias.filter(|(at, _)| node.inputs.get(*at).is_some_and(|name| !name.is_empty())),
        ..linear
    })
}

fn plain(index: usize, weight: usize) -> Linear {
    Linear {
        node: index,
        data: usize::from(weight == 0),
        weight_axis: 0,
        axis: 0,
        rank: None,
        alpha: 1.0,
        bias: None,
        bias_axis: 0,
    }
}

fn gemm(node: &Node, index: usize, weight: usize) -> Linear {
    let transposed = |name: &str| int_attribute(node, name, 0) != 0;
    let (weight_axis, axis) = match weight {
        0 => (usize::from(transposed("transA")), 1),
        _ => (usize::from(!transposed("transB")), 0),
    };
    Linear {
        weight_axis,
        axis,
        bias_axis: axis,
        rank: Some(2),
        alpha: float_attribute(node, "alpha", 1.0).into(),
        bias: Some((2, float_attribute(node, "beta", 1.0).into())),
        ..plain(index, weight)
    }
}

fn matmul(index: usize, weight: usize, shape: &[usize]) -> Result<Linear, String> {
    let [batch @ .., _, _] = shape else {
        return Err("its weight is a vector: one output".into());
    };
    if batch.iter().any(|extent| *extent != 1) {
        return Err("its weight is a batch of matrices".into());
    }
    let linear = plain(index, weight);
    let (weight_axis, axis) = if weight == 0 { (shape.len() - 2, 1) } else { (shape.len() - 1, 0) };
    Ok(Linear { weight_axis, axis, ..linear })
}

fn conv(node: &Node, index: usize, weight: usize, shape: &[usize]) -> Result<Linear, String> {
    if int_attribute(node, "group", 1) != 1 {
        return Err("it is a convolution in groups: each class sees only a part of the embedding".into());
    }
    let [_, _, kernel @ ..] = shape else {
        return Err(format!("a kernel of shape {shape:?} is none"));
    };
    if kernel.iter().any(|extent| *extent != 1) {
        return Err(format!("its kernel has shape {kernel:?}: it is not linear in one embedding"));
    }
    if ints_attribute(node, "pads").is_some_and(|pads| pads.iter().any(|pad| *pad != 0)) {
        return Err("its kernel pads the map it reads".into());
    }
    Ok(Linear { axis: kernel.len(), rank: Some(shape.len()), bias: Some((2, 1.0)), ..plain(index, weight) })
}

/// `bi,ci->bc` and the like: one letter of the weight is in the result, the other is summed over.
fn einsum(node: &Node, index: usize, weight: usize, shape: &[usize]) -> Result<Linear, String> {
    let unclear = || "its equation is no matrix product".to_owned();
    let Some(Attribute::String(equation)) = node.attributes.get("equation") else {
        return Err(unclear());
    };
    let equation: String = String::from_utf8_lossy(equation).split_whitespace().collect();
    let (operands, result) = equation.split_once("->").ok_or_else(unclear)?;
    let operands: Vec<&str> = operands.split(',').collect();
    let linear = plain(index, weight);
    let (letters, data) = match (operands.get(weight), operands.get(linear.data)) {
        (Some(letters), Some(data)) if operands.len() == 2 && !equation.contains('.') => (letters, data),
        _ => return Err(unclear()),
    };
    let letters: Vec<char> = letters.chars().collect();
    let class = |letter: &char| result.contains(*letter) && !data.contains(*letter);
    let summed = |letter: &char| !result.contains(*letter) && data.contains(*letter);
    let (weight_axis, letter) = match letters.as_slice() {
        [first, second] if class(first) && summed(second) => (0, *first),
        [first, second] if summed(first) && class(second) => (1, *second),
        _ => return Err(unclear()),
    };
    let axis = result.chars().rev().position(|other| other == letter).ok_or_else(unclear)?;
    if shape.len() != 2 {
        return Err(unclear());
    }
    Ok(Linear { weight_axis, axis, rank: Some(result.chars().count()), ..linear })
}
