//! Whether an output is what a classifier gives out.

use declass_formats::onnx::{Dim, Value};

use super::{super::refusal, stage::Tracked};
use crate::head::{Link, Position};
use crate::{
    error::Error,
    net::{Flow, ValueId},
};

/// Why an output, or the head before it, is not taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// It gives one number, or a row for every place: whatever it is, it is no row of classes per input.
    NotPerInput(Error),
    /// It may have classes and cannot be treated.
    Unclear(Error),
    /// It has classes, and another output that comes of them is not understood.
    Unproven(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Unclear(error)
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotPerInput(error) | Refused::Unclear(error) | Refused::Unproven(error) => error,
        }
    }
}

/// What an output says of the classes.
pub(super) struct Answer {
    pub(super) link: Link,
    pub(super) position: Position,
}

/// What the output is, once it is sure that it holds one score per class. Whether a `named` head makes classes
/// is not guessed.
pub(super) fn check_output(
    flow: &Flow<'_>,
    output: &Value,
    last: &Tracked,
    classes: usize,
    named: bool,
) -> Result<Answer, Refused> {
    let name = &output.name;
    let fail = |reason: String| refusal(reason, "supply a model that gives one logit per class");
    let Some(link) = last.stage.link() else {
        return Err(fail(format!("output `{name}` is a part of a softmax, not its result")).into());
    };
    if !named && link == Link::None && is_embedding(output) {
        return Err(embedding_output(output).into());
    }
    let shape = flow.declared(name).unwrap_or_default();
    let rank = if shape.is_empty() { last.rank.unwrap_or(2) } else { shape.len() };
    let position = position(shape, rank, last);
    if let Position::PerPosition(_) = position {
        let reason = format!("output `{name}` has rank {rank}: a decision for every token, pixel or box");
        return Err(Refused::NotPerInput(fail(reason)));
    }
    declared_classes(flow, name, last, classes)?;
    Ok(Answer { link, position })
}

/// Whether the extent that an output declares for its classes is their number.
pub(super) fn declared_classes(
    flow: &Flow<'_>,
    name: &str,
    last: &Tracked,
    classes: usize,
) -> Result<(), Error> {
    let shape = flow.declared(name).unwrap_or_default();
    match shape.len().checked_sub(last.axis + 1).map(|axis| &shape[axis]) {
        Some(Dim::Fixed(extent)) if last.stage.has_classes() && usize::try_from(*extent) != Ok(classes) => {
            Err(refusal(
                format!("output `{name}` declares {extent} values, the last linear operator makes {classes}"),
                "supply a model that gives one logit per class",
            ))
        }
        _ => Ok(()),
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

/// Whether a value is read or given out.
pub(super) fn is_used(flow: &Flow<'_>, value: ValueId) -> bool {
    !flow.readers(value).is_empty() || flow.is_output(flow.name(value))
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
