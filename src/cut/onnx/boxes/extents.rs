//! How many entries values have along an axis, as far as the graph alone tells.

use declass_formats::onnx::Dim;

use super::super::{
    axes::sliced_axes,
    follower::Follower,
    part,
    target::{Entry, target_from_right},
};
use crate::net::{
    ValueId, int_attribute, integers_of, ints_attribute,
    ops::{Behind, Kernel, List, Picking, Rearrangement},
    permutation, stored_info,
};

/// Operators that are walked over, so that a graph that joins values over and over cannot ask for much time.
const MOST_STEPS: usize = 256;

/// The extent of a value at an axis counted from the last one; `None` where it depends on the input, or cannot be
/// told.
pub(super) fn extent(follower: &Follower<'_, '_>, value: ValueId, axis: usize) -> Option<usize> {
    Extents { follower, steps: MOST_STEPS }.of(value, axis)
}

struct Extents<'x, 'f, 'a> {
    follower: &'x Follower<'f, 'a>,
    steps: usize,
}

impl Extents<'_, '_, '_> {
    fn of(&mut self, value: ValueId, axis: usize) -> Option<usize> {
        self.steps = self.steps.checked_sub(1)?;
        let flow = self.follower.flow;
        let name = flow.name(value);
        if let Some(info) = stored_info(self.follower.artifact, name) {
            // Beside what has more axes a constant counts as one entry.
            return Some(info.shape.iter().rev().nth(axis).copied().unwrap_or(1));
        }
        let node = flow.producer(value);
        node.and_then(|node| self.made(node, value, axis)).or_else(|| self.declared(name, axis))
    }

    fn declared(&self, name: &str, axis: usize) -> Option<usize> {
        match self.follower.flow.declared(name)?.iter().rev().nth(axis)? {
            Dim::Fixed(extent) => usize::try_from(*extent).ok(),
            Dim::Symbolic(_) => None,
        }
    }

    /// The extent of a result of an operator.
    fn made(&mut self, node: usize, value: ValueId, axis: usize) -> Option<usize> {
        let flow = self.follower.flow;
        let onnx = flow.node(node);
        let operator = flow.op(node).known().ok()?;
        if operator.list == List::Joins {
            return self.joined(node, axis);
        }
        if flow.weight_operand(node).is_some() {
            let rank = self.follower.rank(value)?;
            let results = part::extent(self.follower.artifact, flow, node)?;
            let own = if results.is_last_axis { 0 } else { rank.checked_sub(2)? };
            return (axis == own).then_some(results.width);
        }
        let first = flow.id(onnx.inputs.first()?)?;
        match operator.behind {
            Behind::Link(_)
            | Behind::Mapped(_)
            | Behind::Retyped
            | Behind::Same
            | Behind::SameUnlessTraining => self.of(first, axis),
            Behind::Combined(_) => self.met(node, axis),
            _ if matches!(operator.kernel, Kernel::Arithmetic(_)) => self.met(node, axis),
            Behind::Picked(Picking::Ranges) => self.picked(node, axis),
            Behind::Parted => {
                let at = onnx.outputs.iter().position(|name| flow.id(name) == Some(value))?;
                let follower = self.follower;
                sizes(follower, node, axis, || self.of(first, axis))?.get(at).copied()
            }
            Behind::Rearranged(Rearrangement::Reshaped) => {
                match target_from_right(self.follower, node, 1).get(axis)? {
                    Entry::Number(extent @ 1..) => usize::try_from(*extent).ok(),
                    _ => None,
                }
            }
            Behind::Rearranged(Rearrangement::Permuted) => {
                let rank = self.follower.rank(value)?;
                let axes = permutation(onnx, rank).ok()?;
                let source = *axes.get(rank.checked_sub(axis + 1)?)?;
                self.of(first, rank.checked_sub(source + 1)?)
            }
            _ => None,
        }
    }

    /// What ranges of entries leave of an axis.
    fn picked(&mut self, node: usize, axis: usize) -> Option<usize> {
        let flow = self.follower.flow;
        let data = flow.id(flow.node(node).inputs.first()?)?;
        let rank = i64::try_from(self.follower.rank(data)?).ok()?;
        let mut left = i64::try_from(self.of(data, axis)?).ok()?;
        let own = rank.checked_sub(i64::try_from(axis).ok()? + 1)?;
        let list = |name: &str, input: usize| match ints_attribute(flow.node(node), name) {
            Some(list) => Some(list.to_vec()),
            None => self.follower.integers(node, input).ok()?,
        };
        for (at, along) in sliced_axes(self.follower, node).ok()?.into_iter().enumerate() {
            if along != own && along != own - rank {
                continue;
            }
            let is_plain = self.follower.name(node, 4).is_none() || list("steps", 4)?.get(at) == Some(&1);
            let extent = left;
            let bound =
                |entry: i64| if entry < 0 { entry.saturating_add(extent) } else { entry }.clamp(0, extent);
            let (from, to) = (bound(*list("starts", 1)?.get(at)?), bound(*list("ends", 2)?.get(at)?));
            left = is_plain.then(|| (to - from).max(0))?;
        }
        usize::try_from(left).ok()
    }

    fn joined(&mut self, node: usize, axis: usize) -> Option<usize> {
        let flow = self.follower.flow;
        let onnx = flow.node(node);
        let operands: Vec<ValueId> = onnx.inputs.iter().map(|name| flow.id(name)).collect::<Option<_>>()?;
        let rank = self.follower.rank(*operands.first()?)?;
        let along = int_attribute(onnx, "axis", 1);
        let along = if along < 0 { along.checked_add_unsigned(rank as u64)? } else { along };
        let along = rank.checked_sub(usize::try_from(along).ok()?.checked_add(1)?)?;
        if along == axis {
            return operands.into_iter().try_fold(0_usize, |sum, it| sum.checked_add(self.of(it, axis)?));
        }
        operands.into_iter().find_map(|operand| self.of(operand, axis))
    }

    /// Of values that are put together element by element one of several entries tells; one of a single entry only
    /// if all have one.
    fn met(&mut self, node: usize, axis: usize) -> Option<usize> {
        let flow = self.follower.flow;
        let mut all_single = true;
        for name in &flow.node(node).inputs {
            match self.of(flow.id(name)?, axis) {
                Some(1) => {}
                Some(extent) => return Some(extent),
                None => all_single = false,
            }
        }
        all_single.then_some(1)
    }
}

