//! Every output that depends on a head has to be proven: where it says something of the classes it has to be
//! made of the same logits in the same order, or a class that can win nowhere could win there.

use declass_formats::onnx::Value;

use super::{
    super::refusal,
    check::{compares, declared_classes, is_used},
    follower::Follower,
    stage::{Affine, Stage, Tracked},
};
use crate::{
    error::Error,
    head::{Link, Ties},
    net::{Flow, ValueId},
};

/// Error of a ratio of products of the same factors in another order.
const SAME_RATIO: f64 = 1e-9;
/// Difference of two shifts in nats that means nothing, against their size.
const SAME_SHIFT: f64 = 1e-6;

/// What helps where an output stands in the way.
const WITHOUT_IT: &str = "export the model without this output, or name another head";

/// What all outputs of a head say together.
pub(super) struct Joint {
    /// Whether one gives independent probabilities.
    independent: bool,
    /// Whether something else is made by comparing the classes, or leaves that to the reader.
    competing: bool,
    pub(super) ties: Ties,
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
/// The first that is not proven to be of the same logits, with the operator that stands between.
pub(super) fn every_output(
    follower: &Follower<'_, '_>,
    heads: &[usize],
    main: &Value,
    last: &Tracked,
) -> Result<Joint, Error> {
    let flow = follower.flow;
    let chosen = |(value, tracked): (&ValueId, &Tracked)| compares(tracked.stage) && is_used(flow, *value);
    let competing = follower.tracked.iter().any(chosen);
    let mut joint = Joint { independent: false, competing, ties: last.ties };
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
            check(flow, output, tracked, last, follower.classes)?;
        }
        match tracked.stage {
            Stage::Output(Link::Sigmoid) => joint.independent = true,
            stage => joint.competing |= stage.has_classes(),
        }
        if tracked.ties == Ties::Possible {
            joint.ties = Ties::Possible;
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

/// An output beside the main one: made of the same logits, up to what is the same for all classes.
fn check(
    flow: &Flow<'_>,
    output: &Value,
    tracked: &Tracked,
    last: &Tracked,
    classes: usize,
) -> Result<(), Error> {
    if matches!(tracked.stage, Stage::Common | Stage::ExponentSum | Stage::LogExponentSum) {
        return Ok(());
    }
    if tracked.stage.link().is_none() {
        return Err(unproven(output, "it is a part of a softmax, not its result"));
    }
    if !same_order(&last.logits, &tracked.logits) {
        return Err(unproven(output, "constants between them and this output treat the classes differently"));
    }
    declared_classes(flow, &output.name, tracked, classes)
}

fn unproven(output: &Value, why: &str) -> Error {
    let name = &output.name;
    refusal(
        format!(
            "output `{name}` comes from the head's results too, and could still tell a forgotten class: {why}"
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

/// Whether two values put the classes into the same order, whatever the heads give: one is the other times a
/// positive constant, but for what is added to all classes alike.
fn same_order(one: &Affine, other: &Affine) -> bool {
    let mut factor = None;
    let mut proportional = |ours: &[f64], theirs: &[f64]| {
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| ratio_is(*a, *b, &mut factor))
    };
    let same_heads = one.terms.keys().eq(other.terms.keys());
    let same_terms = same_heads
        && one.terms.iter().zip(&other.terms).all(|((_, ours), (_, theirs))| {
            let stored =
                |bias: &Option<_>| bias.as_ref().map(|bias: &super::super::Operand| bias.tensor.clone());
            stored(&ours.bias) == stored(&theirs.bias)
                && proportional(&ours.gain, &theirs.gain)
                && (ours.bias.is_none() || proportional(&ours.bias_gain, &theirs.bias_gain))
        });
    let factor = factor.unwrap_or(1.0);
    let shifts = || one.shift.iter().zip(&other.shift).map(move |(a, b)| b - factor * a);
    let size = one.shift.iter().map(|shift| (factor * shift).abs()).fold(1.0, f64::max);
    let spread = shifts().fold(f64::NEG_INFINITY, f64::max) - shifts().fold(f64::INFINITY, f64::min);
    same_terms && (one.shift.is_empty() || spread <= SAME_SHIFT * size)
}

/// Whether `b` is `a` times the same positive factor as before.
fn ratio_is(a: f64, b: f64, factor: &mut Option<f64>) -> bool {
    if a == 0.0 || b == 0.0 {
        return a == b;
    }
    let ratio = b / a;
    let factor = *factor.get_or_insert(ratio);
    factor.is_finite() && factor > 0.0 && (ratio - factor).abs() <= SAME_RATIO * factor
}

#[cfg(test)]
mod tests {
    use super::{super::stage::Affine, same_order};

    #[test]
    fn an_order_is_kept_by_one_positive_factor_and_one_shift_for_all() {
        let logits = || Affine::of_head(0, 3, 1.0);
        assert!(same_order(&logits(), &logits().scaled(&[0.1; 3]).shifted(&[7.0; 3], 1.0)));
        assert!(!same_order(&logits(), &logits().scaled(&[-1.0; 3])));
        assert!(!same_order(&logits(), &logits().scaled(&[1.0, 1.0, 2.0])));
        assert!(!same_order(&logits(), &logits().shifted(&[0.0, 0.0, 1.0], 1.0)));
        assert!(!same_order(&logits(), &Affine::of_head(1, 3, 1.0)));
        let shifted = || logits().shifted(&[1.0, 2.0, 3.0], 1.0);
        assert!(same_order(&shifted(), &shifted().scaled(&[2.0; 3])));
        assert!(!same_order(&shifted(), &logits().scaled(&[2.0; 3])));
    }
}
