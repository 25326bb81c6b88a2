//! Follows the logits forward to the outputs, operator by operator, and gathers what counts the classes.

use declass_formats::onnx::Dim;

use super::{
    super::Site,
    arithmetic::{self, Addend},
    axes,
    check::is_used,
    combine,
    follower::{Follower, Results},
    function, interpolated,
    links::{self, Picks},
    numbers::{Format, Numbers},
    problem::{Malformed, Meaning, Obstacle, Problem},
    reductions,
    stage::{Affine, Places, Stage, Tracked},
    storage::view,
    whole,
};
use crate::head::{Open, Ties};
use crate::net::{
    Flow,
    ops::{Arithmetic, Behind, Linear, Picking, Pooling, Window},
};

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
    let mut size = 0.0;
    if let Some(bias) = linear.bias {
        let addend = Addend { node, input: bias.operand, axis: bias.axis, sign: bias.beta };
        size = arithmetic::add_bias(follower, &mut affine, &addend)?;
    }
    let name = follower.flow.node(node).outputs.first().ok_or(Malformed::NoResult)?;
    let one_place = linear.axis == 0
        || axes::declared_unit_tail(follower.flow, name, linear.axis)
        || reads_pooled(follower, node, linear);
    let start = Tracked {
        stage: Stage::Logits,
        logits: affine.into(),
        axis: linear.axis,
        stands: true,
        rank: linear.rank,
        places: if one_place { Places::One } else { Places::Several },
        pooled: false,
        ties: Ties::Never,
        numbers: Numbers::logits(format(follower, node)).with_addend(size),
    };
    follower.track(name, start)
}

/// The type that a linear operator computes in: that of its weight, as it sees it.
fn format(follower: &Follower<'_, '_>, node: usize) -> Format {
    let weight = follower.flow.weight_operand(node).and_then(|input| follower.name(node, input));
    let view = weight.and_then(|name| view(follower.artifact, follower.flow, name).ok());
    view.map_or(Format::Wide, |view| Format::of(view.info.dtype))
}

/// Whether the head reads a map that was pooled to one position.
fn reads_pooled(follower: &Follower<'_, '_>, node: usize, linear: &Linear) -> bool {
    let data = follower.name(node, linear.data).and_then(|name| follower.flow.id(name));
    let maker = data.and_then(|value| follower.flow.producer(value));
    let behind = maker.map(|maker| follower.flow.op(maker).behind());
    matches!(behind, Some(Ok(Behind::Pooled(Pooling { window: Window::All, .. }))))
}

/// Follows every value to the end. `strict` are the nodes on the way to the classes' output: what is not
/// understood there is an error. Elsewhere it is an obstacle to shortening the class axis, and to whatever output
/// comes from there.
pub(super) fn follow(follower: &mut Follower<'_, '_>, strict: &[bool]) -> Result<(), Obstacle> {
    let mut followed = 0;
    let told = before_any_output(follower.flow);
    for node in follower.flow.order().iter().copied() {
        if !touches(follower, node) {
            continue;
        }
        followed += 1;
        if followed > MAX_FOLLOWED {
            return Err(Obstacle::TooMany(MAX_FOLLOWED));
        }
        let sites = follower.sites.len();
        if let Err(problem) = step(follower, node).and_then(|results| track_all(follower, node, results)) {
            let op = follower.flow.node(node).op_type.clone();
            let what = Obstacle::At { op, title: follower.flow.title(node), problem };
            if strict[node] {
                return Err(what);
            }
            follower.sites.truncate(sites);
            if told[node] {
                follower.open.get_or_insert_with(|| Open::Elsewhere(what.to_string()));
            }
            follower.obstacle.get_or_insert_with(|| what.clone());
            follower.stuck.insert(node, what);
        }
    }
    note_outputs(follower);
    Ok(())
}

