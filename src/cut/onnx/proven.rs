//! Every output that depends on a head has to be understood: what is not could tell a class that the head itself
//! gives up. Whether those that are keep the order of its logits is another question.

use declass_formats::onnx::Value;

use super::{
    super::refusal,
    check::{declared_classes, is_used},
    follower::Follower,
    open,
    stage::{Stage, Tracked},
};
use crate::{
    error::Error,
    head::Link,
    net::{Flow, ValueId},
};

/// What helps where an output stands in the way.
const WITHOUT_IT: &str = "export the model without this output, or name another head";

/// What all outputs of a head say together.
pub(super) struct Joint {
    /// Whether one gives independent probabilities.
    independent: bool,
    /// Whether something else is made by comparing the classes, or leaves that to the reader.
    competing: bool,
    /// Whether anything that is given out is made by comparing the classes.
    pub(super) compares: bool,
}

impl Joint {
    /// The link of all outputs, given that of the main one. Independent probabilities compete where anything that
    /// is read or given out is made by comparing them, or where scores that do are given out beside them.
    pub(super) fn link(&self, main: Link) -> Link {
        match (self.independent, self.competing) {
            (true, true) if main != Link::ArgMax => Link::OneVsRest,
            (true, false) => Link::Sigmoid,
            _ => main,
        }
    }
}

/// Checks every output that depends on the head.
///
/// # Errors
/// The first that is not, with the operator that stands between.
pub(super) fn every_output(
    follower: &Follower<'_, '_>,
    heads: &[usize],
    main: &Value,
) -> Result<Joint, Error> {
    let flow = follower.flow;
    let chosen = |(value, tracked): (&ValueId, &Tracked)| open::compete(tracked) && is_used(flow, *value);
    let compares = follower.tracked.iter().any(chosen);
    let mut joint = Joint { independent: false, competing: compares, compares };
    let reached = downstream(flow, heads);
    for output in &flow.graph().outputs {
        let Some(value) = flow.id(&output.name) else { continue };
        let Some(tracked) = follower.tracked.get(&value) else {
            if flow.producer(value).is_some_and(|node| reached[node]) {
                return Err(unproven(output, &obstacle(follower, value, &reached)));
            }
            continue;
        };
        if output.name != main.name {
            check(flow, output, tracked, follower.classes)?;
        }
        match tracked.stage {
            Stage::Output(Link::Sigmoid) => joint.independent = true,
            stage => joint.competing |= stage.has_classes(),
        }
    }
    Ok(joint)
}

/// Nodes that anything of a head's result reaches, by whatever operand; only shapes tell nothing of it.
pub(super) fn downstream(flow: &Flow<'_>, heads: &[usize]) -> Vec<bool> {
    let mut reached = vec![false; flow.graph().nodes.len()];
    for head in heads {
        reached[*head] = true;
    }
    for node in flow.order().iter().copied().filter(|node| !flow.op(*node).is_shape()) {
        let onnx = flow.node(node);
        let mut sources = onnx.inputs.iter().chain(&onnx.captures).filter_map(|name| flow.id(name));
        reached[node] |= sources.any(|value| flow.producer(value).is_some_and(|from| reached[from]));
    }
    reached
}

/// An output beside the main one: scores of the classes, or something that tells none.
fn check(flow: &Flow<'_>, output: &Value, tracked: &Tracked, classes: usize) -> Result<(), Error> {
    if tracked.stage.has_classes() && tracked.stage.link().is_none() {
        return Err(unproven(output, "it is a part of a softmax, not its result"));
    }
    declared_classes(flow, &output.name, tracked, classes)
}

fn unproven(output: &Value, why: &str) -> Error {
    let name = &output.name;
    refusal(
        format!(
            "output `{name}` comes from the head's results too, and could still tell a removed class: {why}"
        ),
        WITHOUT_IT,
    )
}

/// The first operator on the way to an output that is not followed.
fn obstacle(follower: &Follower<'_, '_>, output: ValueId, reached: &[bool]) -> String {
    let flow = follower.flow;
    let mut seen = vec![false; reached.len()];
    let mut pending = vec![output];
    let mut first: Option<usize> = None;
    while let Some(value) = pending.pop() {
        let Some(node) = flow.producer(value).filter(|node| reached[*node]) else { continue };
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        let is_earlier = first.is_none_or(|first| flow.rank(node) < flow.rank(first));
        if follower.stuck.contains_key(&node) && is_earlier {
            first = Some(node);
        }
        let onnx = flow.node(node);
        pending.extend(onnx.inputs.iter().chain(&onnx.captures).filter_map(|name| flow.id(name)));
    }
    match first.and_then(|node| follower.stuck.get(&node)) {
        Some(problem) => problem.to_string(),
        None => "by a result of an operator that is not followed".to_owned(),
    }
}

#[cfg(test)]
mod tests;
