//! Shapes as operands: entries that are the class count.

use declass_formats::onnx::Dim;

use super::{
    super::Site,
    class_axis::is_class,
    follower::Follower,
    problem::{Lost, Obstacle, Problem},
};
use crate::net::{
    ints_attribute,
    ops::{List, Nature, View},
};

/// Notes the entry of a constant shape that is the class count.
pub(super) fn note_extent(follower: &mut Follower<'_, '_>, node: usize, axis: usize) -> Result<(), Problem> {
    let is_count = |value: &i64| usize::try_from(*value) == Ok(follower.classes);
    if let Some(target) = follower.integers(node, 1)? {
        let position = target.len().checked_sub(axis + 1);
        if let Some(position) = position.filter(|position| is_count(&target[*position])) {
            follower.sites.push(Site::Extent { node, input: 1, position });
        }
        return Ok(());
    }
    if follower.name(node, 1).is_none() {
        return Err(Lost::ShapeInAttribute.into());
    }
    if let Some(((node, input), position, Entry::Number(value))) =
        pieces(follower, node).into_iter().nth(axis)
        && is_count(&value)
    {
        if serves_others(follower, node) {
            follower.obstacle.get_or_insert(Obstacle::SharedShape);
        }
        follower.sites.push(Site::Extent { node, input, position });
    }
    Ok(())
}

/// Whether a concatenated shape is also that of values that do not come from the head.
fn serves_others(follower: &Follower<'_, '_>, concat: usize) -> bool {
    let flow = follower.flow;
    let mut pending = vec![concat];
    while let Some(node) = pending.pop() {
        let results = flow.node(node).outputs.iter();
        for reader in results.filter_map(|name| flow.id(name)).flat_map(|value| flow.readers(value)) {
            if flow.op(reader.node).list() == List::Passes {
                pending.push(reader.node);
            } else if follower.operand(reader.node, 0).is_none() {
                return true;
            }
        }
    }
    false
}

/// The node that puts a shape operand together, seen through casts.
fn concatenation(follower: &Follower<'_, '_>, node: usize) -> Option<usize> {
    let mut name = follower.name(node, 1)?;
    loop {
        let maker = follower.flow.producer(follower.flow.id(name)?)?;
        match follower.flow.op(maker).list() {
            List::Joins => return Some(maker),
            List::Other => return None,
            List::Passes => name = follower.flow.node(maker).inputs.first()?,
        }
    }
}

/// An entry of a shape that is put together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Entry {
    /// The extent of a class axis, read from a value at run time.
    Classes,
    /// The first extent of a value, read at run time: the samples.
    First,
    /// A constant.
    Number(i64),
    /// Known only at run time.
    Unknown,
}

/// The entries of a target shape from the last one on. Empty if nothing is known.
pub(super) fn target_from_right(follower: &Follower<'_, '_>, node: usize) -> Vec<Entry> {
    if let Ok(Some(target)) = follower.integers(node, 1) {
        return target.into_iter().rev().map(Entry::Number).collect();
    }
    if let Some(shape) = ints_attribute(follower.flow.node(node), "shape") {
        return shape.iter().rev().copied().map(Entry::Number).collect();
    }
    pieces(follower, node).into_iter().map(|(_, _, entry)| entry).collect()
}

/// The entries of a shape that is put together at run time, from the last one on: the node and operand
/// they enter at, and what is known of them.
fn pieces(follower: &Follower<'_, '_>, node: usize) -> Vec<((usize, usize), usize, Entry)> {
    let Some(concat) = concatenation(follower, node) else {
        return Vec::new();
    };
    let mut entries = Vec::new();
    for input in (0..follower.flow.node(concat).inputs.len()).rev() {
        match follower.integers(concat, input) {
            Ok(Some(values)) => {
                let values = values.into_iter().enumerate().rev();
                entries.extend(values.map(|(at, value)| ((concat, input), at, Entry::Number(value))));
            }
            _ => entries.push(((concat, input), 0, read(follower, concat, input).unwrap_or(Entry::Unknown))),
        }
    }
    entries
}

/// What an entry is that is picked from the shape of a value.
fn read(follower: &Follower<'_, '_>, concat: usize, input: usize) -> Option<Entry> {
    let flow = follower.flow;
    let mut node = flow.producer(flow.id(follower.name(concat, input)?)?)?;
    // An entry is made a list of one, or another type.
    for _ in 0..MOST_STEPS {
        let passes =
            matches!(flow.op(node).named()?.view, Some(View::Reshaped { .. } | View::Retyped | View::Same));
        if !passes {
            break;
        }
        node = flow.producer(flow.id(follower.name(node, 0)?)?)?;
    }
    if flow.op(node).nature() != Nature::LooksUp {
        return None;
    }
    let index = follower.integers(node, 1).ok()??;
    let shape = flow.producer(flow.id(follower.name(node, 0)?)?)?;
    let whole = flow.op(shape).is_shape() && flow.node(shape).attributes.is_empty();
    let [index] = index.as_slice() else { return None };
    let value = flow.id(follower.name(shape, 0).filter(|_| whole)?)?;
    match follower.tracked.get(&value) {
        Some(tracked) if tracked.stage.has_classes() && is_class(*index, tracked).ok()? => {
            Some(Entry::Classes)
        }
        // Of another value the first axis may count anything.
        Some(_) if *index == 0 => Some(Entry::First),
        _ => None,
    }
}

/// Views between an entry of a shape and the list that it enters.
const MOST_STEPS: usize = 8;

pub(super) fn known(dim: &Dim) -> Option<i64> {
    match dim {
        Dim::Fixed(extent) => Some(*extent),
        Dim::Symbolic(_) => None,
    }
}

pub(super) fn is_fixed(dim: &Dim, classes: usize) -> bool {
    known(dim).is_some_and(|extent| usize::try_from(extent) == Ok(classes))
}
