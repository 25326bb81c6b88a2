//! The head that is named by hand: an output, an operator, its weight or its result, or a value that comes of
//! it.

use declass_formats::Artifact;

use super::{
    super::not_this_head,
    OWN_COPY,
    output::{Exit, Tail, groups, last_linear},
};
use crate::{
    error::{Error, LocateError},
    net::{Flow, Kind, ValueId, stored_info},
};

/// Candidates that are listed where there is nothing of the given name.
const LISTED: usize = 8;

/// Values between a weight and the stored tensor behind it.
const MOST_VIEWS: usize = 16;

/// What a name leads to: the outputs that come from there, likeliest first, each with the operators that are the
/// head and what lies between.
///
/// # Errors
/// [`LocateError::Unknown`] if there is nothing of this name, [`LocateError::NotThisHead`] if it leads to no
/// output.
pub(super) fn find<'e, 'a>(
    artifact: &Artifact,
    flow: &Flow<'a>,
    exits: &'e [Exit<'a>],
    name: &str,
) -> Result<Vec<(Tail, &'e Exit<'a>)>, Error> {
    let output = exits.iter().find(|exit| exit.output.name == name && !exit.tail.heads.is_empty());
    if let Some(exit) = output {
        return leading(flow, exits, &exit.tail.heads, name);
    }
    let weighted: Vec<usize> = flow.order().iter().copied().filter(|node| is_linear(flow, *node)).collect();
    let is_meant = |node: &usize| {
        let onnx = flow.node(*node);
        let weight = weight(artifact, flow, *node);
        // An edit may have given the head a weight of its own, in the place of the named one.
        let is_weight = |weight: &str| weight == name || weight.strip_suffix(OWN_COPY) == Some(name);
        onnx.name == name || onnx.outputs.iter().any(|output| output == name) || weight.is_some_and(is_weight)
    };
    if let Some(head) = weighted.iter().copied().rfind(is_meant) {
        return leading(flow, exits, &[head], name);
    }
    match value(flow, name) {
        Some(value) => leading(flow, exits, &last_linear(flow, value)?.heads, name),
        None => {
            let candidates = weighted.iter().rev().take(LISTED).map(|node| flow.title(*node)).collect();
            Err(LocateError::Unknown { name: name.to_owned(), candidates }.into())
        }
    }
}

/// Whether a node mixes features with constant weights, or is a classical model.
pub(super) fn is_linear(flow: &Flow<'_>, node: usize) -> bool {
    flow.weight_operand(node).is_some() || flow.op(node).is_classical()
}

/// A value that depends on what is classified, by its name or by that of the node that makes it.
fn value(flow: &Flow<'_>, name: &str) -> Option<ValueId> {
    let nodes = &flow.graph().nodes;
    let made = || nodes.iter().find(|node| node.name == name)?.outputs.first().and_then(|it| flow.id(it));
    flow.id(name).or_else(made).filter(|value| flow.kind(*value) == Kind::Data)
}

/// The outputs that some operators lead to, and what lies between. Of several that end in parallel any one stands
/// for all.
fn leading<'e, 'a>(
    flow: &Flow<'a>,
    exits: &'e [Exit<'a>],
    heads: &[usize],
    name: &str,
) -> Result<Vec<(Tail, &'e Exit<'a>)>, Error> {
    let groups = groups(exits);
    let same = groups.iter().find(|group| group.heads == heads);
    let parallel = || groups.iter().find(|group| heads.iter().all(|head| group.heads.contains(head)));
    if let Some(group) = same.or_else(parallel) {
        return Ok(group.exits.iter().map(|exit| (exit.tail.clone(), *exit)).collect());
    }
    let led_to = exits.iter().find_map(|exit| {
        let before = flow.nodes_before(exit.value);
        heads.iter().all(|head| before[*head]).then(|| (between(flow, heads, &before), exit))
    });
    led_to.map(|it| vec![it]).ok_or_else(|| not_this_head(format!("`{name}` does not lead to an output")))
}

fn between(flow: &Flow<'_>, heads: &[usize], before: &[bool]) -> Tail {
    let mut behind = vec![false; before.len()];
    for head in heads {
        behind[*head] = true;
    }
    for node in flow.order() {
        behind[*node] |=
            flow.evidence(*node).iter().any(|value| flow.producer(*value).is_some_and(|from| behind[from]));
    }
    let mut nodes: Vec<bool> = behind.iter().zip(before).map(|(behind, before)| *behind && *before).collect();
    for head in heads {
        nodes[*head] = false;
    }
    Tail { heads: heads.to_vec(), nodes }
}

/// The stored tensor that holds the weight of a linear operator.
pub(super) fn weight<'a>(artifact: &Artifact, flow: &Flow<'a>, node: usize) -> Option<&'a str> {
    let input = flow.weight_operand(node)?;
    Some(weight_source(artifact, flow, flow.node(node).inputs.get(input)?))
}

/// The stored tensor behind a constant operand, following its first operands.
fn weight_source<'a>(artifact: &Artifact, flow: &Flow<'a>, value: &'a str) -> &'a str {
    let mut name = value;
    for _ in 0..MOST_VIEWS {
        let node = flow.id(name).and_then(|value| flow.producer(value));
        match node.and_then(|node| flow.node(node).inputs.first()) {
            Some(source) if stored_info(artifact, name).is_none() => name = source,
            _ => break,
        }
    }
    name
}
