//! Follows the logits forward to the outputs, operator by operator, and gathers what counts the classes.

use declass_formats::onnx::Dim;

use super::{
    super::Site,
    arithmetic, axes,
    follower::{Follower, Results},
    links,
    operator::{self, Linear},
    stage::{Affine, Stage, Tracked},
};
use crate::head::Order;

/// Operators behind the head that are followed; a hostile graph may have very many.
const MAX_FOLLOWED: usize = 4096;

/// Registers the result of a linear operator as logits, with its bias if it has one.
pub(super) fn start(follower: &mut Follower<'_, '_>, head: usize, linear: &Linear) -> Result<(), String> {
    let mut affine = Affine::of_head(head, follower.classes, linear.alpha);
    if let Some((input, beta)) = linear.bias {
        arithmetic::add_bias(follower, &mut affine, linear.node, input, linear.bias_axis, beta)?;
    }
    let name = follower.flow.node(linear.node).outputs.first().ok_or("the head has no result")?;
    let mut start = Tracked {
        stage: Stage::Logits,
        logits: affine.into(),
        order: Order::Strict,
        axis: linear.axis,
        rank: linear.rank,
        unit_tail: linear.axis == 0,
    };
    start.unit_tail |= axes::declared_unit_tail(follower.flow, name, linear.axis);
    let maker = follower
        .name(linear.node, linear.data)
        .and_then(|name| follower.flow.producer(follower.flow.id(name)?));
    start.unit_tail |= maker.is_some_and(|node| follower.flow.node(node).op_type.starts_with("Global"));
    follower.track(name, start);
    Ok(())
}

/// Follows every value to the end. `strict` are the nodes on the way to the classes' output: what is not
/// understood there is an error, elsewhere it is an obstacle to shortening the class axis.
pub(super) fn follow(follower: &mut Follower<'_, '_>, strict: &[bool]) -> Result<(), String> {
    let mut followed = 0;
    for node in follower.flow.order().iter().copied() {
        if !touches(follower, node) {
            continue;
        }
        followed += 1;
        if followed > MAX_FOLLOWED {
            return Err(format!("more than {MAX_FOLLOWED} operators follow the head"));
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
                let op = &follower.flow.node(node).op_type;
                let what = format!(
                    "`{op}` (`{}`) behind the last linear operator {problem}",
                    follower.flow.title(node)
                );
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
    if matches!(follower.flow.node(node).op_type.as_str(), "Shape" | "Size") {
        return Ok(Vec::new());
    }
    if !evidence.iter().any(|value| follower.tracked.contains_key(value)) {
        return Err("is steered by the classes".into());
    }
    if evidence.iter().any(|value| !follower.tracked.contains_key(value)) {
        return Err(mixture(follower, node));
    }
    if !operator::is_standard(follower.flow.node(node)) {
        return Err("is no standard operator".into());
    }
    let single = |tracked: Tracked| Ok(vec![(0, tracked)]);
    match follower.flow.node(node).op_type.as_str() {
        "Add" | "Div" | "Max" | "Mean" | "Min" | "Mul" | "Sub" | "Sum" => {
            single(arithmetic::combine(follower, node)?)
        }
        "BatchNormalization" => single(arithmetic::batch_normalisation(follower, node)?),
        "Clip" | "Exp" | "Log" | "Neg" | "Relu" => single(arithmetic::pointwise(follower, node)?),
        "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool" | "MaxPool" => {
            single(links::pool(follower, node)?)
        }
        "ReduceLogSumExp" | "ReduceMax" | "ReduceMean" | "ReduceSum" => {
            single(links::reduce(follower, node)?)
        }
        "Cast" | "CastLike" | "Dropout" | "Identity" => single(follower.data(node)?),
        "Expand" | "Flatten" | "Reshape" | "Squeeze" | "Transpose" | "Unsqueeze" => {
            single(axes::rearrange(follower, node)?)
        }
        "Gather" if follower.operand(node, 0).is_none() => single(links::look_up(follower, node)?),
        "Gather" | "GatherND" | "Slice" => single(axes::pick(follower, node)?),
        "ArgMax"
        | "ArrayFeatureExtractor"
        | "HardSigmoid"
        | "LogSoftmax"
        | "Normalizer"
        | "Sigmoid"
        | "Softmax"
        | "TopK"
        | "ZipMap" => links::apply(follower, node),
        _ => Err("is not understood there".into()),
    }
}

fn mixture(follower: &Follower<'_, '_>, node: usize) -> String {
    match follower.flow.node(node).op_type.as_str() {
        "Mul" => "makes a product with another value that depends on the input".into(),
        "Max" => "takes the max with another value that depends on the input".into(),
        _ => "mixes the logits with another value that depends on the input".into(),
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
