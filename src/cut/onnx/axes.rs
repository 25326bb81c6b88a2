//! Operators that move or drop axes: where the class axis goes.

use declass_formats::onnx::Dim;

use super::{extents, follower::Follower, stage::Tracked};
use crate::net::{Flow, axes_of, int_attribute, permutation};

/// Whether an axis of an operator is the class axis.
pub(super) fn is_class(axis: i64, tracked: &Tracked) -> Result<bool, String> {
    let own = i64::try_from(tracked.axis).map_err(|_| "has too many axes")?;
    match (axis, tracked.rank.and_then(|rank| i64::try_from(rank).ok())) {
        (..0, _) => Ok(-(axis + 1) == own),
        (_, Some(rank)) => Ok(rank - 1 - axis == own),
        // The first axis of whatever has a class axis and a batch.
        (0, None) => Ok(false),
        (_, None) => Err(format!("works on axis {axis} of a value whose rank is not known")),
    }
}

/// Whether the declared shape says that everything behind the class axis has extent 1.
pub(super) fn declared_unit_tail(flow: &Flow<'_>, name: &str, axis: usize) -> bool {
    let Some(shape) = flow.declared(name) else {
        return false;
    };
    shape.len() > axis && shape.iter().rev().take(axis).all(|dim| *dim == Dim::Fixed(1))
}

/// Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Expand.
pub(super) fn rearrange(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    let tracked = follower.data(node)?;
    let op = follower.flow.node(node).op_type.as_str();
    let is_shape = matches!(op, "Expand" | "Reshape");
    if !tracked.stage.has_classes() {
        if is_shape {
            // The one number per sample may be spread over the classes again.
            extents::note_extent(follower, node, tracked.axis)?;
        }
        return Ok(tracked);
    }
    match op {
        "Expand" => {
            extents::note_extent(follower, node, tracked.axis)?;
            Ok(tracked)
        }
        "Flatten" => flatten(follower, node, tracked),
        "Reshape" => reshape(follower, node, tracked),
        "Squeeze" => squeeze(follower, node, tracked),
        "Transpose" => transpose(follower, node, tracked),
        _ => unsqueeze(follower, node, tracked),
    }
}

/// Gather, GatherND and Slice may pick samples or tokens, but not classes.
pub(super) fn pick(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    let onnx = follower.flow.node(node);
    let tracked = follower.data(node)?;
    let picks_classes = || Err("picks among the classes".to_owned());
    match onnx.op_type.as_str() {
        "Gather" if is_class(int_attribute(onnx, "axis", 0), &tracked)? => picks_classes(),
        "Gather" if tracked.axis == 0 => Ok(Tracked { rank: None, ..tracked }),
        "GatherND" if tracked.axis == 0 && class_axis_is_declared(follower, node) => {
            Ok(Tracked { rank: None, ..tracked })
        }
        "Slice" => {
            let axes = match onnx.attributes.get("axes") {
                Some(_) => axes_of(follower.artifact, follower.flow, node)?,
                None => follower.integers(node, 3)?,
            };
            let axes = axes.ok_or("slices along axes that are not constant")?;
            for axis in axes {
                if is_class(axis, &tracked)? {
                    return picks_classes();
                }
            }
            Ok(tracked)
        }
        _ => picks_classes(),
    }
}

/// The result must not declare another last extent than the classes.
fn class_axis_is_declared(follower: &Follower<'_, '_>, node: usize) -> bool {
    match result_shape(follower, node).and_then(<[_]>::last) {
        Some(Dim::Fixed(extent)) => usize::try_from(*extent) == Ok(follower.classes),
        _ => true,
    }
}

fn result_shape<'a>(follower: &Follower<'_, 'a>, node: usize) -> Option<&'a [Dim]> {
    follower.flow.declared(follower.flow.node(node).outputs.first()?)
}

