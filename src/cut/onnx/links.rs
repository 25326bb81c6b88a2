//! What models end in: softmax and its relatives, the choice of the best class, pooling over positions.

use declass_formats::onnx::Attribute;

use super::{
    super::Site,
    axes,
    follower::{Follower, Results},
    pair::competing,
    problem::{Malformed, Meaning, Problem},
    stage::{Level, Stage, Tracked},
    storage::view,
};
use crate::head::Link;
use crate::net::{
    float_attribute, int_attribute,
    ops::{Norm, Squash},
};

/// The version of the operator set from which on a softmax runs over one axis only.
const SOFTMAX_OF_ONE_AXIS: i64 = 13;

/// Probabilities of logits.
pub(super) fn squash(follower: &Follower<'_, '_>, node: usize, squash: Squash) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    match squash {
        Squash::LogSoftmax | Squash::Softmax => {
            check_softmax_axis(follower, node, &tracked)?;
            let link = if squash == Squash::Softmax { Link::Softmax } else { Link::LogSoftmax };
            linked(follower, tracked, link)
        }
        Squash::Sigmoid => linked(follower, tracked, Link::Sigmoid),
        Squash::SigmoidOfPieces => {
            let onnx = follower.flow.node(node);
            let (slope, centre) = (float_attribute(onnx, "alpha", 0.2), float_attribute(onnx, "beta", 0.5));
            // A slope may be negative, which turns the order of the classes round, and too flat for a sealed
            // logit to give 0.
            match slope {
                ..=0.0 => Err(Meaning::Reorders.into()),
                _ if centre > SEALED * slope || !slope.is_finite() => Err(Meaning::Unprobable.into()),
                // Constant beyond its ends, where different logits meet.
                _ => linked(follower, tracked.tying(), Link::Sigmoid),
            }
        }
    }
}

/// A multi-label slot counts as sealed if its logit is this far below zero, or farther.
const SEALED: f32 = 20.0;

/// Probabilities divided by what they add up to, which keeps their order.
pub(super) fn renormalise(follower: &Follower<'_, '_>, node: usize, norm: Norm) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    let Stage::Output(link) = tracked.stage else {
        return Err(Meaning::NotFromLogits.into());
    };
    let onnx = follower.flow.node(node);
    let axis = if norm == Norm::Named { -1 } else { int_attribute(onnx, "axis", -1) };
    if !axes::is_class(axis, &tracked)? {
        return Err(Meaning::OtherAxis.into());
    }
    // The largest of shifted or logarithmic probabilities may be negative, and it is what they are divided by
    // unless another norm is stated.
    let is_positive = match (norm, onnx.attributes.get("norm")) {
        (Norm::Named, Some(Attribute::String(name))) => matches!(name.as_slice(), b"L1" | b"L2"),
        (Norm::Named, _) => false,
        (Norm::Ordered, _) => matches!(int_attribute(onnx, "p", 2), 1 | 2),
    };
    if !is_positive {
        return Err(Meaning::Reorders.into());
    }
    // The norm of probabilities that add up to 1 is between 1 and a share that is not small; that of others may
    // be anything.
    let result = Tracked { stage: Stage::Output(competing(link)), ..tracked };
    let harmless = link == Link::Softmax && result.numbers.are_probabilities();
    Ok(if harmless { result } else { result.tying() })
}

/// The same values beside their labels.
pub(super) fn label(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    label_attributes(follower, node)?;
    Ok(tracked)
}

/// A label picked from a constant table by the index of the best class.
pub(super) fn look_up(
    follower: &mut Follower<'_, '_>,
    node: usize,
    picks: Picks,
) -> Result<Tracked, Problem> {
    let index = follower.operand(node, 1).filter(|tracked| matches!(tracked.stage, Stage::Index { .. }));
    let index = index.cloned().ok_or(Meaning::OtherIndex)?;
    let name = follower.name(node, 0).filter(|name| follower.flow.is_static(name));
    let name = name.ok_or(Meaning::MovingTable)?;
    let view = view(follower.artifact, follower.flow, name)?;
    let shape = &view.info.shape;
    let rank = i64::try_from(shape.len()).map_err(|_| Malformed::Axes)?;
    let axis = match picks {
        Picks::AlongLast => rank - 1,
        Picks::AlongAxis => int_attribute(follower.flow.node(node), "axis", 0),
    };
    let axis = usize::try_from(if axis < 0 { axis + rank } else { axis }).map_err(|_| Malformed::Axes)?;
    if shape.get(axis) != Some(&follower.classes) || view.info.elements() != follower.classes {
        return Err(Malformed::TableLength.into());
    }
    let (operand, sites) = view.operand(follower.flow, node, 0, axis);
    follower.note_table(node, name);
    follower.sites.extend(sites);
    follower.sites.push(Site::Values(operand));
    Ok(Tracked { rank: None, ..index })
}