/// The extents of the parts into which an operator cuts its operand along an axis; `None` if it is another axis, or
/// they cannot be told. `whole` gives the operand's.
pub(super) fn sizes(
    follower: &Follower<'_, '_>,
    node: usize,
    axis: usize,
    whole: impl FnOnce() -> Option<usize>,
) -> Option<Vec<usize>> {
    let flow = follower.flow;
    let onnx = flow.node(node);
    let rank = follower.rank(flow.id(onnx.inputs.first()?)?)?;
    let along = int_attribute(onnx, "axis", 0);
    let along = if along < 0 { along.checked_add_unsigned(rank as u64)? } else { along };
    if rank.checked_sub(usize::try_from(along).ok()?.checked_add(1)?)? != axis {
        return None;
    }
    let stated = match ints_attribute(onnx, "split") {
        Some(stated) => Some(stated.to_vec()),
        None if follower.name(node, 1).is_some() => {
            Some(integers_of(follower.artifact, flow, node, 1).ok()??)
        }
        None => None,
    };
    if let Some(stated) = stated {
        return stated.into_iter().map(|size| usize::try_from(size).ok()).collect();
    }
    // Equal parts, the last of which may be smaller.
    let parts = onnx.outputs.len();
    let whole = whole()?;
    let size = whole.div_ceil(parts);
    Some((0..parts).map(|at| size.min(whole.saturating_sub(at * size))).collect())
}
