//! Arithmetic behind the head: what keeps the logits affine in the embedding, and what a softmax is made of.

use std::rc::Rc;

use super::{
    follower::{Follower, extent_from_right},
    stage::{Affine, Stage, Term, Tracked},
    storage::view,
};
use crate::head::{Link, Order};
use crate::net::float_attribute;

/// Takes a constant operand as the head's bias, or as a shift if the head has one already.
pub(super) fn add_bias(
    follower: &mut Follower<'_, '_>,
    affine: &mut Affine,
    node: usize,
    input: usize,
    axis: usize,
    sign: f64,
) -> Result<(), String> {
    let Some(name) = follower.name(node, input).filter(|name| follower.flow.is_static(name)) else {
        return Err("adds a bias that is not constant".into());
    };
    let classes = follower.classes;
    let Some(term) = affine.place_for_bias() else {
        let shift = follower.per_class(node, input, axis)?;
        *affine = std::mem::take(affine).shifted(&shift.values, sign);
        return Ok(());
    };
    let view = view(follower.artifact, follower.flow, name)?;
    let shape = view.info.shape.clone();
    let operand = if view.info.elements() == 1 {
        view.broadcast(node, input, classes, axis)
    } else if view.info.elements() == classes && extent_from_right(&shape, axis) == Some(classes) {
        let (operand, sites) = view.operand(follower.flow, node, input, shape.len() - 1 - axis);
        follower.sites.extend(sites);
        operand
    } else {
        return Err(format!(
            "adds a constant of shape {shape:?}, which is neither one value nor one per class"
        ));
    };
    if !operand.info.dtype.is_float() {
        return Err(format!("adds a bias stored as {}: it is quantised", operand.info.dtype.name()));
    }
    *term =
        Term { gain: std::mem::take(&mut term.gain), bias: Some(operand), bias_gain: vec![sign; classes] };
    Ok(())
}

/// Add, Sub, Mul, Div, and the operators of many operands.
pub(super) fn combine(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    let op = follower.flow.node(node).op_type.clone();
    let count = follower.flow.node(node).inputs.len();
    let operands: Vec<Option<Tracked>> =
        (0..count).map(|input| follower.operand(node, input).cloned()).collect();
    match operands.as_slice() {
        [Some(left), Some(right)] if op != "Mean" => pair(&op, left, right),
        [Some(left), None] => with_constant(follower, node, &op, left, 1),
        [None, Some(right)] => with_constant(follower, node, &op, right, 0),
        [Some(first), rest @ ..] if matches!(op.as_str(), "Mean" | "Sum") => {
            let rest: Vec<&Tracked> = rest.iter().flatten().collect();
            if rest.len() + 1 < count {
                return Err("sums logits and constants".into());
            }
            let sum = rest.into_iter().try_fold(first.clone(), |sum, next| pair("Add", &sum, next))?;
            let factor = if op == "Mean" { 1.0 / count as f64 } else { 1.0 };
            Ok(scaled(sum, &vec![factor; follower.classes]))
        }
        _ => Err("is not understood there".into()),
    }
}

/// Two values that both come from the logits.
fn pair(op: &str, left: &Tracked, right: &Tracked) -> Result<Tracked, String> {
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, Output};
    let becomes = |stage: Stage| Ok(Tracked { stage, ..left.clone() });
    match (op, left.stage, right.stage) {
        ("Add" | "Sub", Logits, Logits) if left.axis == right.axis => {
            let sign = if op == "Add" { 1.0 } else { -1.0 };
            Ok(Tracked {
                logits: Rc::new(Affine::clone(&left.logits).plus(&right.logits, sign)),
                ..left.clone()
            })
        }
        ("Add" | "Sub", Logits | Centred, Common) => becomes(Centred),
        ("Sub", Logits | Centred, LogExponentSum) => becomes(Output(Link::LogSoftmax)),
        ("Div", Exponents, ExponentSum) => becomes(Output(Link::Softmax)),
        ("Add", LogExponentSum, Common) | ("Add", Common, LogExponentSum) => becomes(LogExponentSum),
        (_, Common, Common) => becomes(Common),
        ("Mul", ..) => Err("makes a product of values that all depend on the input".into()),
        ("Max", ..) => Err("takes the max of values that all depend on the input".into()),
        (_, Output(_), Output(_)) => {
            Err("averages several models' results: edit each of them by itself".into())
        }
        _ => Err("combines values in a way that is not linear in one embedding".into()),
    }
}

