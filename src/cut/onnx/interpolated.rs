//! Maps that are made larger or smaller behind the head.
//!
//! Every value of the result is `sum_i w_i v_i` over places `i` of the operand, with the same weights for all classes,
//! `w_i >= 0`, `sum_i w_i = 1`. That a class is below the largest of the others at every place would say nothing of
//! the result: where others are in front in turn, none of them need be after the mean. But a sealed class is below
//! their mean at every place, by a margin: `v_f(i) <= 1/n sum_r v_r(i) - m`. Both sides are linear, so the same holds
//! of the result, and a mean is no larger than the largest. For what a convex function makes of the logits (ReLU, the
//! exponential in a softmax) a class that is below the mean before is so behind it. A sigmoid is not convex.

use std::borrow::Cow;

use declass_formats::onnx::Attribute;

use super::{
    class_axis::is_class,
    extents,
    follower::Follower,
    problem::{Lost, Meaning, Problem},
    stage::{Stage, Tracked},
    target::{Entry, target_from_right},
};
use crate::{head::Link, net::ints_attribute};

/// Where an operator that resizes has what it resizes by.
#[derive(Clone, Copy)]
enum Sizes {
    Factors(usize),
    Extents(usize),
    /// In attributes, one for each axis of a map.
    Map,
}

/// The logits, or what was made of them, at other places.
pub(super) fn interpolate(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    if text(follower, node, "coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize" {
        return Err(Meaning::Extrapolated.into());
    }
    let keeps = match &*text(follower, node, "mode", "nearest") {
        "nearest" => tracked.stage.has_classes() || matches!(tracked.stage, Stage::Index { several: false }),
        "linear" => mixes(tracked.stage),
        other => return Err(Meaning::NotConvex(other.to_owned()).into()),
    };
    if !keeps {
        return Err(Meaning::Interpolated.into());
    }
    if tracked.stage.has_classes() {
        leaves_classes(follower, node, &tracked)?;
    }
    Ok(tracked)
}

/// Whether a weighted mean of such values keeps a class that is below the mean of the others there.
fn mixes(stage: Stage) -> bool {
    matches!(stage, Stage::Logits | Stage::Output(Link::LogSoftmax | Link::Softmax) | Stage::Rectified)
}

/// Checks that the class axis is not resized, and notes where its extent is told.
fn leaves_classes(follower: &mut Follower<'_, '_>, node: usize, tracked: &Tracked) -> Result<(), Problem> {
    let onnx = follower.flow.node(node);
    if let Some(axes) = ints_attribute(onnx, "axes") {
        let resized = axes.iter().map(|axis| is_class(*axis, tracked)).collect::<Result<Vec<_>, _>>()?;
        return if resized.contains(&true) { Err(Lost::Resized.into()) } else { Ok(()) };
    }
    let classes = i64::try_from(follower.classes).map_err(|_| Lost::Unclear)?;
    let leaves = match sizes(follower, node)? {
        Sizes::Factors(input) => {
            let factors = follower.per_number(node, input)?;
            factors.iter().rev().nth(tracked.axis) == Some(&1.0)
        }
        Sizes::Extents(input) => {
            let entry = target_from_right(follower, node, input).get(tracked.axis).copied();
            extents::note_extent(follower, node, input, tracked.axis)?;
            matches!(entry, Some(Entry::Classes)) || entry == Some(Entry::Number(classes))
        }
        Sizes::Map => tracked.axis == 2,
    };
    if leaves { Ok(()) } else { Err(Lost::Resized.into()) }
}

/// What there is of factors, extents and attributes, by the operands that are there.
fn sizes(follower: &Follower<'_, '_>, node: usize) -> Result<Sizes, Problem> {
    let onnx = follower.flow.node(node);
    let is_given = |input: usize| follower.name(node, input).is_some();
    let stored = |input: usize| follower.per_number(node, input).is_ok_and(|values| !values.is_empty());
    match onnx.inputs.len() {
        0 | 1 if onnx.attributes.contains_key("height_scale") => Ok(Sizes::Map),
        2 => Ok(Sizes::Factors(1)),
        _ if is_given(3) && !(is_given(2) && stored(2)) => Ok(Sizes::Extents(3)),
        3 | 4 if is_given(2) => Ok(Sizes::Factors(2)),
        _ => Err(Lost::Resized.into()),
    }
}

fn text<'n>(follower: &Follower<'_, 'n>, node: usize, name: &str, default: &'n str) -> Cow<'n, str> {
    match follower.flow.node(node).attributes.get(name) {
        Some(Attribute::String(value)) => String::from_utf8_lossy(value),
        _ => default.into(),
    }
}
