//! Whether an output is what a classifier gives out.

use declass_formats::onnx::{Dim, Value};

use super::{
    super::refusal,
    follower::Follower,
    stage::{Stage, Tracked},
};
use crate::head::Link;
use crate::{
    error::Error,
    net::{Flow, ValueId},
};

/// What the output is, once it is sure that it holds one score per class.
pub(super) fn check_output(
    flow: &Flow<'_>,
    output: &Value,
    last: &Tracked,
    classes: usize,
) -> Result<Link, Error> {
    let name = &output.name;
    let fail = |reason: String| Err(refusal(reason, "supply a model that gives one logit per class"));
    let Some(link) = last.stage.link() else {
        return fail(format!("output `{name}` is a part of a softmax, not its result"));
    };
    if link == Link::None && is_embedding(output) {
        return Err(embedding_output(output));
    }
    if !last.stage.has_classes() {
        return Ok(link);
    }
    let shape = flow.declared(name).unwrap_or_default();
    let class_axis = shape.len().checked_sub(last.axis + 1);
    let extra = |(axis, dim): (usize, &Dim)| axis > 0 && Some(axis) != class_axis && *dim != Dim::Fixed(1);
    let rank = if shape.is_empty() { last.rank.unwrap_or(2) } else { shape.len() };
    if rank > 2 && (shape.is_empty() || shape.iter().enumerate().any(extra)) {
        return fail(format!("output `{name}` has rank {rank}: a decision for every token, pixel or box"));
    }
    match class_axis.map(|axis| &shape[axis]) {
        Some(Dim::Fixed(extent)) if usize::try_from(*extent) != Ok(classes) => fail(format!(
            "output `{name}` declares {extent} values, the last linear operator makes {classes}"
        )),
        _ => Ok(link),
    }
}

/// Independent probabilities compete where anything that is read or given out is made by comparing them.
pub(super) fn competing(link: Link, follower: &Follower<'_, '_>) -> Link {
    let flow = follower.flow;
    let is_used = |value: ValueId| !flow.readers(value).is_empty() || flow.is_output(flow.name(value));
    let is_chosen = |stage: Stage| matches!(stage, Stage::Best(_) | Stage::Index);
    let compete = follower.tracked.iter().any(|(value, tracked)| is_chosen(tracked.stage) && is_used(*value));
    if link == Link::Sigmoid && compete { Link::OneVsRest } else { link }
}

/// Whether an output is named as backbones name theirs; often nothing else tells them from classifiers.
pub(super) fn is_embedding(output: &Value) -> bool {
    let name = output.name.to_lowercase();
    ["embed", "pooler", "hidden_state", "feature"].iter().any(|word| name.contains(word))
}

pub(super) fn embedding_output(output: &Value) -> Error {
    refusal(
        format!("output `{}` is an embedding", output.name),
        "supply a model that gives one logit per class",
    )
}
