//! Operators that move or drop axes: where the class axis goes.

use declass_formats::onnx::Dim;

pub(super) use super::class_axis::is_class;
use super::{
    extents,
    follower::Follower,
    problem::{Lost, Malformed, Meaning, Problem},
    stage::{Places, Stage, Tracked},
    target::{self, Entry, target_from_right},
};
use crate::net::{
    Flow, axes_of, int_attribute, ints_attribute,
    ops::{Picking, Rearrangement},
    permutation,
};

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
    match tracked.stage {
        Stage::Best(_) | Stage::Index { several: true } => return Err(Meaning::SeveralPicks.into()),
        Stage::Index { several: false } => return Ok(Tracked { rank: None, ..tracked }),
        _ if !tracked.stage.has_classes() => return of_a_row(follower, node, rearrangement, tracked),
        _ => {}
    }
    match rearrangement {
        Dropped => squeeze(follower, node, tracked),
        Flattened => flatten(follower, node, tracked),
        Inserted => unsqueeze(follower, node, tracked),
        Permuted => transpose(follower, node, tracked),
        Repeated => {
            extents::note_extent(follower, node, 1, tracked.axis)?;
            let places = if tracked.axis == 0 { tracked.places } else { Places::Several };
            Ok(Tracked { rank: None, places, ..tracked })
        }
        Reshaped => reshape(follower, node, tracked),
    }
}

/// One number per row, which may be spread over the classes again: it has to stay where they stand.
fn of_a_row(
    follower: &mut Follower<'_, '_>,
    node: usize,
    rearrangement: Rearrangement,
    tracked: Tracked,
) -> Result<Tracked, Problem> {
    use Rearrangement::{Dropped, Flattened, Inserted, Permuted, Repeated, Reshaped};
    match (rearrangement, tracked.stands) {
        (Dropped, true) => {
            let axes = axes_of(follower.artifact, follower.flow, node)?.ok_or(Meaning::Unaligned)?;
            match axes.as_slice() {
                [axis] if is_class(*axis, &tracked)? => {
                    let rank = tracked.rank.and_then(|rank| rank.checked_sub(1));
                    Ok(Tracked { stands: false, rank, ..tracked })
                }
                _ => Err(Meaning::Unaligned.into()),
            }
        }
        (Inserted, false) => {
            let axes = axes_of(follower.artifact, follower.flow, node)?.ok_or(Malformed::NoAxes)?;
            let rank = tracked.rank.map(|rank| rank + 1);
            let [axis] = axes.as_slice() else { return Err(Meaning::Unaligned.into()) };
            let there = Tracked { stands: true, rank, ..tracked };
            if is_class(*axis, &there)? { Ok(there) } else { Err(Meaning::Unaligned.into()) }
        }
        (Inserted, true) => unsqueeze(follower, node, tracked),
        (Permuted, true) => transpose(follower, node, tracked),
        (Repeated, true) => {
            extents::note_extent(follower, node, 1, tracked.axis)?;
            Ok(Tracked { rank: None, ..tracked })
        }
        (Reshaped, stands) => {
            let column = target_from_right(follower, node, 1) == [Entry::Number(1), Entry::Number(-1)];
            let rank = if stands { 2 } else { 1 };
            let fits = column && tracked.axis == 0 && tracked.rank == Some(rank);
            if fits {
                Ok(Tracked { stands: true, rank: Some(2), ..tracked })
            } else {
                Err(Meaning::Unaligned.into())
            }
        }
        (Dropped | Flattened | Permuted | Repeated, _) => Err(Meaning::Unaligned.into()),
    }
}