/// The nodes that lead to any output.
pub(super) fn before_any_output(flow: &Flow<'_>) -> Vec<bool> {
    let mut told = vec![false; flow.graph().nodes.len()];
    let ends = flow.graph().outputs.iter().filter_map(|output| flow.id(&output.name));
    let mut pending: Vec<usize> = ends.filter_map(|value| flow.producer(value)).collect();
    while let Some(node) = pending.pop() {
        if !std::mem::replace(&mut told[node], true) {
            let onnx = flow.node(node);
            let operands = onnx.inputs.iter().chain(&onnx.captures).filter_map(|name| flow.id(name));
            pending.extend(operands.filter_map(|value| flow.producer(value)));
        }
    }
    told
}

fn track_all(
    follower: &mut Follower<'_, '_>,
    node: usize,
    results: Vec<(usize, Tracked)>,
) -> Result<(), Problem> {
    let outputs = &follower.flow.node(node).outputs;
    let mut named = results.into_iter().filter_map(|(at, tracked)| Some((outputs.get(at)?, tracked)));
    named.try_for_each(|(name, tracked)| follower.track(name, tracked))
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
    // Of a stack from which one value is picked again the others are nothing that is given out.
    if let Some(value) = follower.flow.picked(node) {
        let tracked = follower.tracked.get(&value).cloned().ok_or(Meaning::Steered)?;
        let (op, title) = (follower.flow.node(node).op_type.clone(), follower.flow.title(node));
        let problem = Meaning::OtherLayers.into();
        follower.obstacle.get_or_insert(Obstacle::At { op, title, problem });
        return Ok(vec![(0, tracked)]);
    }
    // Nothing is said of an operator, an attribute or an operand that the table does not know.
    let behind = follower.flow.op(node).behind().map_err(Clone::clone)?;
    let result = match behind {
        Behind::AffinePerClass => arithmetic::normalise(follower, node),
        Behind::Combined(effect) => combine::combine(follower, node, effect),
        Behind::IndexOfBest => links::best(follower, node),
        Behind::Labelled => links::label(follower, node),
        Behind::Link(squash) => links::squash(follower, node, squash),
        Behind::Mapped(function) => function::map(follower, node, function),
        Behind::NotFollowed | Behind::Parted => Err(Meaning::NotFollowed.into()),
        // Only what was rounded behind the head comes here, whose rounding goes.
        Behind::Dequantised => follower.data(node),
        Behind::Quantised => {
            whole::rounding(follower, node)?;
            follower.data(node)
        }
        // The classes may be the index instead of what is picked from: then the result is a label.
        Behind::Picked(Picking::AlongAxis) if follower.operand(node, 0).is_none() => {
            links::look_up(follower, node, Picks::AlongAxis)
        }
        Behind::Picked(picking) => axes::pick(follower, node, picking),
        Behind::Pooled(pooling) => reductions::pool(follower, node, pooling),
        Behind::Rearranged(rearrangement) => axes::rearrange(follower, node, rearrangement),
        Behind::Resized => interpolated::interpolate(follower, node),
        Behind::Reduced(reduction) => reductions::reduce(follower, node, reduction),
        Behind::Renormalised(norm) => links::renormalise(follower, node, norm),
        Behind::Retyped => function::retype(follower, node),
        Behind::RowOfTable => links::look_up(follower, node, Picks::AlongLast),
        Behind::Same => follower.data(node),
        Behind::SameUnlessTraining => untrained(follower, node),
        Behind::SortedBest => return links::top(follower, node),
        Behind::Standardised => arithmetic::standardise(follower, node),
    };
    let result = result?;
    let others = follower.flow.node(node).outputs.iter().skip(1);
    if others.filter_map(|name| follower.flow.id(name)).any(|value| is_used(follower.flow, value)) {
        return Err(Meaning::AnotherResult.into());
    }
    Ok(vec![(0, result)])
}

/// The same values, if the operator is known to leave them as they are.
fn untrained(follower: &Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let trains = match follower.name(node, 2) {
        Some(_) => follower.scalar(node, 2)? != Some(0.0),
        None => false,
    };
    if trains { Err(Meaning::Training.into()) } else { follower.data(node) }
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
