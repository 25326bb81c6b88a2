//! What reduces axes behind the head: pooling over positions, and one number for all classes.

use declass_formats::onnx::Dim;

use super::{
    axes,
    follower::Follower,
    problem::{Lost, Meaning, Problem},
    stage::{Level, Places, Stage, Tracked},
};
use crate::head::Ties;
use crate::net::{
    axes_of, int_attribute, ints_attribute,
    ops::{Pooling, Reduction, Statistic, Window},
};

/// Pooling over the positions of a map.
pub(super) fn pool(follower: &Follower<'_, '_>, node: usize, pooling: Pooling) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    let onnx = follower.flow.node(node);
    // Windows lie along the axes behind the second one, which has to be that of the classes.
    let is_map = tracked.axis > 0 && tracked.rank == Some(tracked.axis + 2);
    if !matches!(tracked.stage, Stage::Logits | Stage::Rectified) || !is_map {
        return Err(Meaning::Pooling.into());
    }
    // A padded position has no logits: zeros there would be a class's score.
    let padded = ints_attribute(onnx, "pads").is_some_and(|pads| pads.iter().any(|pad| *pad != 0));
    if padded || onnx.attributes.contains_key("auto_pad") {
        return Err(Meaning::Padded.into());
    }
    let is_whole = pooling.window == Window::All || covers_all(follower, node, &tracked);
    let places = if is_whole { Places::One } else { tracked.places };
    Ok(Tracked { places, ..pooled(tracked, pooling.statistic) })
}

/// Whether the window is the whole map, whose size is declared, and fixed by the inputs.
fn covers_all(follower: &Follower<'_, '_>, node: usize, tracked: &Tracked) -> bool {
    let onnx = follower.flow.node(node);
    let shape = follower.name(node, 0).and_then(|name| follower.flow.declared(name)).unwrap_or_default();
    let map = shape.len().checked_sub(tracked.axis).and_then(|from| shape.get(from..)).unwrap_or_default();
    let window = ints_attribute(onnx, "kernel_shape").unwrap_or_default();
    let is_dense = ints_attribute(onnx, "dilations").is_none_or(|steps| steps.iter().all(|step| *step == 1));
    let same = map.len() == window.len() && map.iter().zip(window).all(|(dim, of)| *dim == Dim::Fixed(*of));
    same && !map.is_empty() && is_dense && follower.fixes_inputs(1)
}

/// What a mean or a maximum over places makes of the logits there.
fn pooled(tracked: Tracked, statistic: Statistic) -> Tracked {
    let tracked = Tracked { pooled: true, ..tracked };
    match statistic {
        // A maximum of linear functions is convex, as ReLU is: a class below the mean of the others stays
        // there.
        Statistic::Largest => Tracked { stage: Stage::Rectified, ties: Ties::Possible, ..tracked },
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
    match over_classes.as_slice() {
        [true] => Ok(over_the_classes(follower, reduction, tracked, keep)),
        over if !over.contains(&true) => match (reduction, tracked.stage) {
            (Reduction::Largest, Stage::Logits | Stage::Rectified) => {
                Ok(over_positions(&tracked, &axes, keep, Statistic::Largest))
            }
            (Reduction::Mean, Stage::Logits | Stage::Rectified) => {
                Ok(over_positions(&tracked, &axes, keep, Statistic::Mean))
            }
            _ => Err(Meaning::Reduction.into()),
        },
        _ => Err(Meaning::Reduction.into()),
    }
}

/// One number for all classes: what a softmax takes off its logits, or divides by.
fn over_the_classes(
    follower: &Follower<'_, '_>,
    reduction: Reduction,
    tracked: Tracked,
    keep: bool,
) -> Tracked {
    use Reduction::{Largest, LogSumExp, Mean, Other, Smallest, Sum};
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits};
    let rank = tracked.rank.map(|rank| if keep { rank } else { rank.saturating_sub(1) });
    let mut numbers = tracked.numbers;
    let stage = match (reduction, tracked.stage) {
        (Sum, Exponents(Level::Largest)) => {
            numbers = numbers.sums(follower.classes);
            ExponentSum(Level::Largest)
        }
        (Sum, Exponents(_)) => {
            numbers = numbers.sums(follower.classes);
            ExponentSum(Level::Any)
        }
        (LogSumExp, Logits) => {
            numbers = numbers.sums(follower.classes);
            LogExponentSum(Level::Within)
        }
        (LogSumExp, Centred(Level::Largest)) => {
            numbers = numbers.sums(follower.classes);
            LogExponentSum(Level::Largest)
        }
        (Largest, Logits) => Common(Level::Largest),
        (Mean | Smallest, Logits) => Common(Level::Within),
        (Largest | LogSumExp | Mean | Other | Smallest | Sum, _) => Common(Level::Any),
    };
    numbers.non_negative &= !matches!(reduction, LogSumExp | Other);
    Tracked { stage, stands: keep, rank, numbers, ..tracked }
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
