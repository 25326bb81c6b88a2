//! Operators that move or drop axes: where the class axis goes.

use declass_formats::onnx::Dim;

use super::{
    extents,
    follower::Follower,
    problem::{Lost, Malformed, Meaning, Problem},
    stage::{Places, Tracked},
};
use crate::net::{
    Flow, axes_of, int_attribute, ints_attribute,
    ops::{Picking, Rearrangement},
    permutation,
};

/// Whether an axis of an operator is the class axis.
pub(super) fn is_class(axis: i64, tracked: &Tracked) -> Result<bool, Problem> {
    let own = i64::try_from(tracked.axis).map_err(|_| Malformed::Axes)?;
    match (axis, tracked.rank.and_then(|rank| i64::try_from(rank).ok())) {
        (..0, _) => Ok(-(axis + 1) == own),
        (_, Some(rank)) => Ok(rank - 1 - axis == own),
        // The first axis of whatever has a class axis and a batch.
        (0, None) => Ok(false),
        (_, None) => Err(Lost::Axis(axis).into()),
    }
}

/// Whether the declared shape says that everything behind the class axis has extent 1.
pub(super) fn declared_unit_tail(flow: &Flow<'_>, name: &str, axis: usize) -> bool {
    let Some(shape) = flow.declared(name) else {
        return false;
    };
    shape.len() > axis && shape.iter().rev().take(axis).all(|dim| *dim == Dim::Fixed(1))
}

/// The same elements in another shape or order.
pub(super) fn rearrange(
    follower: &mut Follower<'_, '_>,
    node: usize,
    rearrangement: Rearrangement,
) -> Result<Tracked, Problem> {
    use Rearrangement::{Dropped, Flattened, Inserted, Permuted, Repeated, Reshaped};
    let tracked = follower.data(node)?;
    if !tracked.stage.has_classes() {
        if matches!(rearrangement, Repeated | Reshaped) {
            // The one number per sample may be spread over the classes again.
            extents::note_extent(follower, node, tracked.axis)?;
        }
        return Ok(tracked);
    }
    match rearrangement {
        Dropped => squeeze(follower, node, tracked),
        Flattened => flatten(follower, node, tracked),
        Inserted => unsqueeze(follower, node, tracked),
        Permuted => transpose(follower, node, tracked),
        Repeated => {
            extents::note_extent(follower, node, tracked.axis)?;
            Ok(tracked)
        }
        Reshaped => reshape(follower, node, tracked),
    }
}

/// Samples or tokens may be picked, but not classes.
pub(super) fn pick(follower: &Follower<'_, '_>, node: usize, picking: Picking) -> Result<Tracked, Problem> {
    let onnx = follower.flow.node(node);
    let tracked = follower.data(node)?;
    match picking {
        Picking::AlongAxis if is_class(int_attribute(onnx, "axis", 0), &tracked)? => {
            Err(Meaning::PicksClasses.into())
        }
        // An index of unknown rank puts its own axes in the place of one: only the last axis surely stays
        // where it is.
        Picking::AlongAxis if tracked.axis == 0 => Ok(Tracked { rank: None, ..tracked }),
        Picking::ByIndices if tracked.axis == 0 && class_axis_is_declared(follower, node) => {
            Ok(Tracked { rank: None, ..tracked })
        }
        Picking::AlongAxis | Picking::ByIndices => Err(Meaning::PicksClasses.into()),
        Picking::Ranges => {
            for axis in sliced_axes(follower, node)? {
                if is_class(axis, &tracked)? {
                    return Err(Meaning::PicksClasses.into());
                }
            }
            Ok(tracked)
        }
    }
}

