//! Shapes as operands: entries that are the class count.

use super::{
    super::Site,
    follower::Follower,
    problem::{Lost, Obstacle, Problem},
    target::{Entry, pieces},
};
use crate::net::ops::List;

/// Notes the entry of a constant shape, at an operand, that is the class count.
pub(super) fn note_extent(
    follower: &mut Follower<'_, '_>,
    node: usize,
    input: usize,
    axis: usize,
) -> Result<(), Problem> {
    let is_count = |value: &i64| usize::try_from(*value) == Ok(follower.classes);
    if let Some(target) = follower.integers(node, input)? {
        let position = target.len().checked_sub(axis + 1);
        if let Some(position) = position.filter(|position| is_count(&target[*position])) {
            follower.sites.push(Site::Extent { node, input, position });
        }
        return Ok(());
    }
    if follower.name(node, input).is_none() {
        return Err(Lost::ShapeInAttribute.into());
    }
    if let Some(((node, input), position, Entry::Number(value))) =
        pieces(follower, node, input).into_iter().nth(axis)
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
