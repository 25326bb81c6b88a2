//! What models end in: softmax and its relatives, the choice of the best class, pooling over positions.

use declass_formats::onnx::Attribute;

use super::{
    super::Site,
    axes,
    follower::{Follower, Results},
    problem::{Lost, Malformed, Meaning, Problem},
    stage::{Places, Stage, Tracked},
    storage::view,
};
use crate::head::Link;
use crate::net::{
    axes_of, float_attribute, int_attribute, ints_attribute,
    ops::{Pooling, Reduction, Squash, Statistic, Window},
};

/// The version of the operator set from which on a softmax runs over one axis only.
const SOFTMAX_OF_ONE_AXIS: i64 = 13;

/// Probabilities of logits.
pub(super) fn squash(follower: &Follower<'_, '_>, node: usize, squash: Squash) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    match squash {
        Squash::LogSoftmax | Squash::Softmax => {
            check_softmax_axis(follower, node, &tracked)?;
            linked(tracked, if squash == Squash::Softmax { Link::Softmax } else { Link::LogSoftmax })
        }
        Squash::Sigmoid => linked(tracked, Link::Sigmoid),
        // Its slope may be negative, which turns the order of the classes round.
        Squash::SigmoidOfPieces if float_attribute(follower.flow.node(node), "alpha", 0.2) <= 0.0 => {
            Err(Meaning::Reorders.into())
        }
        // Constant beyond its ends, where different logits meet.
        Squash::SigmoidOfPieces => linked(tracked.tying(), Link::Sigmoid),
    }
}

/// Probabilities divided by what they add up to, which keeps their order.
pub(super) fn renormalise(follower: &Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    if !matches!(tracked.stage, Stage::Output(_)) {
        return Err(Meaning::NotFromLogits.into());
    }
    // The largest of shifted or logarithmic probabilities may be negative, and it is what they are divided by
    // unless another norm is stated.
    match follower.flow.node(node).attributes.get("norm") {
        Some(Attribute::String(norm)) if matches!(norm.as_slice(), b"L1" | b"L2") => Ok(tracked),
        _ => Err(Meaning::Reorders.into()),
    }
}

/// The same values beside their labels.
pub(super) fn label(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    label_attributes(follower, node)?;
    Ok(tracked)
}

/// A label picked from a constant table by the index of the best class.
pub(super) fn look_up(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let index = follower.operand(node, 1).filter(|tracked| tracked.stage == Stage::Index).cloned();
    let index = index.ok_or(Meaning::OtherIndex)?;
    let name = follower.name(node, 0).filter(|name| follower.flow.is_static(name));
    let view = view(follower.artifact, follower.flow, name.ok_or(Meaning::MovingTable)?)?;
    let axis = view.info.shape.iter().position(|extent| *extent == follower.classes);
    let axis = axis.filter(|_| view.info.elements() == follower.classes).ok_or(Malformed::TableLength)?;
    let (operand, sites) = view.operand(follower.flow, node, 0, axis);
    follower.sites.extend(sites);
    follower.sites.push(Site::Values(operand));
    Ok(index)
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

/// Pooling over the positions of a map.
pub(super) fn pool(follower: &Follower<'_, '_>, node: usize, pooling: Pooling) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    let onnx = follower.flow.node(node);
    if !matches!(tracked.stage, Stage::Logits | Stage::Rectified) || tracked.axis == 0 {
        return Err(Meaning::Pooling.into());
    }
    // A padded position has no logits: zeros there would be a class's score.
    let padded = ints_attribute(onnx, "pads").is_some_and(|pads| pads.iter().any(|pad| *pad != 0));
    if padded || onnx.attributes.contains_key("auto_pad") {
        return Err(Meaning::Padded.into());
    }
    let places = if pooling.window == Window::All { Places::One } else { tracked.places };
    Ok(Tracked { places, ..pooled(tracked, pooling.statistic) })
}

