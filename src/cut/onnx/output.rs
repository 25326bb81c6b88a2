//! Which output the classes are at, and the last linear operators before it.

use declass_formats::onnx::{Dim, Value};

use super::super::refusal;
use crate::{
    error::Error,
    net::{Flow, Kind, ValueId, ops::Results},
};

/// Linear operators that may end in parallel; more is no classifier.
const MAX_HEADS: usize = 8;

/// ONNX element type numbers of floats.
const FLOATS: &[i32] = &[1, 10, 11, 16];

/// Parts of names that speak for and against class scores, with their weight.
const WORDS: &[(&[&str], f64)] = &[
    (&["logit"], 8.0),
    (&["prob", "score", "class", "softmax"], 5.0),
    (&["hidden", "embed", "pool", "feature", "aux", "attention", "past", "label"], -4.0),
];

/// What lies between the last linear operators and the output.
pub(super) struct Tail {
    /// Linear operators with constant weights (or classical models), in topological order.
    pub(super) heads: Vec<usize>,
    /// Nodes behind them that lead to the output.
    pub(super) nodes: Vec<bool>,
}

/// The output that most looks like one score per class: by name, type, rank and extent, then by how much
/// of the graph it depends on.
pub(super) fn choose<'a>(flow: &Flow<'a>, count: Option<usize>) -> Result<(&'a Value, ValueId), Error> {
    let data = flow.graph().outputs.iter().filter_map(|output| Some((output, flow.id(&output.name)?)));
    let scored = data.map(|(output, value)| (score(flow, output, value, count), output, value));
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, output, value)| (output, value))
        .ok_or_else(|| refusal("the graph has no output", "export the model again"))
}

/// Walks back over the evidence to the last linear operators.
pub(super) fn last_linear(flow: &Flow<'_>, output: ValueId) -> Result<Tail, Error> {
    let mut tail = Tail { heads: Vec::new(), nodes: vec![false; flow.graph().nodes.len()] };
    let mut seen = vec![false; flow.graph().nodes.len()];
    let mut pending = vec![output];
    while let Some(value) = pending.pop() {
        let Some(node) = flow.producer(value).filter(|_| flow.kind(value) == Kind::Data) else {
            continue;
        };
        let first = flow.node(node).outputs.first().and_then(|name| flow.id(name));
        // Scale and zero point of an activation say nothing about the class.
        if (flow.op(node).results() == Results::FirstTellsClass && first != Some(value))
            || std::mem::replace(&mut seen[node], true)
        {
            continue;
        }
        if flow.weight_operand(node).is_some() || flow.op(node).is_classical() {
            tail.heads.push(node);
        } else {
            tail.nodes[node] = true;
            pending.extend(flow.evidence(node));
        }
    }
    tail.heads.sort_by_key(|node| flow.rank(*node));
    match tail.heads.len() {
        0 => Err(refusal(
            "no linear operator with constant weights lies before the output",
            "supply a model whose logits come from a linear layer",
        )),
        1..=MAX_HEADS => Ok(tail),
        heads => Err(refusal(format!("{heads} linear operators end at the output side by side"), "")),
    }
}

fn score(flow: &Flow<'_>, output: &Value, value: ValueId, count: Option<usize>) -> f64 {
    let name = output.name.to_lowercase();
    let words = WORDS.iter().filter(|(words, _)| words.iter().any(|word| name.contains(word)));
    let mut score: f64 = words.map(|(_, weight)| weight).sum();
    score += if FLOATS.contains(&output.elem_type) { 2.0 } else { 0.0 };
    if let Some(shape) = &output.shape {
        score += if shape.len() == 2 { 2.0 } else { 0.0 };
        let last = shape.last().and_then(|dim| match dim {
            Dim::Fixed(extent) => usize::try_from(*extent).ok(),
            Dim::Symbolic(_) => None,
        });
        score += if count.is_some() && last == count { 6.0 } else { 0.0 };
    }
    let before = flow.nodes_before(value).into_iter().filter(|relevant| *relevant).count();
    score + before as f64 / 1e6
}
