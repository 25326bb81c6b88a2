//! What a graph guarantees of the embedding, by the operators right before the head.

use declass_formats::{Artifact, onnx::Node};

use crate::head::Bound;
use crate::net::{Flow, Ranks, ValueId, axes_of, evaluate, float_attribute, int_attribute};

/// Operators between the head and what bounds the embedding.
const MOST_STEPS: usize = 64;
/// Operators whose results are entries of their first operand, or means, sums or maxima of them.
const KEEP_SIGN: [&str; 18] = [
    "AveragePool",
    "Cast",
    "Dropout",
    "Flatten",
    "Gather",
    "GatherND",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Identity",
    "MaxPool",
    "ReduceMax",
    "ReduceMean",
    "ReduceSum",
    "Reshape",
    "Slice",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];
/// Operators that make no negative numbers.
const NON_NEGATIVE: [&str; 4] = ["Abs", "Relu", "Sigmoid", "Softmax"];

/// The guarantee about the data operand of a linear operator that reads vectors of `width` entries along its last axis, or, for
/// signs, along any.
pub(super) fn of(artifact: &Artifact, flow: &Flow<'_>, head: usize, width: usize) -> Option<Bound> {
    let [embedding] = flow.evidence(head) else { return None };
    non_negative(flow, *embedding).or_else(|| normalised(artifact, flow, head, *embedding, width))
}

fn non_negative(flow: &Flow<'_>, embedding: ValueId) -> Option<Bound> {
    let mut value = embedding;
    for _ in 0..MOST_STEPS {
        let node = flow.producer(value)?;
        let onnx = flow.node(node);
        let operator = onnx.op_type.as_str();
        if !is_standard(&onnx.domain) || onnx.outputs.first().map(String::as_str) != Some(flow.name(value)) {
            return None;
        }
        if NON_NEGATIVE.contains(&operator) {
            let reason = format!("{operator} `{}` before the head", flow.title(node));
            return Some(Bound::NonNegative { reason });
        }
        if !KEEP_SIGN.contains(&operator) || casts_to_integers(onnx) {
            return None;
        }
        value = flow.id(onnx.inputs.first()?)?;
    }
    None
}

/// Back from the embedding while every operator picks or averages whole vectors along the last axis.
fn normalised(
    artifact: &Artifact,
    flow: &Flow<'_>,
    head: usize,
    embedding: ValueId,
    width: usize,
) -> Option<Bound> {
    // Convolutions read vectors along another axis.
    if !["Gemm", "MatMul"].contains(&flow.node(head).op_type.as_str())
        || int_attribute(flow.node(head), "transA", 0) != 0
        || flow.weight_operand(head) != Some(1)
    {
        return None;
    }
    let ranks = Ranks::infer(artifact, flow);
    let mut value = embedding;
    for _ in 0..MOST_STEPS {
        let node = flow.producer(value)?;
        let onnx = flow.node(node);
        if !is_standard(&onnx.domain) || onnx.outputs.first().map(String::as_str) != Some(flow.name(value)) {
            return None;
        }
        let data = flow.id(onnx.inputs.first()?)?;
        let before_last = |axis: i64| {
            let rank = i64::try_from(ranks.of(data)?).ok()?;
            let axis = if axis < 0 { axis + rank } else { axis };
            (0..rank - 1).contains(&axis).then_some(())
        };
        match onnx.op_type.as_str() {
            "Cast" if !casts_to_integers(onnx) => {}
            // With a third operand it may be in training mode, and scale.
            "Dropout" if onnx.inputs.len() < 3 => {}
            "Identity" => {}
            "Gather" => before_last(int_attribute(onnx, "axis", 0))?,
            "LayerNormalization" => return layer_norm(artifact, flow, node, width, &ranks),
            "ReduceMean" => {
                // An empty list may stand for all axes.
                let axes = axes_of(artifact, flow, node).ok()?.filter(|axes| !axes.is_empty())?;
                axes.into_iter().try_for_each(before_last)?;
            }
            _ => return None,
        }
        value = data;
    }
    None
}

