//! Target shapes, stored or put together as the graph runs: which of their entries are the classes, and which the
//! samples.

use std::ops::Range;

use declass_formats::onnx::Dim;

use super::{class_axis::is_class, follower::Follower, rows};
use crate::net::{
    ValueId, ints_attribute,
    ops::{Behind, List, Nature, Picking, View},
};

/// Views between an entry of a shape and the list that it enters.
const MOST_STEPS: usize = 8;

/// Entries that are looked at: lists may join others many times over.
const MOST_ENTRIES: usize = 64;

/// An entry of a target shape.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Entry {
    /// The extent of a class axis, read from a value at run time.
    Classes,
    /// The first extent of the value that gets the shape: the samples.
    First,
    /// A constant.
    Number(i64),
    /// An extent that is neither of these for certain, read from a value that comes from the head or from an axis
    /// behind the first one.
    Other,
    /// The first extent of a value before the head: the samples, as far as a declared shape says.
    Rows,
    /// Known only at run time.
    Unknown,
}

/// The entries of a target shape from the last one on. Empty if nothing is known.
pub(super) fn target_from_right(follower: &Follower<'_, '_>, node: usize, input: usize) -> Vec<Entry> {
    let data = follower.name(node, 0).and_then(|name| follower.flow.id(name));
    target_beside(follower, (node, input), data)
}

/// The same, where the samples are the first extent of a value that is named.
pub(super) fn target_beside(
    follower: &Follower<'_, '_>,
    (node, input): (usize, usize),
    data: Option<ValueId>,
) -> Vec<Entry> {
    if let Ok(Some(target)) = follower.integers(node, input) {
        return target.into_iter().rev().map(Entry::Number).collect();
    }
    if let Some(shape) = ints_attribute(follower.flow.node(node), "shape") {
        return shape.iter().rev().copied().map(Entry::Number).collect();
    }
    let pieces = || {
        let pieces = maker(follower, node, input).map(|concat| joined(follower, data, concat, MOST_STEPS));
        pieces.unwrap_or_default().into_iter().map(|(_, _, entry)| entry).collect()
    };
    of_value(follower, (node, input), data).unwrap_or_else(pieces)
}

/// The same of a target that is the whole shape of a value.
fn of_value(
    follower: &Follower<'_, '_>,
    (node, input): (usize, usize),
    data: Option<ValueId>,
) -> Option<Vec<Entry>> {
    let (value, data) = (shaped(follower, maker(follower, node, input)?)?, data?);
    let rank = i64::try_from(follower.rank(value)?).ok()?;
    Some((0..rank).rev().map(|axis| extent(follower, data, value, axis)).collect())
}

/// The node that makes a shape operand, seen through casts.
fn maker(follower: &Follower<'_, '_>, node: usize, input: usize) -> Option<usize> {
    let mut name = follower.name(node, input)?;
    loop {
        let maker = follower.flow.producer(follower.flow.id(name)?)?;
        if follower.flow.op(maker).list() != List::Passes {
            return Some(maker);
        }
        name = follower.flow.node(maker).inputs.first()?;
    }
}

/// The value whose whole shape a node gives.
fn shaped(follower: &Follower<'_, '_>, node: usize) -> Option<ValueId> {
    let whole = follower.flow.op(node).is_shape() && follower.flow.node(node).attributes.is_empty();
    follower.flow.id(follower.name(node, 0).filter(|_| whole)?)
}

/// The entries of a shape that is put together at run time, from the last one on: the node and operand
/// they enter at, and what is known of them.
pub(super) fn pieces(
    follower: &Follower<'_, '_>,
    node: usize,
    input: usize,
) -> Vec<((usize, usize), usize, Entry)> {
    let data = follower.name(node, 0).and_then(|name| follower.flow.id(name));
    maker(follower, node, input).map_or_else(Vec::new, |concat| joined(follower, data, concat, MOST_STEPS))
}

