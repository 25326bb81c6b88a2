//! Why this is the head, and where else the graph could be cut.

use std::{collections::HashSet, iter};

use declass_formats::onnx::Value;

use super::{
    super::{Choice, CutPoint, Floated, Site, Source, Why, rules::LISTED},
    bodies,
    follower::Follower,
    output,
    part::Part,
    storage,
};
use crate::head::Link;
use crate::net::{Flow, ValueId, ops::Values};

/// How sure a head other than the one in use could be: the last operator before the output where the caller
/// named another, one before another output, one whose result only the head reads.
const ITS_LAST: f64 = 0.5;
const OTHER_OUTPUT: f64 = 0.3;
const EARLIER: f64 = 0.1;

/// The reasons, for a reader.
pub(super) fn why(
    follower: &Follower<'_, '_>,
    parts: &[Part],
    output: &Value,
    link: Link,
    labelled: bool,
    wanted: bool,
) -> Why {
    let flow = follower.flow;
    let rule = match parts.len() {
        _ if wanted => "named by the caller".to_owned(),
        1 => format!("the last linear operator before output `{}`", output.name),
        heads => format!("{heads} parallel linear operators whose results make output `{}`", output.name),
    };
    let lower = output.name.to_lowercase();
    let speaks =
        link != Link::None || ["class", "logit", "prob", "score"].iter().any(|word| lower.contains(word));
    let confidence = match (wanted, labelled, speaks) {
        (true, ..) => 1.0,
        (_, true, _) => 0.98,
        (_, _, true) => 0.9,
        _ => 0.5,
    };
    let mut notes = Vec::new();
    if !labelled && !speaks {
        notes.push(
            "no labels in the file: nothing but the shape of the graph says that this is a classifier".into(),
        );
    }
    let floated = floated(flow, follower, parts);
    notes.extend(floated.iter().map(|floated| format!("an edit {floated}")));
    let functions = parts.iter().filter_map(|part| bodies::within(flow, part.node));
    notes.extend(functions.map(|function| format!("the head lies in the model-local function `{function}`")));
    let is_floated = |name: &String| floated.as_ref().is_some_and(|floated| floated.weights.contains(name));
    let shared = parts.iter().map(|part| &part.weight).filter(|operand| !is_floated(&operand.tensor));
    for operand in shared.filter(|operand| matches!(operand.source, Source::Computed { .. })) {
        notes.push(format!(
            "weight `{}` is shared or computed: an edit gives the head its own copy",
            operand.tensor
        ));
    }
    let untouched = untouched(flow, follower);
    if !untouched.is_empty() {
        notes.push(format!("outputs that do not come from this head: {}", untouched.join(", ")));
    }
    let runners_up = runners_up(flow, parts, output);
    Why { rule, choice: Choice::Located, confidence, runners_up, notes }
}

/// What of the head is in whole numbers.
pub(super) fn floated(flow: &Flow<'_>, follower: &Follower<'_, '_>, parts: &[Part]) -> Option<Floated> {
    let whole = |part: &Part| match &part.weight.source {
        Source::Computed { value, .. } => storage::quantised(flow, value).map(str::to_owned),
        Source::Whole(_) => Some(part.weight.tensor.clone()),
        Source::Attribute { .. } | Source::Stored => None,
    };
    let weights: Vec<String> = parts.iter().filter_map(whole).collect();
    // A product that is made real in one step was rounded before.
    let rounds = |part: &Part| matches!(&part.weight.source, Source::Whole(it) if it.real == it.last);
    let results =
        parts.iter().any(rounds) || follower.sites.iter().any(|site| matches!(site, Site::Rounding { .. }));
    let reads = |part: &Part| {
        let data = flow.node(part.node).inputs.get(part.linear.as_ref()?.data)?;
        let node = flow.producer(flow.id(data)?)?;
        Some(flow.op(node).values() == Values::Dequantised || matches!(part.weight.source, Source::Whole(_)))
    };
    let embedding = parts.iter().any(|part| reads(part).unwrap_or(false));
    (!weights.is_empty() || results).then_some(Floated { weights, embedding, results })
}

/// The other operators that could make the classes, likeliest first, each with the reason why it comes after
/// the head.
fn runners_up(flow: &Flow<'_>, parts: &[Part], chosen: &Value) -> Vec<String> {
    let mut seen: HashSet<usize> = parts.iter().map(|part| part.node).collect();
    let mut found = Vec::new();
    let outputs = &flow.graph().outputs;
    let others = outputs.iter().filter(|output| output.name != chosen.name).take(LISTED);
    for output in iter::once(chosen).chain(others) {
        let last = flow.id(&output.name).and_then(|value| output::last_linear(flow, value).ok());
        let new = last.into_iter().flat_map(|tail| tail.heads).filter(|node| seen.insert(*node));
        let confidence = if output.name == chosen.name { ITS_LAST } else { OTHER_OUTPUT };
        let reason = format!("last linear operator before output `{}`, confidence {confidence}", output.name);
        found.extend(new.map(|node| format!("{} ({reason})", flow.title(node))));
    }
    let points = flow.id(&chosen.name).map(|value| flow.dominators(value)).unwrap_or_default();
    let makers = points.into_iter().filter_map(|point| flow.producer(point.value));
    let earlier = makers.filter(|node| flow.weight_operand(*node).is_some() && seen.insert(*node));
    let reason = format!("a linear operator before the head, confidence {EARLIER}");
    found.extend(earlier.map(|node| format!("{} ({reason})", flow.title(node))));
    found.truncate(LISTED);
    found
}

/// Outputs that do not depend on the head.
fn untouched<'a>(flow: &Flow<'a>, follower: &Follower<'_, '_>) -> Vec<&'a str> {
    flow.graph()
        .outputs
        .iter()
        .filter(|other| flow.id(&other.name).is_none_or(|value| !follower.tracked.contains_key(&value)))
        .map(|other| other.name.as_str())
        .collect()
}

/// The dominators of the output.
pub(super) fn points(flow: &Flow<'_>, output: ValueId) -> Vec<CutPoint> {
    let producer =
        |value: ValueId| flow.producer(value).map_or("input", |node| flow.node(node).op_type.as_str());
    flow.dominators(output)
        .into_iter()
        .map(|point| CutPoint {
            tensor: flow.name(point.value).to_owned(),
            producer: producer(point.value).to_owned(),
            weighted_after: point.weighted_after,
        })
        .collect()
}
