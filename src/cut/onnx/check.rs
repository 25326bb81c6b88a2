//! Whether an output is what a classifier gives out.

use declass_formats::onnx::{Dim, Value};

use super::{super::refusal, stage::Tracked};
use crate::head::{Link, Place, Position};
use crate::{
    error::Error,
    net::{Flow, ValueId},
};

/// Why an output, or the head before it, is not taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// It gives one number.
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
    let position = position(flow, flow.declared(name).unwrap_or_default(), last);
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

/// What a row of scores, or an index of the best class, is about. The first axis counts the samples; any other
/// beside that of the classes counts places, unless its extent is 1.
fn position(flow: &Flow<'_>, shape: &[Dim], last: &Tracked) -> Position {
    let has_axis = last.stage.has_classes() || last.stands;
    // A number for each input may be declared as a column of unknown width.
    let declared = Some(shape.len()).filter(|rank| *rank > if has_axis { 0 } else { 2 });
    let rank =
        if has_axis { declared.or(last.rank).filter(|rank| *rank > 2) } else { last.rank.or(declared) };
    let rank = rank.unwrap_or(1);
    let class_axis = rank.checked_sub(last.axis + 1).filter(|_| has_axis);
    let counts = |axis: &usize| Some(*axis) != class_axis && shape.get(*axis) != Some(&Dim::Fixed(1));
    match (1..rank).filter(counts).count() {
        0 if last.pooled => Position::Pooled,
        0 => Position::Whole,
        places => Position::PerPlace(place(flow, places)),
    }
}

/// What places are, as far as the graph tells: those of a map have two axes, and a text comes as whole numbers.
fn place(flow: &Flow<'_>, axes: usize) -> Place {
    let is_text = |input: &Value| {
        WHOLE.contains(&input.elem_type) && input.shape.as_ref().is_none_or(|it| it.len() == 2)
    };
    match axes {
        1 if flow.graph().inputs.iter().any(is_text) => Place::Token,
        1 => Place::Position,
        _ => Place::Pixel,
    }
}

/// ONNX element types of whole numbers, as which texts come.
const WHOLE: [i32; 2] = [6, 7];

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