/// What a mean or a maximum over places makes of the logits there.
fn pooled(tracked: Tracked, statistic: Statistic) -> Tracked {
    let tracked = Tracked { pooled: true, ..tracked };
    match statistic {
        // A maximum of linear functions is convex, as ReLU is: a class below the mean of the others stays
        // there.
        Statistic::Largest => Tracked { stage: Stage::Rectified, ..tracked.tying() },
        // The mean of the logits is the logits of the mean embedding.
        Statistic::Mean => tracked,
    }
}

/// A reduction, over the classes or over positions.
pub(super) fn reduce(
    follower: &Follower<'_, '_>,
    node: usize,
    reduction: Reduction,
) -> Result<Tracked, Problem> {
    use Reduction::{Largest, LogSumExp, Mean, Sum};
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, Rectified};
    let tracked = follower.data(node)?;
    let keep = int_attribute(follower.flow.node(node), "keepdims", 1) != 0;
    // An empty list may stand for all axes or for none.
    let axes = axes_of(follower.artifact, follower.flow, node)?.filter(|axes| !axes.is_empty());
    let axes = axes.ok_or(Lost::AllAxes)?;
    if !tracked.stage.has_classes() {
        return Err(Meaning::WithoutClasses.into());
    }
    let over_classes =
        axes.iter().map(|axis| axes::is_class(*axis, &tracked)).collect::<Result<Vec<_>, _>>()?;
    let becomes = |stage: Stage| Ok(Tracked { stage, ..tracked.clone() });
    match (reduction, tracked.stage, over_classes.as_slice()) {
        // One number for all classes: what a softmax takes off its logits.
        (Largest | Mean | Sum, Logits | Centred, [true]) => becomes(Common),
        (Sum, Exponents, [true]) => becomes(ExponentSum),
        (LogSumExp, Logits | Centred, [true]) => becomes(LogExponentSum),
        (Largest, Logits | Rectified, over) if !over.contains(&true) => {
            Ok(over_positions(&tracked, &axes, keep, Statistic::Largest))
        }
        (Mean, Logits | Rectified, over) if !over.contains(&true) => {
            Ok(over_positions(&tracked, &axes, keep, Statistic::Mean))
        }
        _ => Err(Meaning::Reduction.into()),
    }
}

/// What a mean or a maximum over positions leaves.
fn over_positions(tracked: &Tracked, axes: &[i64], keep: bool, statistic: Statistic) -> Tracked {
    let behind = (0..tracked.axis).filter(|at| reduces(axes, tracked, *at)).count();
    let places = if behind == tracked.axis { Places::One } else { tracked.places };
    Tracked {
        axis: if keep { tracked.axis } else { tracked.axis - behind },
        rank: tracked.rank.map(|rank| if keep { rank } else { rank.saturating_sub(axes.len()) }),
        places,
        ..pooled(tracked.clone(), statistic)
    }
}

/// Whether the axis at a place from the right is among the reduced ones.
fn reduces(axes: &[i64], tracked: &Tracked, place: usize) -> bool {
    axes.iter()
        .any(|axis| axes::is_class(*axis, &Tracked { axis: place, ..tracked.clone() }).unwrap_or(false))
}

fn linked(tracked: Tracked, link: Link) -> Result<Tracked, Problem> {
    match tracked.stage {
        Stage::Logits | Stage::Rectified => Ok(Tracked { stage: Stage::Output(link), ..tracked }),
        // A softmax does not see what is the same for all classes; a sigmoid does.
        Stage::Centred if link != Link::Sigmoid => Ok(Tracked { stage: Stage::Output(link), ..tracked }),
        _ => Err(Meaning::NotFromLogits.into()),
    }
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
    let axis = int_attribute(follower.flow.node(node), "axis", 0);
    if !tracked.stage.has_classes() || !axes::is_class(axis, &tracked)? {
        return Err(Meaning::OtherAxis.into());
    }
    Ok(Tracked { stage: Stage::Index, ..tracked })
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
    let count = follower.scalar(node, 1)?.unwrap_or_else(|| int_attribute(onnx, "k", 0) as f64);
    follower.sites.push(Site::Picks { node, count: count as usize });
    let index = Tracked { stage: Stage::Index, ..tracked.clone() };
    Ok(vec![(0, Tracked { stage: Stage::Best(link), ..tracked }), (1, index)])
}
