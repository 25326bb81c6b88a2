//! What a graph guarantees of the embedding, by the operators right before the head.

use declass_formats::Artifact;

use super::part::Part;
use crate::head::Bound;
use crate::net::{
    Flow, Ranks, ValueId, axes_of, evaluate, float_attribute, int_attribute,
    ops::{Operator, Sign, Vectors},
};

/// Operators between the head and what bounds the embedding.
const MOST_STEPS: usize = 64;
/// The guarantee about the embedding that a last linear operator reads: of its signs, and, where the operator
/// reads vectors along the last axis, of their norm.
pub(super) fn of(artifact: &Artifact, flow: &Flow<'_>, part: &Part) -> Option<Bound> {
    let [embedding] = flow.evidence(part.node) else { return None };
    let vectors = part.linear.as_ref().is_some_and(|linear| linear.reads_last_axis);
    let along_last = || normalised(artifact, flow, *embedding, part.weight.width());
    non_negative(flow, *embedding).or_else(|| vectors.then(along_last).flatten())
}

fn non_negative(flow: &Flow<'_>, embedding: ValueId) -> Option<Bound> {
    let mut value = embedding;
    for _ in 0..MOST_STEPS {
        let (node, operator) = maker(flow, value)?;
        match (operator.before.sign)(flow.node(node)) {
            Sign::Kept => value = flow.id(flow.node(node).inputs.first()?)?,
            Sign::NonNegative => {
                let reason = format!("{} `{}` before the head", operator.name, flow.title(node));
                return Some(Bound::NonNegative { reason });
            }
            Sign::Unknown => return None,
        }
    }
    None
}

/// The node whose first result a value is, if the table accounts for it.
fn maker(flow: &Flow<'_>, value: ValueId) -> Option<(usize, &'static Operator)> {
    let node = flow.producer(value)?;
    let first = flow.node(node).outputs.first().map(String::as_str) == Some(flow.name(value));
    flow.op(node).known().ok().filter(|_| first).map(|operator| (node, operator))
}

/// Back from the embedding while every operator picks or averages whole vectors along the last axis.
fn normalised(artifact: &Artifact, flow: &Flow<'_>, embedding: ValueId, width: usize) -> Option<Bound> {
    let ranks = Ranks::infer(artifact, flow);
    let mut value = embedding;
    for _ in 0..MOST_STEPS {
        let (node, operator) = maker(flow, value)?;
        let onnx = flow.node(node);
        let data = flow.id(onnx.inputs.first()?)?;
        let before_last = |axis: i64| {
            let rank = i64::try_from(ranks.of(data)?).ok()?;
            let axis = if axis < 0 { axis + rank } else { axis };
            (0..rank - 1).contains(&axis).then_some(())
        };
        match (operator.before.vectors)(onnx) {
            Vectors::Averaged => {
                // An empty list may stand for all axes.
                let axes = axes_of(artifact, flow, node).ok()?.filter(|axes| !axes.is_empty())?;
                axes.into_iter().try_for_each(before_last)?;
            }
            Vectors::Kept => {}
            Vectors::LayerNormalised => return layer_norm(artifact, flow, node, width, &ranks),
            Vectors::Picked => before_last(int_attribute(onnx, "axis", 0))?,
            Vectors::Unknown => return None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::sample::{graph, node, with};
    use declass_formats::onnx::Attribute;

    /// What is said of the signs behind a chain of operators from the input on, each with the only value of
    /// the one before. The number behind a colon is the type that a cast is to.
    fn said(operators: &[&str]) -> Option<Bound> {
        let value = |at: usize| if at == 0 { "x".to_owned() } else { format!("v{at}") };
        let mut nodes = Vec::new();
        for (at, operator) in operators.iter().enumerate() {
            let (op, to) = operator.split_once(':').unwrap_or((operator, ""));
            let plain = node(op, &[&value(at)], &value(at + 1));
            let cast = || with(plain.clone(), "to", Attribute::Int(to.parse().unwrap()));
            nodes.push(if to.is_empty() { plain.clone() } else { cast() });
        }
        nodes.push(node("Gemm", &[&value(operators.len()), "W"], "y"));
        let graph = graph(nodes, &[("W", &[3, 4])]);
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