/// An attribute in old operator sets, the fourth operand in new ones.
fn sliced_axes(follower: &Follower<'_, '_>, node: usize) -> Result<Vec<i64>, Problem> {
    let axes = match ints_attribute(follower.flow.node(node), "axes") {
        Some(axes) => Some(axes.to_vec()),
        None => follower.integers(node, 3)?,
    };
    Ok(axes.ok_or(Lost::SlicedAxes)?)
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

fn flatten(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, Problem> {
    let axis = int_attribute(follower.flow.node(node), "axis", 1);
    let declared = result_shape(follower, node).and_then(<[_]>::last);
    let certain = declared.is_some_and(|dim| extents::is_fixed(dim, follower.classes));
    // With nothing behind the class axis, two axes that part right before it are the samples and the classes.
    let from_class = tracked.is_one_place() && is_class(axis, &tracked).unwrap_or(false);
    if certain || from_class {
        return Ok(Tracked { axis: 0, rank: Some(2), places: Places::One, ..tracked });
    }
    Err(Lost::Merged.into())
}

fn reshape(follower: &mut Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, Problem> {
    let classes = i64::try_from(follower.classes).map_err(|_| Lost::Unclear)?;
    let target = match extents::target_from_right(follower, node) {
        target if target.is_empty() => {
            let declared = result_shape(follower, node).ok_or(Lost::Unclear)?;
            declared.iter().rev().map(extents::known).collect()
        }
        target => target,
    };
    // The last axis that is wider than 1 has to be that of the classes, by one of four signs.
    let axis = target.iter().position(|extent| *extent != Some(1)).ok_or(Lost::Unclear)?;
    let declared = result_shape(follower, node)
        .and_then(|shape| shape.get(shape.len().checked_sub(axis + 1)?))
        .is_some_and(|dim| extents::is_fixed(dim, follower.classes));
    let copied = target[axis] == Some(0) && tracked.axis == axis;
    let rest = matches!(target[axis], Some(-1) | None) && tracked.is_one_place();
    if target[axis] != Some(classes) && !declared && !rest && !copied {
        return Err(Lost::Unclear.into());
    }
    extents::note_extent(follower, node, axis)?;
    Ok(Tracked { axis, rank: None, places: Places::One, ..tracked })
}

fn squeeze(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, Problem> {
    let Some(axes) = axes_of(follower.artifact, follower.flow, node)? else {
        let known = tracked.is_one_place() || tracked.axis == 0;
        return if known {
            Ok(Tracked { axis: 0, rank: None, ..tracked })
        } else {
            Err(Lost::DroppedExtents.into())
        };
    };
    let mut behind = 0;
    for axis in &axes {
        behind += usize::from(is_behind(*axis, &tracked)?);
    }
    let rank = tracked.rank.and_then(|rank| rank.checked_sub(axes.len()));
    Ok(Tracked { axis: tracked.axis.saturating_sub(behind), rank, ..tracked })
}

fn unsqueeze(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, Problem> {
    let axes = axes_of(follower.artifact, follower.flow, node)?.ok_or(Malformed::NoAxes)?;
    let rank = tracked.rank.map(|rank| rank + axes.len());
    let mut added = Vec::new();
    for axis in axes {
        let from_right = match (usize::try_from(axis), rank) {
            (Err(_), _) => usize::try_from(-(axis + 1)).ok(),
            (Ok(axis), Some(rank)) => rank.checked_sub(axis + 1),
            (Ok(_), None) => None,
        };
        added.push(from_right.ok_or(Lost::AddedAxis)?);
    }
    // The class axis is the one with `tracked.axis` old axes behind it.
    let mut old = (0..=tracked.axis + added.len()).filter(|axis| !added.contains(axis));
    let axis = old.nth(tracked.axis).ok_or(Malformed::Axes)?;
    Ok(Tracked { axis, rank, ..tracked })
}

fn transpose(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, Problem> {
    let onnx = follower.flow.node(node);
    let stated = ints_attribute(onnx, "perm").map(<[_]>::len).or(tracked.rank);
    let rank = stated.ok_or(Lost::Reversed)?;
    let axes = permutation(onnx, rank)?;
    let source = rank.checked_sub(tracked.axis + 1).ok_or(Malformed::Axes)?;
    let place = axes.iter().position(|axis| *axis == source).ok_or(Malformed::Axes)?;
    let axis = rank - 1 - place;
    // What moved behind the class axis may be samples as well as pixels.
    let places = if axis == 0 { Places::One } else { Places::Several };
    Ok(Tracked { axis, rank: Some(rank), places, ..tracked })
}

/// Whether an axis lies behind the class axis; to squeeze that itself is impossible.
fn is_behind(axis: i64, tracked: &Tracked) -> Result<bool, Problem> {
    if tracked.axis == 0 {
        return Ok(false);
    }
    let from_right = match (usize::try_from(axis), tracked.rank) {
        (Err(_), _) => usize::try_from(-(axis + 1)).ok(),
        (Ok(axis), Some(rank)) => rank.checked_sub(axis + 1),
        (Ok(_), None) => None,
    };
    Ok(from_right.ok_or(Lost::DroppedAxis)? < tracked.axis)
}