/// The entries of a list that a node joins, of lists that are joined themselves up to a depth.
fn joined(
    follower: &Follower<'_, '_>,
    data: Option<ValueId>,
    concat: usize,
    depth: usize,
) -> Vec<((usize, usize), usize, Entry)> {
    if follower.flow.op(concat).list() != List::Joins {
        return Vec::new();
    }
    let mut entries = Vec::new();
    for input in (0..follower.flow.node(concat).inputs.len()).rev() {
        if entries.len() > MOST_ENTRIES {
            break;
        }
        match follower.integers(concat, input) {
            Ok(Some(values)) => {
                let values = values.into_iter().enumerate().rev();
                entries.extend(values.map(|(at, value)| ((concat, input), at, Entry::Number(value))));
            }
            _ => {
                let inner = depth.checked_sub(1).and_then(|depth| {
                    let inner = maker(follower, concat, input)?;
                    Some(joined(follower, data, inner, depth)).filter(|entries| !entries.is_empty())
                });
                if let Some(inner) = inner {
                    entries.extend(inner);
                    continue;
                }
                let read = data.and_then(|data| read(follower, data, concat, input));
                let read = read.unwrap_or_else(|| vec![Entry::Unknown]).into_iter().rev();
                entries.extend(read.map(|entry| ((concat, input), 0, entry)));
            }
        }
    }
    entries
}

/// What entries are for the value that gets the shape, if they are picked from the shape of a value.
fn read(follower: &Follower<'_, '_>, data: ValueId, concat: usize, input: usize) -> Option<Vec<Entry>> {
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
    let value = shaped(follower, flow.producer(flow.id(follower.name(node, 0)?)?)?)?;
    let picked = picked(follower, node, follower.rank(value))?;
    Some(picked.map(|index| extent(follower, data, value, index)).collect())
}

/// Which entries of a list an operator picks, one after the other; several only of a list whose length is known.
fn picked(follower: &Follower<'_, '_>, node: usize, length: Option<usize>) -> Option<Range<i64>> {
    let constant = |input: usize| match follower.integers(node, input).ok()??.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    if follower.flow.op(node).nature() == Nature::LooksUp {
        return constant(1).and_then(|at| Some(at..at.checked_add(1)?));
    }
    if follower.flow.op(node).behind() != Ok(Behind::Picked(Picking::Ranges)) {
        return None;
    }
    let (start, end) = (constant(1)?, constant(2)?);
    let steps = follower.name(node, 4).is_none() || constant(4) == Some(1);
    // From the last entry to the first one there is nothing.
    if !steps || (start.checked_add(1) == Some(end) && end != 0) {
        return steps.then_some(start..end);
    }
    let length = i64::try_from(length?).ok()?;
    let bound = |at: i64| if at < 0 { at.saturating_add(length) } else { at }.clamp(0, length);
    Some(bound(start)..bound(end)).filter(|range| !range.is_empty())
}

/// What the extent of a value at an axis is for another one, which gets it.
fn extent(follower: &Follower<'_, '_>, data: ValueId, value: ValueId, axis: i64) -> Entry {
    let tracked = follower.tracked.get(&value);
    if let Some(tracked) = tracked.filter(|tracked| tracked.stage.has_classes()) {
        match is_class(axis, tracked) {
            Ok(true) => return Entry::Classes,
            Ok(false) => {}
            Err(_) => return Entry::Unknown,
        }
    }
    let rank = follower.rank(value).and_then(|rank| i64::try_from(rank).ok());
    let from_left = if axis < 0 { rank.map(|rank| axis.saturating_add(rank)) } else { Some(axis) };
    let Some(at) = from_left.and_then(|at| usize::try_from(at).ok()) else { return Entry::Unknown };
    if at == 0 && rows::same(follower, value, data) {
        return Entry::First;
    }
    let declared = follower.flow.declared(follower.flow.name(value)).and_then(|shape| shape.get(at));
    match (at, tracked) {
        // The first extent counts the samples, also where there is always one.
        _ if at > 0 && declared.and_then(known) == Some(1) => Entry::Number(1),
        (0, None) => Entry::Rows,
        _ => Entry::Other,
    }
}

/// The extent of a dimension, where it is a number.
pub(super) fn known(dim: &Dim) -> Option<i64> {
    match dim {
        Dim::Fixed(extent) => Some(*extent),
        Dim::Symbolic(_) => None,
    }
}

/// Whether a dimension is the number of the classes.
pub(super) fn is_fixed(dim: &Dim, classes: usize) -> bool {
    known(dim).is_some_and(|extent| usize::try_from(extent) == Ok(classes))
}

#[cfg(test)]
mod tests;