/// Along which axis of a table labels are picked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Picks {
    /// The one that the operator states.
    AlongAxis,
    AlongLast,
}

/// Notes every label list of a node that has one entry per class.
pub(super) fn label_attributes(follower: &mut Follower<'_, '_>, node: usize) -> Result<(), Problem> {
    let attributes = &follower.flow.node(node).attributes;
    for (name, value) in attributes.iter().filter(|(name, _)| name.starts_with("classlabels")) {
        let found = match value {
            Attribute::Ints(values) => values.len(),
            Attribute::Strings(values) => values.len(),
            _ => 0,
        };
        if found == follower.classes {
            follower.sites.push(Site::LabelAttribute { node, name: name.clone() });
        } else if found > 0 {
            return Err(Malformed::Labels { found, classes: follower.classes }.into());
        }
    }
    Ok(())
}

/// What a softmax or a sigmoid makes of logits.
pub(super) fn linked(follower: &Follower<'_, '_>, tracked: Tracked, link: Link) -> Result<Tracked, Problem> {
    let classes = follower.classes as f64;
    let numbers = match link {
        // A softmax does not see what is the same for all classes, and takes the largest logit off itself.
        Link::Softmax => tracked.numbers.probabilities(1.0, classes),
        Link::LogSoftmax => tracked.numbers.logarithms(classes.ln() + 1.0),
        _ => tracked.numbers.independent(),
    };
    match (tracked.stage, link) {
        // A sigmoid does see it, and it makes a half of the zero that a ReLU leaves of a sealed logit.
        (Stage::Centred(_), Link::Sigmoid) => return Err(Meaning::NotFromLogits.into()),
        (Stage::Rectified, Link::Sigmoid) if tracked.numbers.merge() => {
            return Err(Meaning::Unprobable.into());
        }
        (Stage::Logits | Stage::Rectified | Stage::Centred(Level::Largest | Level::Within), _) => {}
        (Stage::Centred(Level::Any), _) => {
            return Ok(Tracked { stage: Stage::Output(link), numbers, ..tracked }.tying());
        }
        _ => return Err(Meaning::NotFromLogits.into()),
    }
    Ok(Tracked { stage: Stage::Output(link), numbers, ..tracked })
}

/// Before operator set 13 everything from the axis on was one axis.
fn check_softmax_axis(follower: &Follower<'_, '_>, node: usize, tracked: &Tracked) -> Result<(), Problem> {
    let old = follower.flow.op(node).version() < SOFTMAX_OF_ONE_AXIS;
    let axis = int_attribute(follower.flow.node(node), "axis", if old { 1 } else { -1 });
    let over_classes = axes::is_class(axis, tracked)?;
    if over_classes && (!old || tracked.is_one_place()) { Ok(()) } else { Err(Meaning::OtherAxis.into()) }
}

/// The index of the best class.
pub(super) fn best(follower: &Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    let onnx = follower.flow.node(node);
    if !tracked.stage.has_classes() || !axes::is_class(int_attribute(onnx, "axis", 0), &tracked)? {
        return Err(Meaning::OtherAxis.into());
    }
    if int_attribute(onnx, "select_last_index", 0) != 0 && tracked.numbers.merge() {
        return Err(Meaning::LastOfEquals.into());
    }
    let keep = int_attribute(onnx, "keepdims", 1) != 0;
    let rank = tracked.rank.map(|rank| if keep { rank } else { rank.saturating_sub(1) });
    Ok(Tracked { stage: Stage::Index { several: false }, rank, ..tracked })
}

/// The best few classes and their indices.
pub(super) fn top(follower: &mut Follower<'_, '_>, node: usize) -> Results {
    let tracked = follower.data(node)?;
    let onnx = follower.flow.node(node);
    let largest = int_attribute(onnx, "largest", 1) != 0;
    let Some(link) = tracked.stage.link().filter(|_| tracked.stage.has_classes()) else {
        return Err(Meaning::NotFromLogits.into());
    };
    if !largest || !axes::is_class(int_attribute(onnx, "axis", -1), &tracked)? {
        return Err(Meaning::NotTheLargest.into());
    }
    let stated = match follower.name(node, 1) {
        Some(_) => follower.scalar(node, 1)?.map(|count| count as i64),
        None => Some(int_attribute(onnx, "k", 0)),
    };
    let count = stated.and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
    let count = count.filter(|count| *count == 1 || int_attribute(onnx, "sorted", 1) != 0);
    let count = count.ok_or(Meaning::Unordered)?;
    follower.sites.push(Site::Picks { node, count });
    let index = Tracked { stage: Stage::Index { several: count > 1 }, ..tracked.clone() };
    Ok(vec![(0, Tracked { stage: Stage::Best(link), ..tracked }), (1, index)])
}