fn layer_norm(
    artifact: &Artifact,
    flow: &Flow<'_>,
    node: usize,
    width: usize,
    ranks: &Ranks,
) -> Option<Bound> {
    let onnx = flow.node(node);
    let rank = ranks.of(flow.id(onnx.inputs.first()?)?).and_then(|rank| i64::try_from(rank).ok());
    let axis = int_attribute(onnx, "axis", -1);
    let is_last = axis == -1 || rank.is_some_and(|rank| axis == rank - 1);
    if !is_last || float_attribute(onnx, "epsilon", 1e-5) < 0.0 {
        return None;
    }
    let constant = |input: usize| {
        let name = onnx.inputs.get(input).filter(|name| !name.is_empty() && flow.is_static(name))?;
        let constant = evaluate(artifact, flow, name).ok()?;
        (constant.values.len() == width).then_some(constant.values)
    };
    let has_shift = onnx.inputs.get(2).is_some_and(|name| !name.is_empty());
    let shift = if has_shift { constant(2)? } else { Vec::new() };
    Bound::layer_norm(&constant(1)?, &shift, &flow.title(node))
}

/// A wrapped integer may change its sign, a rounded one its size.
fn casts_to_integers(node: &Node) -> bool {
    node.op_type == "Cast" && !FLOATS.contains(&int_attribute(node, "to", 0))
}

/// `FLOAT`, `FLOAT16`, `DOUBLE` and `BFLOAT16` in `onnx.proto`.
const FLOATS: [i64; 4] = [1, 10, 11, 16];

fn is_standard(domain: &str) -> bool {
    ["", "ai.onnx"].contains(&domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use declass_formats::{
        Dtype, TensorInfo,
        onnx::{Attribute, Graph, Value},
    };

    /// A chain of operators from the input to a linear one, each with the only value of the one before.
    fn said(operators: &[&str]) -> Option<Bound> {
        let value = |name: &str| Value { name: name.into(), ..Value::default() };
        let mut nodes: Vec<Node> = Vec::new();
        for (at, operator) in operators.iter().enumerate() {
            let (op_type, to) = operator.split_once(':').unwrap_or((operator, "1"));
            nodes.push(Node {
                op_type: op_type.into(),
                inputs: vec![format!("v{at}")],
                outputs: vec![format!("v{}", at + 1)],
                attributes: [("to".to_owned(), Attribute::Int(to.parse().unwrap()))].into(),
                ..Node::default()
            });
        }
        let inputs = vec![format!("v{}", operators.len()), "W".to_owned()];
        let outputs = vec!["logits".to_owned()];
        nodes.push(Node { op_type: "Gemm".into(), inputs, outputs, ..Node::default() });
        let info = TensorInfo { dtype: Dtype::F32, shape: vec![3, 4] };
        let graph = Graph {
            nodes,
            inputs: vec![value("v0")],
            outputs: vec![value("logits")],
            initializers: [("W".to_owned(), info)].into(),
            ..Graph::default()
        };
        let flow = Flow::new(&graph).unwrap();
        let [embedding] = flow.evidence(operators.len()) else { panic!("no evidence") };
        non_negative(&flow, *embedding)
    }

    #[test]
    fn signs_are_known_behind_a_relu_as_long_as_entries_are_kept_or_averaged() {
        assert!(said(&["Conv", "Relu", "GlobalAveragePool", "Flatten", "Cast:10"]).is_some());
        assert!(said(&["Relu", "Dropout", "Identity"]).is_some());
        assert_eq!(said(&["Relu", "Neg"]), None);
        assert_eq!(said(&["Relu", "LayerNormalization"]), None);
        assert_eq!(said(&["Relu", "Cast:3"]), None, "an integer may wrap");
        assert_eq!(said(&["Relu", "QuantizeLinear", "DequantizeLinear"]), None);
        assert_eq!(said(&["Flatten"]), None, "the input may be anything");
    }
}
