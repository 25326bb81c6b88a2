//! Follows the logits forward to the outputs, operator by operator, and gathers what counts the classes.

use declass_formats::onnx::Dim;

use super::{
    super::Site,
    arithmetic::{self, Addend},
    axes,
    follower::{Follower, Results},
    links,
    problem::{Malformed, Meaning, Obstacle, Problem},
    stage::{Affine, Places, Stage, Tracked},
    whole,
};
use crate::head::Ties;
use crate::net::ops::{Arithmetic, Behind, Linear, Picking, Pooling, Window};

/// Operators behind the head that are followed; a hostile graph may have very many.
const MAX_FOLLOWED: usize = 4096;

/// Registers the result of a linear operator as logits, with its bias if it has one.
pub(super) fn start(
    follower: &mut Follower<'_, '_>,
    head: usize,
    node: usize,
    linear: &Linear,
) -> Result<(), Problem> {
    let mut affine = Affine::of_head(head, follower.classes, linear.alpha);
    if let Some(bias) = linear.bias {
        let addend = Addend { node, input: bias.operand, axis: bias.axis, sign: bias.beta };
        arithmetic::add_bias(follower, &mut affine, &addend)?;
    }
    let name = follower.flow.node(node).outputs.first().ok_or(Malformed::NoResult)?;
    let one_place = linear.axis == 0
        || axes::declared_unit_tail(follower.flow, name, linear.axis)
        || reads_pooled(follower, node, linear);
    let start = Tracked {
        stage: Stage::Logits,
        logits: affine.into(),
        axis: linear.axis,
        rank: linear.rank,
        places: if one_place { Places::One } else { Places::Several },
        pooled: false,
        ties: Ties::Never,
    };
    follower.track(name, start);
    Ok(())
}

/// Whether the head reads a map that was pooled to one position.
fn reads_pooled(follower: &Follower<'_, '_>, node: usize, linear: &Linear) -> bool {
    let data = follower.name(node, linear.data).and_then(|name| follower.flow.id(name));
    let maker = data.and_then(|value| follower.flow.producer(value));
    let behind = maker.map(|maker| follower.flow.op(maker).behind());
    matches!(behind, Some(Ok(Behind::Pooled(Pooling { window: Window::All, .. }))))
}

/// Follows every value to the end. `strict` are the nodes on the way to the classes' output: what is not
/// understood there is an error, elsewhere it is an obstacle to shortening the class axis.
pub(super) fn follow(follower: &mut Follower<'_, '_>, strict: &[bool]) -> Result<(), Obstacle> {
    let mut followed = 0;
    for node in follower.flow.order().iter().copied() {
        if !touches(follower, node) {
            continue;
        }
        followed += 1;
        if followed > MAX_FOLLOWED {
            return Err(Obstacle::TooMany(MAX_FOLLOWED));
        }
        let sites = follower.sites.len();
        match step(follower, node) {
            Ok(results) => {
                for (at, tracked) in results {
                    if let Some(name) = follower.flow.node(node).outputs.get(at) {
                        follower.track(name, tracked);
                    }
                }
            }
            Err(problem) => {
                let op = follower.flow.node(node).op_type.clone();
                let what = Obstacle::At { op, title: follower.flow.title(node), problem };
                if strict[node] {
                    return Err(what);
                }
                follower.sites.truncate(sites);
                follower.obstacle.get_or_insert(what);
            }
        }
    }
    note_outputs(follower);
    Ok(())
}

fn touches(follower: &Follower<'_, '_>, node: usize) -> bool {
    let node = follower.flow.node(node);
    let names = node.inputs.iter().chain(&node.captures);
    names.filter_map(|name| follower.flow.id(name)).any(|value| follower.tracked.contains_key(&value))
}

fn step(follower: &mut Follower<'_, '_>, node: usize) -> Results {
    let evidence = follower.flow.evidence(node);
    if follower.flow.op(node).is_shape() {
        return Ok(Vec::new());
    }
    if !evidence.iter().any(|value| follower.tracked.contains_key(value)) {
        return Err(Meaning::Steered.into());
    }
    if evidence.iter().any(|value| !follower.tracked.contains_key(value)) {
        return Err(mixture(follower, node).into());
    }
    // Nothing is said of an operator, an attribute or an operand that the table does not know.
    let behind = follower.flow.op(node).behind().map_err(Clone::clone)?;
    let result = match behind {
        Behind::AffinePerClass => arithmetic::normalise(follower, node),
        Behind::Combined(effect) => arithmetic::combine(follower, node, effect),
        Behind::IndexOfBest => links::best(follower, node),
        Behind::Labelled => links::label(follower, node),
        Behind::Link(squash) => links::squash(follower, node, squash),
        Behind::Mapped(function) => arithmetic::map(follower, node, function),
        Behind::NotFollowed => Err(Meaning::NotFollowed.into()),
        // Only what was rounded behind the head comes here, whose rounding goes.
        Behind::Dequantised => follower.data(node),
        Behind::Quantised => {
            whole::rounding(follower, node)?;
            follower.data(node)
        }
        // The classes may be the index instead of what is picked from: then the result is a label.
        Behind::Picked(Picking::AlongAxis) if follower.operand(node, 0).is_none() => {
            links::look_up(follower, node)
        }
        Behind::Picked(picking) => axes::pick(follower, node, picking),
        Behind::Pooled(pooling) => links::pool(follower, node, pooling),
        Behind::Rearranged(rearrangement) => axes::rearrange(follower, node, rearrangement),
        Behind::Reduced(reduction) => links::reduce(follower, node, reduction),
        Behind::Renormalised => links::renormalise(follower, node),
        Behind::RowOfTable => links::look_up(follower, node),
        Behind::Same => follower.data(node),
        Behind::SortedBest => return links::top(follower, node),
    };
    Ok(vec![(0, result?)])
}

fn mixture(follower: &Follower<'_, '_>, node: usize) -> Meaning {
    match follower.flow.op(node).behind() {
        Ok(Behind::Combined(Arithmetic::Product)) => Meaning::ProductWithOther,
        Ok(Behind::Combined(Arithmetic::Largest)) => Meaning::LargestWithOther,
        _ => Meaning::MixedWithOther,
    }
}

/// Declared outputs whose class axis has a fixed extent.
fn note_outputs(follower: &mut Follower<'_, '_>) {
    for (output, value) in follower.flow.graph().outputs.iter().enumerate() {
        let tracked = follower.flow.id(&value.name).and_then(|id| follower.tracked.get(&id));
        let Some(tracked) = tracked.filter(|tracked| tracked.stage.has_classes()) else {
            continue;
        };
        let Some(shape) = value.shape.as_deref() else {
            continue;
        };
        let Some(axis) = shape.len().checked_sub(tracked.axis + 1) else {
            continue;
        };
        if i64::try_from(follower.classes).is_ok_and(|classes| shape[axis] == Dim::Fixed(classes)) {
            follower.sites.push(Site::OutputDim { output, axis });
        }
    }
}
