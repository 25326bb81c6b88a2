//! The outputs that say something of the input, each with the last linear operators before it.

use declass_formats::onnx::{Dim, Value};

use super::super::refusal;
use crate::{
    error::Error,
    net::{Flow, Kind, ValueId, ops::Results},
};

/// Linear operators that may end in parallel; more is no classifier.
const MAX_HEADS: usize = 8;

/// Outputs that are looked at; each costs a walk through the graph.
const MAX_OUTPUTS: usize = 128;

/// ONNX element type numbers of floats.
const FLOATS: &[i32] = &[1, 10, 11, 16];

/// Parts of names that speak for and against class scores, with their weight. They put outputs of one head, and
/// candidates in a message, into an order; they choose no head.
const WORDS: &[(&[&str], f64)] = &[
    (&["logit"], 8.0),
    (&["prob", "score", "class", "softmax"], 5.0),
    (&["hidden", "embed", "pool", "feature", "aux", "attention", "past", "label"], -4.0),
];

/// What lies between the last linear operators and an output.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    /// Linear operators with constant weights (or classical models), in topological order.
    pub(super) heads: Vec<usize>,
    /// Nodes behind them that lead to the output.
    pub(super) nodes: Vec<bool>,
}

/// An output that depends on what is classified.
#[derive(Debug)]
pub(super) struct Exit<'a> {
    pub(super) output: &'a Value,
    pub(super) value: ValueId,
    /// Without heads where no linear operator, or too many, lie before it.
    pub(super) tail: Tail,
    /// Where it comes among others in an enumeration.
    pub(super) likelihood: f64,
}

/// Outputs that come from the same last linear operators.
#[derive(Debug)]
pub(super) struct Group<'e, 'a> {
    pub(super) heads: &'e [usize],
    /// Likeliest first; never empty.
    pub(super) exits: Vec<&'e Exit<'a>>,
}

impl<'e, 'a> Group<'e, 'a> {
    /// The output that is taken to find out what the model makes of the head's result.
    pub(super) fn main(&self) -> &'e Exit<'a> {
        self.exits[0]
    }
}

/// All outputs that depend on what is classified, likeliest first. `count` is how many classes are stated.
pub(super) fn exits<'a>(flow: &Flow<'a>, count: Option<usize>) -> Result<Vec<Exit<'a>>, Error> {
    let outputs = &flow.graph().outputs;
    if outputs.is_empty() {
        return Err(refusal("the graph has no output", "export the model again"));
    }
    let mut exits = Vec::new();
    for (output, value) in outputs.iter().filter_map(|output| Some((output, flow.id(&output.name)?))) {
        if flow.kind(value) != Kind::Data {
            continue;
        }
        if exits.len() == MAX_OUTPUTS {
            return Err(refusal(format!("the graph has more than {MAX_OUTPUTS} outputs"), ""));
        }
        let tail = last_linear(flow, value).unwrap_or_default();
        let likelihood = likelihood(flow, output, value, count);
        exits.push(Exit { output, value, tail, likelihood });
    }
    exits.sort_by(|a, b| b.likelihood.total_cmp(&a.likelihood));
    Ok(exits)
}

/// The outputs by the head that they come from, likeliest first.
pub(super) fn groups<'e, 'a>(exits: &'e [Exit<'a>]) -> Vec<Group<'e, 'a>> {
    let mut groups: Vec<Group<'e, 'a>> = Vec::new();
    for exit in exits.iter().filter(|exit| !exit.tail.heads.is_empty()) {
        match groups.iter_mut().find(|group| group.heads == exit.tail.heads) {
            Some(group) => group.exits.push(exit),
            None => groups.push(Group { heads: &exit.tail.heads, exits: vec![exit] }),
        }
    }
    groups
}

/// Walks back over the evidence to the last linear operators.
pub(super) fn last_linear(flow: &Flow<'_>, output: ValueId) -> Result<Tail, Error> {
    let tail = walk(flow, output);
    match tail.heads.len() {
        0 => Err(refusal(
            "no linear operator with constant weights lies before the output",
            "supply a model whose logits come from a linear layer",
        )),
        1..=MAX_HEADS => Ok(tail),
        heads => Err(refusal(format!("{heads} linear operators end at the output side by side"), "")),
    }
}

/// The same, however many there are.
pub(super) fn walk(flow: &Flow<'_>, output: ValueId) -> Tail {
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
    tail
}

/// By name, type, rank and extent, then by how much of the graph the output depends on.
fn likelihood(flow: &Flow<'_>, output: &Value, value: ValueId, count: Option<usize>) -> f64 {
    let name = output.name.to_lowercase();
    let words = WORDS.iter().filter(|(words, _)| words.iter().any(|word| name.contains(word)));
    let mut likelihood: f64 = words.map(|(_, weight)| weight).sum();
    likelihood += if FLOATS.contains(&output.elem_type) { 2.0 } else { 0.0 };
    if let Some(shape) = &output.shape {
        likelihood += if shape.len() == 2 { 2.0 } else { 0.0 };
        let last = shape.last().and_then(fixed);
        likelihood += if count.is_some() && last == count { 6.0 } else { 0.0 };
    }
    let before = flow.nodes_before(value).into_iter().filter(|relevant| *relevant).count();
    likelihood + before as f64 / 1e6
}

/// The extent of a dimension, where it is a number.
pub(super) fn fixed(dim: &Dim) -> Option<usize> {
    match dim {
        Dim::Fixed(extent) => usize::try_from(*extent).ok(),
        Dim::Symbolic(_) => None,
    }
}
