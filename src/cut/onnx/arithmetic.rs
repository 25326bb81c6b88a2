//! Arithmetic behind the head: what keeps the logits affine in the embedding, and what a softmax is made of.

use std::rc::Rc;

use super::{
    class_axis::is_class,
    follower::{Follower, extent_from_right},
    problem::{Malformed, Meaning, Problem},
    stage::{Affine, Stage, Term, Tracked},
    storage::view,
};
use crate::head::Link;
use crate::net::{evaluate, float_attribute, int_attribute};

/// Between which sizes the factors of logits are: far from the ends of single precision, whatever the
/// embedding.
const FACTORS: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

/// A constant operand that is added to logits, or taken from them.
pub(super) struct Addend {
    pub(super) node: usize,
    pub(super) input: usize,
    /// The class axis of what it meets, from the last one.
    pub(super) axis: usize,
    /// Factor: 1 or -1 for sums and differences, `beta` for a product with a bias.
    pub(super) sign: f64,
}

/// Takes a constant operand as the head's bias, or as a shift if the head has one already. The size of its
/// largest entry.
pub(super) fn add_bias(
    follower: &mut Follower<'_, '_>,
    affine: &mut Affine,
    addend: &Addend,
) -> Result<f64, Problem> {
    let Addend { node, input, axis, sign } = *addend;
    let Some(name) = follower.name(node, input).filter(|name| follower.flow.is_static(name)) else {
        return Err(Meaning::MovingBias.into());
    };
    let classes = follower.classes;
    // With several heads, or a second bias, no single stored tensor is the bias: what is added is only noted
    // as a number per class.
    let Some(term) = affine.place_for_bias() else {
        let shift = follower.per_class(node, input, axis)?;
        *affine = std::mem::take(affine).shifted(&shift.values, sign);
        return Ok(largest(&shift.values) * sign.abs());
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
        return Err(Malformed::ConstantShape(shape).into());
    };
    if !operand.info.dtype.is_float() {
        return Err(Meaning::QuantisedBias(operand.info.dtype.name()).into());
    }
    // The gain is the product's so far; the bias joins behind it and is scaled only by what comes after.
    *term =
        Term { gain: std::mem::take(&mut term.gain), bias: Some(operand), bias_gain: vec![sign; classes] };
    let values = evaluate(follower.artifact, follower.flow, name).map(|constant| constant.values);
    // What cannot be computed may be of any size.
    Ok(values.map_or(f64::INFINITY, |values| largest(&values) * sign.abs()))
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0f64, |most, value| most.max(value.abs()))
}

/// `scale (x - mean) / sqrt(variance + epsilon) + shift`; its shift is the head's bias if that has none.
pub(super) fn normalise(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    // The statistics belong to the second axis, which has to be that of the classes.
    if tracked.stage != Stage::Logits || tracked.rank != Some(tracked.axis + 2) {
        return Err(Meaning::Normalisation.into());
    }
    let epsilon = f64::from(float_attribute(follower.flow.node(node), "epsilon", 1e-5));
    let scale = follower.per_class(node, 1, 0)?.values;
    let mean = follower.per_class(node, 3, 0)?.values;
    let variance = follower.per_class(node, 4, 0)?.values;
    let factors: Vec<f64> =
        scale.iter().zip(&variance).map(|(scale, var)| scale / (var + epsilon).sqrt()).collect();
    let numbers = tracked.numbers.with_addend(largest(&mean));
    let affine = Affine::clone(&tracked.logits).shifted(&mean, -1.0);
    let moved = rescaled(follower, Tracked { logits: affine.into(), numbers, ..tracked }, &factors)?;
    let mut affine = Affine::clone(&moved.logits);
    let size = add_bias(follower, &mut affine, &Addend { node, input: 2, axis: 0, sign: 1.0 })?;
    let numbers = moved.numbers.with_addend(size);
    Ok(Tracked { logits: Rc::new(affine), numbers, ..moved })
}

/// `scale (x - mean) / sqrt(variance + epsilon) + shift` with the mean and the variance of the logits themselves. What
/// they are divided by is positive and the same for all classes of a row, and so have to be scale and shift.
pub(super) fn standardise(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    let onnx = follower.flow.node(node);
    if !matches!(tracked.stage, Stage::Logits | Stage::Centred(_) | Stage::Rectified) {
        return Err(Meaning::Normalisation.into());
    }
    // Everything from the axis on is one row.
    if tracked.axis != 0 || !is_class(int_attribute(onnx, "axis", -1), &tracked)? {
        return Err(Meaning::OtherAxis.into());
    }
    if float_attribute(onnx, "epsilon", 1e-5) < 0.0 {
        return Err(Meaning::Reorders.into());
    }
    let one = |values: &[f64]| values.iter().all(|value| *value == values[0]);
    let scale = follower.per_class(node, 1, 0)?.values;
    if !one(&scale) {
        return Err(Meaning::ClassByClass.into());
    }
    if !scale.iter().all(|scale| FACTORS.contains(scale)) {
        return Err(Meaning::Reorders.into());
    }
    if follower.name(node, 2).is_some() {
        let shift = follower.per_class(node, 2, 0)?.values;
        if !one(&shift) || largest(&shift) > *FACTORS.end() {
            return Err(Meaning::ClassByClass.into());
        }
    }
    // Large numbers may be divided by infinity, and small distances are lost beside a shift.
    Ok(Tracked { stage: Stage::Output(Link::None), ..tracked }.tying())
}

/// Logits times a factor per class.
pub(super) fn rescaled(
    follower: &Follower<'_, '_>,
    tracked: Tracked,
    factors: &[f64],
) -> Result<Tracked, Problem> {
    debug_assert_eq!(factors.len(), follower.classes);
    let numbers = tracked.numbers.noisier(largest(factors));
    let tracked = scaled(Tracked { numbers, ..tracked }, factors);
    match tracked.logits.sizes() {
        Some((least, most)) if FACTORS.contains(&least) && FACTORS.contains(&most) => Ok(tracked),
        _ => Err(Meaning::OutOfRange.into()),
    }
}

/// The same factors, known to be harmless.
pub(super) fn scaled(tracked: Tracked, factors: &[f64]) -> Tracked {
    Tracked { logits: Rc::new(Affine::clone(&tracked.logits).scaled(factors)), ..tracked }
}
