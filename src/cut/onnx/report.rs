//! Why this is the head, and where else the graph could be cut.

use std::collections::HashSet;

use declass_formats::Artifact;

use super::{
    super::{Choice, CutPoint, Head, Source, Why, candidate::LISTED},
    bodies, floated,
    found::Found,
    output::Exit,
    part,
};
use crate::{
    evidence::{Untouched, UntouchedKind},
    head::Link,
    net::{Flow, ValueId},
};

/// How sure a head other than the one in use could be: the last operator before the output where the caller
/// named another, one before another output, one whose result only the head reads.
const ITS_LAST: f64 = 0.5;
const OTHER_OUTPUT: f64 = 0.3;
const EARLIER: f64 = 0.1;

/// The reasons, for a reader.
pub(super) fn why(found: &Found<'_, '_>, labelled: bool, wanted: bool) -> Why {
    let Found { follower, parts, output, answer, .. } = found;
    let flow = follower.flow;
    let rule = match parts.len() {
        _ if wanted => "named by the caller".to_owned(),
        1 => format!("the last linear operator before output `{}`", output.name),
        heads => format!("{heads} parallel linear operators whose results make output `{}`", output.name),
    };
    let lower = output.name.to_lowercase();
    let speaks = answer.link != Link::None
        || ["class", "logit", "prob", "score"].iter().any(|word| lower.contains(word));
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
    let floated = floated::of(flow, follower, parts);
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
    Why { rule, choice: Choice::Located, confidence, runners_up: Vec::new(), notes }
}

/// What the removal also treats, and what it leaves as it is.
pub(super) fn note_others(why: &mut Why, head: &Head, untouched: &[Untouched]) {
    let further: Vec<String> = head.auxiliary.iter().map(|it| format!("`{}`", it.name)).collect();
    if !further.is_empty() {
        why.notes.push(format!(
            "heads with the same classes that lose the forgotten ones too (nothing is trained there: a kept slot \
             is sealed): {}",
            further.join(", ")
        ));
    }
    why.notes.extend(other_outputs(untouched));
}

/// The outputs that stay as they are, for a reader.
pub(super) fn other_outputs(untouched: &[Untouched]) -> Option<String> {
    let outputs = untouched.iter().filter(|it| it.kind == UntouchedKind::Output);
    let outputs: Vec<&str> = outputs.map(|it| it.name.as_str()).collect();
    (!outputs.is_empty()).then(|| format!("outputs that do not come from this head: {}", outputs.join(", ")))
}

/// The other operators that could make the classes, likeliest first, each with the reason why it comes after
/// the head.
pub(super) fn runners_up(
    artifact: &Artifact,
    flow: &Flow<'_>,
    exits: &[Exit<'_>],
    found: &Found<'_, '_>,
) -> Vec<String> {
    let chosen = &found.output.name;
    let mut seen: HashSet<usize> = found.parts.iter().map(|part| part.node).collect();
    let mut listed = Vec::new();
    let own = exits.iter().filter(|exit| exit.output.name == *chosen);
    let others = exits.iter().filter(|exit| exit.output.name != *chosen).take(LISTED);
    for exit in own.chain(others) {
        let name = &exit.output.name;
        let confidence = if name == chosen { ITS_LAST } else { OTHER_OUTPUT };
        for node in exit.tail.heads.iter().copied().filter(|node| seen.insert(*node)) {
            let width = part::width(artifact, flow, node).map(|width| format!("width {width}, "));
            let width = width.unwrap_or_default();
            let title = flow.title(node);
            listed.push(format!(
                "{title} (last linear operator before output `{name}`, {width}confidence {confidence})"
            ));
        }
    }
    let makers = flow.dominators(found.value).into_iter().filter_map(|point| flow.producer(point.value));
    let earlier = makers.filter(|node| flow.weight_operand(*node).is_some() && seen.insert(*node));
    let reason = format!("a linear operator before the head, confidence {EARLIER}");
    listed.extend(earlier.map(|node| format!("{} ({reason})", flow.title(node))));
    listed.truncate(LISTED);
    listed
}

/// The dominators of the output.
pub(crate) fn points(flow: &Flow<'_>, output: ValueId) -> Vec<CutPoint> {
    let producer =
        |value: ValueId| flow.producer(value).map_or("input", |node| flow.node(node).op_type.as_str());
    flow.dominators(output)
        .into_iter()
        .map(|point| CutPoint {
            tensor: flow.name(point.value).to_owned(),
            producer: producer(point.value).to_owned(),
            weighted_after: point.weighted_after,
            parameters_after: point.parameters_after,
        })
        .collect()
}
