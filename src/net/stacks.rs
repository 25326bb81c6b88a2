//! Values that are stacked along an axis of their own and of which one is picked again, as decoders do with the results
//! of their layers when only those of the last are given out.

use std::collections::HashMap;

use declass_formats::{Artifact, onnx::Node};

use super::{
    attributes::int_attribute,
    evaluate::{axes_of, integers_of},
    flow::Flow,
    ops::{Behind, List, Picking, Rearrangement},
    wiring::ValueId,
};

/// By node, the operand of each stack that is all that anything reads of it.
pub(crate) fn picked_from(artifact: &Artifact, flow: &Flow<'_>) -> HashMap<usize, ValueId> {
    let nodes = 0..flow.graph().nodes.len();
    nodes.filter_map(|node| Some((node, picked(artifact, flow, node)?))).collect()
}

/// The operand of a stack that is all that anything reads of it; `None` if it is no stack, or more is read.
fn picked(artifact: &Artifact, flow: &Flow<'_>, node: usize) -> Option<ValueId> {
    if flow.op(node).list() != List::Joins || flow.evidence(node).len() < 2 {
        return None;
    }
    let onnx = flow.node(node);
    let axis = int_attribute(onnx, "axis", 1);
    let stack = onnx.outputs.first().filter(|name| !flow.is_output(name))?;
    let readers = flow.readers(flow.id(stack)?);
    let first = readers.first().and_then(|reader| entry(artifact, flow, reader.node, stack, axis))?;
    let is_only = readers.iter().all(|reader| entry(artifact, flow, reader.node, stack, axis) == Some(first));
    let at = if first < 0 { first.checked_add_unsigned(onnx.inputs.len() as u64)? } else { first };
    let name = onnx.inputs.get(usize::try_from(at).ok()?)?;
    let is_stack = is_only && onnx.inputs.iter().all(|name| is_one_entry(artifact, flow, name, axis));
    is_stack.then(|| flow.id(name))?
}

/// The one entry of an axis that an operator picks by a constant.
fn entry(artifact: &Artifact, flow: &Flow<'_>, node: usize, stack: &str, axis: i64) -> Option<i64> {
    let onnx: &Node = flow.node(node);
    let picks = flow.op(node).behind() == Ok(Behind::Picked(Picking::AlongAxis));
    let reads = onnx.inputs.iter().position(|name| name == stack) == Some(0);
    if !picks
        || !reads
        || onnx.captures.iter().any(|name| name == stack)
        || int_attribute(onnx, "axis", 0) != axis
    {
        return None;
    }
    match integers_of(artifact, flow, node, 1).ok()??.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether a value has one entry along an axis, since that was put into it right before.
fn is_one_entry(artifact: &Artifact, flow: &Flow<'_>, name: &str, axis: i64) -> bool {
    let Some(node) = flow.id(name).and_then(|value| flow.producer(value)) else { return false };
    let inserts = flow.op(node).behind() == Ok(Behind::Rearranged(Rearrangement::Inserted));
    inserts && matches!(axes_of(artifact, flow, node), Ok(Some(axes)) if axes == [axis])
}
