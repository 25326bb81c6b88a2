//! Lists of the classes in a graph: texts, and the indices beside them.

use std::collections::BTreeSet;

use declass_formats::{
    NewTensor, TensorInfo,
    onnx::{Attribute, Graph, GraphEdit},
};

use super::{place::Placement, rows};
use crate::{
    cut::{Cut, Operand},
    error::Error,
};

/// Takes the texts of the forgotten classes out of each of these tensors.
pub(super) fn shorten(placement: &mut Placement<'_>, tensors: &BTreeSet<&str>) -> Result<(), Error> {
    for name in tensors {
        let unwritable = || Error::Unwritable {
            tensor: (*name).to_owned(),
            reason: "it does not hold one text per class".to_owned(),
        };
        let texts = placement.artifact.read_strings(name)?.ok_or_else(unwritable)?;
        if texts.len() != placement.classes {
            return Err(unwritable());
        }
        let old = &placement.artifact.tensor(name)?.shape;
        let shape =
            old.iter().map(|extent| if *extent == placement.classes { placement.left() } else { *extent });
        let edit = GraphEdit::SetStrings {
            tensor: (*name).to_owned(),
            shape: shape.collect(),
            values: placement.kept(&texts),
        };
        placement.edits.graph.push(edit);
    }
    Ok(())
}

/// Shortens a list of the indices of all classes: the indices of those that stay are the first ones.
pub(super) fn shorten_counting(placement: &mut Placement<'_>, name: &str) -> Result<(), Error> {
    let TensorInfo { dtype, shape } = placement.artifact.tensor(name)?.clone();
    let mut data = placement.artifact.read_tensor(name)?;
    data.truncate(placement.left() * dtype.bits() / 8);
    let extent = |extent: usize| if extent == placement.classes { placement.left() } else { extent };
    let info = TensorInfo { dtype, shape: shape.into_iter().map(extent).collect() };
    placement.edits.tensors.insert(name.to_owned(), NewTensor { info, data });
    Ok(())
}

/// Shortens a table of a number per class: numbers that count the classes go on counting, others are names, and stay
/// with their classes.
pub(super) fn shorten_numbers(
    placement: &mut Placement<'_>,
    operand: &Operand,
    cut: &Cut,
) -> Result<(), Error> {
    let tensor = rows::integers(placement.artifact, &placement.reader, operand)?;
    let values = tensor.info.dtype.decode_i64(&tensor.data).unwrap_or_default();
    let last: BTreeSet<usize> = (placement.left()..placement.classes).collect();
    let gone = if cut.is_counted(&values) { &last } else { placement.forgotten };
    let shorter = rows::remove(&tensor, operand, placement.classes, gone)?;
    placement.place(operand, shorter);
    Ok(())
}

/// The same of a list in an attribute.
pub(super) fn shorten_counting_attribute(
    placement: &mut Placement<'_>,
    graph: &Graph,
    node: usize,
    name: &str,
) {
    if let Some(Attribute::Ints(list)) = graph.nodes.get(node).and_then(|node| node.attributes.get(name)) {
        let value = Attribute::Ints(list.iter().copied().take(placement.left()).collect());
        placement.edits.graph.push(GraphEdit::SetAttribute { node, name: name.to_owned(), value });
    }
}