fn with_constant(
    follower: &mut Follower<'_, '_>,
    node: usize,
    op: &str,
    tracked: &Tracked,
    constant: usize,
) -> Result<Tracked, String> {
    if matches!((op, tracked.stage), ("Add" | "Sub", Stage::Logits)) {
        return added(follower, node, op, tracked, constant);
    }
    let operand = follower.per_class(node, constant, tracked.axis)?;
    let reversed = constant == 0 && matches!(op, "Sub" | "Div");
    match (op, tracked.stage) {
        ("Mul" | "Div", Stage::Logits) if !reversed => {
            let factor = |value: &f64| if op == "Mul" { *value } else { 1.0 / value };
            Ok(scaled(tracked.clone(), &operand.values.iter().map(factor).collect::<Vec<_>>()))
        }
        _ if !operand.same => Err("changes what follows from the logits class by class".into()),
        (_, Stage::Common) => Ok(tracked.clone()),
        ("Mul" | "Div", Stage::Centred) if !reversed && operand.values[0] > 0.0 => {
            let factor = if op == "Mul" { operand.values[0] } else { 1.0 / operand.values[0] };
            Ok(scaled(tracked.clone(), &vec![factor; follower.classes]))
        }
        ("Mul" | "Div", _) if !reversed && operand.values[0] > 0.0 => Ok(tracked.clone()),
        ("Add" | "Sub", _) if !reversed => Ok(tracked.clone()),
        ("Max" | "Min", Stage::ExponentSum) => Ok(tracked.clone()),
        ("Max" | "Min", Stage::Output(_)) => Ok(Tracked { order: Order::Weak, ..tracked.clone() }),
        _ => Err("changes the order of the classes".into()),
    }
}

/// `logits + b`, `b + logits`, `logits - b`, `b - logits`.
fn added(
    follower: &mut Follower<'_, '_>,
    node: usize,
    op: &str,
    tracked: &Tracked,
    constant: usize,
) -> Result<Tracked, String> {
    let mut affine = Affine::clone(&tracked.logits);
    let subtracted = op == "Sub";
    if subtracted && constant == 0 {
        affine = affine.scaled(&vec![-1.0; follower.classes]);
    }
    let sign = if subtracted && constant == 1 { -1.0 } else { 1.0 };
    add_bias(follower, &mut affine, node, constant, tracked.axis, sign)?;
    Ok(Tracked { logits: Rc::new(affine), ..tracked.clone() })
}

/// `scale (x - mean) / sqrt(variance + epsilon) + shift`; its shift is the head's bias if that has none.
pub(super) fn batch_normalisation(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    let tracked = follower.data(node)?;
    if tracked.stage != Stage::Logits || tracked.rank.is_some_and(|rank| rank != tracked.axis + 2) {
        return Err("does not normalise logits".into());
    }
    let epsilon = f64::from(float_attribute(follower.flow.node(node), "epsilon", 1e-5));
    let scale = follower.per_class(node, 1, 0)?.values;
    let mean = follower.per_class(node, 3, 0)?.values;
    let variance = follower.per_class(node, 4, 0)?.values;
    let factors: Vec<f64> =
        scale.iter().zip(&variance).map(|(scale, var)| scale / (var + epsilon).sqrt()).collect();
    let mut affine = Affine::clone(&tracked.logits).shifted(&mean, -1.0).scaled(&factors);
    add_bias(follower, &mut affine, node, 2, 0, 1.0)?;
    Ok(Tracked { logits: Rc::new(affine), ..tracked })
}

/// Operators of one operand that treat every element alike.
pub(super) fn pointwise(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, String> {
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, Output, Rectified};
    let tracked = follower.data(node)?;
    let becomes = |stage: Stage| Ok(Tracked { stage, ..tracked.clone() });
    match (follower.flow.node(node).op_type.as_str(), tracked.stage) {
        (_, Common) => becomes(Common),
        ("Exp", Logits | Centred | Rectified) => becomes(Exponents),
        ("Exp", Output(Link::LogSoftmax)) => becomes(Output(Link::Softmax)),
        ("Log", ExponentSum) => becomes(LogExponentSum),
        ("Log", Output(Link::Softmax)) => becomes(Output(Link::LogSoftmax)),
        ("Clip", ExponentSum) => becomes(ExponentSum),
        ("Clip", Output(link)) => Ok(Tracked { stage: Output(link), order: Order::Weak, ..tracked }),
        ("Relu", Logits | Rectified) => Ok(Tracked { stage: Rectified, order: Order::Weak, ..tracked }),
        ("Neg", Logits) => Ok(scaled(tracked, &vec![-1.0; follower.classes])),
        _ => Err("changes the logits in a way that is not followed".into()),
    }
}

fn scaled(tracked: Tracked, factors: &[f64]) -> Tracked {
    Tracked { logits: Rc::new(Affine::clone(&tracked.logits).scaled(factors)), ..tracked }
}
