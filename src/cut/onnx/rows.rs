//! Which values have as many entries along their first axis as others: one for each sample.

use super::follower::Follower;
use crate::net::{
    ValueId, axes_of, int_attribute,
    ops::{Behind, Rearrangement},
};

/// Operators that are walked over.
const MOST_STEPS: usize = 256;

/// Whether two values have the same first extent, whatever the input, as far as the operators between them tell.
pub(super) fn same(follower: &Follower<'_, '_>, left: ValueId, right: ValueId) -> bool {
    source(follower, left) == source(follower, right)
}

/// The farthest value before this one that surely has the same first extent.
fn source(follower: &Follower<'_, '_>, value: ValueId) -> ValueId {
    let mut value = value;
    for _ in 0..MOST_STEPS {
        match before(follower, value) {
            Some(earlier) => value = earlier,
            None => break,
        }
    }
    value
}

/// The operand of the operator that makes a value, if it has the same first extent.
fn before(follower: &Follower<'_, '_>, value: ValueId) -> Option<ValueId> {
    use Rearrangement::{Dropped, Flattened, Inserted};
    let flow = follower.flow;
    let node = flow.producer(value)?;
    let onnx = flow.node(node);
    if onnx.outputs.first().and_then(|name| flow.id(name)) != Some(value) {
        return None;
    }
    let data = flow.id(follower.name(node, 0)?)?;
    let keeps = match flow.op(node).behind().ok()? {
        Behind::AffinePerClass
        | Behind::Dequantised
        | Behind::Labelled
        | Behind::Link(_)
        | Behind::Mapped(_)
        | Behind::Pooled(_)
        | Behind::Quantised
        | Behind::Renormalised(_)
        | Behind::Retyped
        | Behind::Same
        | Behind::SameUnlessTraining => true,
        Behind::Combined(_) => return met(follower, node, value),
        Behind::Rearranged(Flattened) => int_attribute(onnx, "axis", 1) == 1,
        Behind::Rearranged(Dropped | Inserted) => {
            let axes = axes_of(follower.artifact, flow, node).ok().flatten()?;
            axes.iter().all(|axis| *axis > 0)
        }
        _ => is_plain_product(follower, node, value),
    };
    keeps.then_some(data)
}

/// Of two operands the one with all axes of the result, where the other is a constant with fewer.
fn met(follower: &Follower<'_, '_>, node: usize, value: ValueId) -> Option<ValueId> {
    let flow = follower.flow;
    let [first, second] = flow.node(node).inputs.as_slice() else { return None };
    let (data, constant) = if flow.is_static(second) { (first, second) } else { (second, first) };
    let rank = |name: &str| flow.id(name).and_then(|value| follower.rank(value));
    let fewer = rank(constant)? < follower.rank(value)?;
    (flow.is_static(constant) && fewer).then(|| flow.id(data)).flatten()
}

/// Whether a linear operator reads vectors along the last axis, or the second one, and leaves the first as it is.
fn is_plain_product(follower: &Follower<'_, '_>, node: usize, value: ValueId) -> bool {
    let onnx = follower.flow.node(node);
    let turns = ["equation", "transA"].iter().any(|name| onnx.attributes.contains_key(*name));
    let is_after = follower.flow.weight_operand(node) == Some(1);
    is_after && !turns && follower.rank(value).is_some_and(|rank| rank >= 2)
}