fn flatten(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, String> {
    let axis = int_attribute(follower.flow.node(node), "axis", 1);
    let declared = result_shape(follower, node).and_then(<[_]>::last);
    let certain = declared.is_some_and(|dim| extents::is_fixed(dim, follower.classes));
    let from_class = tracked.unit_tail && is_class(axis, &tracked).unwrap_or(false);
    if certain || from_class {
        return Ok(Tracked { axis: 0, rank: Some(2), unit_tail: true, ..tracked });
    }
    Err("merges the class axis with others".into())
}

fn reshape(follower: &mut Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, String> {
    let unclear = "leaves the class axis unclear";
    let classes = i64::try_from(follower.classes).map_err(|_| unclear)?;
    let target = match extents::target_from_right(follower, node) {
        target if target.is_empty() => {
            result_shape(follower, node).ok_or(unclear)?.iter().rev().map(extents::known).collect()
        }
        target => target,
    };
    let axis = target.iter().position(|extent| *extent != Some(1)).ok_or(unclear)?;
    let declared = result_shape(follower, node)
        .and_then(|shape| shape.get(shape.len().checked_sub(axis + 1)?))
        .is_some_and(|dim| extents::is_fixed(dim, follower.classes));
    let copied = target[axis] == Some(0) && tracked.axis == axis;
    let rest = matches!(target[axis], Some(-1) | None) && tracked.unit_tail;
    if target[axis] != Some(classes) && !declared && !rest && !copied {
        return Err(unclear.into());
    }
    extents::note_extent(follower, node, axis)?;
    Ok(Tracked { axis, rank: None, unit_tail: true, ..tracked })
}

fn squeeze(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, String> {
    let Some(axes) = axes_of(follower.artifact, follower.flow, node)? else {
        let known = tracked.unit_tail || tracked.axis == 0;
        return if known {
            Ok(Tracked { axis: 0, rank: None, ..tracked })
        } else {
            Err("drops axes of unknown extent".into())
        };
    };
    let mut behind = 0;
    for axis in &axes {
        behind += usize::from(is_behind(*axis, &tracked)?);
    }
    let rank = tracked.rank.and_then(|rank| rank.checked_sub(axes.len()));
    Ok(Tracked { axis: tracked.axis.saturating_sub(behind), rank, ..tracked })
}

fn unsqueeze(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, String> {
    let axes = axes_of(follower.artifact, follower.flow, node)?.ok_or("has no axes")?;
    let rank = tracked.rank.map(|rank| rank + axes.len());
    let mut added = Vec::new();
    for axis in axes {
        let from_right = match (usize::try_from(axis), rank) {
            (Err(_), _) => usize::try_from(-(axis + 1)).ok(),
            (Ok(axis), Some(rank)) => rank.checked_sub(axis + 1),
            (Ok(_), None) => None,
        };
        added.push(from_right.ok_or("adds an axis to a value whose rank is not known")?);
    }
    // The class axis is the one with `tracked.axis` old axes behind it.
    let mut old = (0..=tracked.axis + added.len()).filter(|axis| !added.contains(axis));
    let axis = old.nth(tracked.axis).ok_or("has axes that do not fit")?;
    Ok(Tracked { axis, rank, ..tracked })
}

fn transpose(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, String> {
    let onnx = follower.flow.node(node);
    let stated = crate::net::ints_attribute(onnx, "perm").map(<[_]>::len).or(tracked.rank);
    let rank = stated.ok_or("reverses the axes of a value whose rank is not known")?;
    let axes = permutation(onnx, rank)?;
    let source = rank.checked_sub(tracked.axis + 1).ok_or("has axes that do not fit")?;
    let place = axes.iter().position(|axis| *axis == source).ok_or("has axes that do not fit")?;
    let axis = rank - 1 - place;
    Ok(Tracked { axis, rank: Some(rank), unit_tail: axis == 0, ..tracked })
}

/// Whether an axis lies behind the class axis; to squeeze that itself is impossible.
fn is_behind(axis: i64, tracked: &Tracked) -> Result<bool, String> {
    if tracked.axis == 0 {
        return Ok(false);
    }
    let from_right = match (usize::try_from(axis), tracked.rank) {
        (Err(_), _) => usize::try_from(-(axis + 1)).ok(),
        (Ok(axis), Some(rank)) => rank.checked_sub(axis + 1),
        (Ok(_), None) => None,
    };
    from_right
        .map(|axis| axis < tracked.axis)
        .ok_or_else(|| "drops an axis of a value whose rank is not known".into())
}
