//! Whether an output is what a classifier gives out.

use declass_formats::onnx::{Dim, Value};

use super::{super::refusal, follower::Follower, open, stage::Tracked};
use crate::head::{Link, Position};
use crate::{
    error::Error,
    net::{Flow, ValueId},
};

/// What an output says of the classes.
pub(super) struct Answer {
    pub(super) link: Link,
    pub(super) position: Position,
}

/// What the output is, once it is sure that it holds one score per class.
pub(super) fn check_output(
    flow: &Flow<'_>,
    output: &Value,
    last: &Tracked,
    classes: usize,
) -> Result<Answer, Error> {
    let name = &output.name;
    let fail = |reason: String| Err(refusal(reason, "supply a model that gives one logit per class"));
    let Some(link) = last.stage.link() else {
        return fail(format!("output `{name}` is a part of a softmax, not its result"));
    };
    if link == Link::None && is_embedding(output) {
        return Err(embedding_output(output));
    }
    let shape = flow.declared(name).unwrap_or_default();
    let rank = if shape.is_empty() { last.rank.unwrap_or(2) } else { shape.len() };
    let position = position(shape, rank, last);
    if let Position::PerPosition(_) = position {
        return fail(format!("output `{name}` has rank {rank}: a decision for every token, pixel or box"));
    }
    if !last.stage.has_classes() {
        return Ok(Answer { link, position });
    }
    match shape.len().checked_sub(last.axis + 1).map(|axis| &shape[axis]) {
        Some(Dim::Fixed(extent)) if usize::try_from(*extent) != Ok(classes) => fail(format!(
            "output `{name}` declares {extent} values, the last linear operator makes {classes}"
        )),
        _ => Ok(Answer { link, position }),
    }
}

/// What a row of scores is about. The first axis counts the samples; any other beside that of the classes
/// counts positions, unless its extent is 1.
fn position(shape: &[Dim], rank: usize, last: &Tracked) -> Position {
    let class_axis = rank.checked_sub(last.axis + 1);
    let counts = |axis: &usize| Some(*axis) != class_axis && shape.get(*axis) != Some(&Dim::Fixed(1));
    let axes: Vec<usize> = if rank > 2 { (1..rank).filter(counts).collect() } else { Vec::new() };
    if last.stage.has_classes() && !axes.is_empty() {
        Position::PerPosition(axes)
    } else if last.pooled {
        Position::Pooled
    } else {
        Position::Whole
    }
}

/// Independent probabilities compete where anything that is read or given out is made by comparing them.
pub(super) fn competing(link: Link, follower: &Follower<'_, '_>) -> Link {
    let flow = follower.flow;
    let is_used = |value: ValueId| !flow.readers(value).is_empty() || flow.is_output(flow.name(value));
    let compete = follower.tracked.iter().any(|(value, tracked)| open::compete(tracked) && is_used(*value));
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
