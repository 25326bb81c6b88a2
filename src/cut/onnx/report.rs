//! Why this is the head, and where else the graph could be cut.

use declass_formats::onnx::Value;

use super::{
    super::{CutPoint, Link, Source, Why},
    follower::Follower,
    part::Part,
};
use crate::graph::{Flow, ValueId};

/// The reasons, for a reader.
pub(super) fn why(
    flow: &Flow<'_>,
    follower: &Follower<'_, '_>,
    parts: &[Part],
    output: &Value,
    link: Link,
    labelled: bool,
    wanted: bool,
) -> Why {
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
    let shared = parts.iter().map(|part| &part.weight);
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
    Why { rule, confidence, runners_up: Vec::new(), notes }
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