/// Samples or tokens may be picked, but not classes.
pub(super) fn pick(follower: &Follower<'_, '_>, node: usize, picking: Picking) -> Result<Tracked, Problem> {
    let onnx = follower.flow.node(node);
    let tracked = follower.data(node)?;
    if !tracked.stage.has_classes() && !matches!(tracked.stage, Stage::Index { several: false }) {
        return Err(Meaning::WithoutClasses.into());
    }
    if matches!(tracked.stage, Stage::Index { .. }) {
        return Ok(Tracked { rank: None, ..tracked });
    }
    match picking {
        Picking::AlongAxis if is_class(int_attribute(onnx, "axis", 0), &tracked)? => {
            Err(Meaning::PicksClasses.into())
        }
        // An index of unknown rank puts its own axes in the place of one: only the last axis surely stays
        // where it is.
        Picking::AlongAxis if tracked.axis == 0 => Ok(Tracked { rank: None, ..tracked }),
        Picking::ByIndices if tracked.axis == 0 && stops_short(follower, node, &tracked) => {
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
pub(super) fn sliced_axes(follower: &Follower<'_, '_>, node: usize) -> Result<Vec<i64>, Problem> {
    let axes = match ints_attribute(follower.flow.node(node), "axes") {
        Some(axes) => Some(axes.to_vec()),
        None => follower.integers(node, 3)?,
    };
    Ok(axes.ok_or(Lost::SlicedAxes)?)
}

/// Whether so few indices pick that the last axis, that of the classes, is left whole.
fn stops_short(follower: &Follower<'_, '_>, node: usize, tracked: &Tracked) -> bool {
    let batch = usize::try_from(int_attribute(follower.flow.node(node), "batch_dims", 0));
    let picked = follower.name(node, 1).and_then(|name| follower.last_extent(name));
    let (Ok(batch), Some(picked), Some(rank)) = (batch, picked, tracked.rank) else {
        return false;
    };
    batch.checked_add(picked).is_some_and(|axes| axes < rank)
}

fn result_shape<'a>(follower: &Follower<'_, 'a>, node: usize) -> Option<&'a [Dim]> {
    follower.flow.declared(follower.flow.node(node).outputs.first()?)
}

fn flatten(follower: &Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, Problem> {
    let axis = int_attribute(follower.flow.node(node), "axis", 1);
    let declared = result_shape(follower, node).and_then(<[_]>::last);
    let certain = declared.is_some_and(|dim| target::is_fixed(dim, follower.classes));
    let parts = is_class(axis, &tracked);
    let merged = || follower.name(node, 0).is_some_and(|name| merges_single(follower, name, axis, &tracked));
    // With nothing behind the class axis, two axes that part right before it are the samples and the classes; so
    // they are where the second is declared with as many entries as there are classes, and nothing is known that
    // speaks against it.
    let flat = match parts {
        Ok(parts) => parts || (certain && merged()),
        Err(_) => certain,
    };
    if tracked.is_one_place() && flat {
        return Ok(Tracked { axis: 0, rank: Some(2), places: Places::One, ..tracked });
    }
    Err(Lost::Merged.into())
}

/// Whether all axes from this one to that of the classes are declared with extent 1.
fn merges_single(follower: &Follower<'_, '_>, name: &str, axis: i64, tracked: &Tracked) -> bool {
    let Some(shape) = follower.flow.declared(name) else { return false };
    let count = |from: i64| if from < 0 { from.saturating_add_unsigned(shape.len() as u64) } else { from };
    let from = usize::try_from(count(axis)).ok();
    let to = shape.len().checked_sub(tracked.axis + 1);
    let between = from.zip(to).and_then(|(from, to)| shape.get(from..to));
    between.is_some_and(|dims| dims.iter().all(|dim| *dim == Dim::Fixed(1)))
}

fn reshape(follower: &mut Follower<'_, '_>, node: usize, tracked: Tracked) -> Result<Tracked, Problem> {
    // Where pixels lie behind the classes, another shape mixes the two.
    if !tracked.is_one_place() {
        return Err(Lost::Merged.into());
    }
    let classes = i64::try_from(follower.classes).map_err(|_| Lost::Unclear)?;
    let target = match target_from_right(follower, node, 1) {
        target if target.is_empty() => {
            let declared = result_shape(follower, node).ok_or(Lost::Unclear)?;
            declared
                .iter()
                .rev()
                .map(|dim| target::known(dim).map_or(Entry::Unknown, Entry::Number))
                .collect()
        }
        target => target,
    };
    // The last axis that is wider than 1 has to be that of the classes, by one of four signs.
    let axis = target.iter().position(|entry| *entry != Entry::Number(1)).ok_or(Lost::Unclear)?;
    let declared = result_shape(follower, node)
        .and_then(|shape| shape.get(shape.len().checked_sub(axis + 1)?))
        .is_some_and(|dim| target::is_fixed(dim, follower.classes));
    let is_rest = target[axis] == Entry::Number(-1) && are_samples(&target[axis + 1..], &tracked);
    let stays = match target[axis] {
        // A number of samples that the input does not fix is that of some inputs alone.
        Entry::Classes => rows_fit(follower, &target),
        Entry::Number(0) => tracked.axis == axis && tracked.rank == Some(target.len()),
        Entry::Number(extent) => extent == classes,
        Entry::First | Entry::Other | Entry::Rows | Entry::Unknown => false,
    };
    let others = target.iter().enumerate().filter(|(at, _)| *at != axis).map(|(_, entry)| *entry);
    let strays = others.into_iter().any(|entry| matches!(entry, Entry::Classes | Entry::Other));
    let stands = stays || is_rest || (declared && may_be_true(follower, node, &target, axis));
    if strays || !stands {
        return Err(Lost::Unclear.into());
    }
    extents::note_extent(follower, node, 1, axis)?;
    Ok(Tracked { axis, rank: None, places: Places::One, ..tracked })
}

/// Whether these extents, from the last one on, are those of the axes before the classes, so that the rest is
/// the classes.
fn are_samples(before: &[Entry], tracked: &Tracked) -> bool {
    match before {
        [Entry::Number(0) | Entry::First] => tracked.rank.is_some_and(|rank| rank == tracked.axis + 2),
        _ => false,
    }
}

/// Whether the entries of a target that are constants of more than one can be the samples.
fn rows_fit(follower: &Follower<'_, '_>, target: &[Entry]) -> bool {
    let counts = target.iter().any(|entry| matches!(entry, Entry::Number(2..)));
    !counts || follower.fixes_inputs(0)
}

/// Whether a declared shape, which nobody checks, may be that of the result: the entries of the target beside that of
/// the classes say nothing against it.
fn may_be_true(follower: &Follower<'_, '_>, node: usize, target: &[Entry], axis: usize) -> bool {
    if matches!(target[axis], Entry::First | Entry::Other | Entry::Rows) {
        return false;
    }
    let others = || target.iter().enumerate().filter(|(at, _)| *at != axis).map(|(_, entry)| *entry);
    let numbers = others()
        .filter_map(|entry| if let Entry::Number(extent @ 2..) = entry { Some(extent) } else { None });
    let rows = numbers.fold(1_i64, i64::saturating_mul);
    let free = target[axis] == Entry::Number(-1) && others().all(|entry| matches!(entry, Entry::Number(1..)));
    if !free {
        return true;
    }
    // Then the input has to fix how many entries there are.
    let operand = follower.name(node, 0).and_then(|name| follower.flow.declared(name));
    let all = operand.and_then(|shape| shape.iter().map(target::known).try_fold(1_i64, times));
    let classes = i64::try_from(follower.classes).unwrap_or(i64::MAX);
    all.map_or(follower.fixes_inputs(0), |all| all == rows.saturating_mul(classes))
}

fn times(all: i64, extent: Option<i64>) -> Option<i64> {
    all.checked_mul(extent?)
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
