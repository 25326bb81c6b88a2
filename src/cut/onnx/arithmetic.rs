//! Arithmetic behind the head: what keeps the logits affine in the embedding, and what a softmax is made of.

use std::rc::Rc;

use super::{
    follower::{Follower, extent_from_right},
    problem::{Malformed, Meaning, Problem},
    stage::{Affine, Stage, Term, Tracked},
    storage::view,
};
use crate::head::Link;
use crate::net::{
    float_attribute,
    ops::{Arithmetic, Function},
};

/// A constant operand that is added to logits, or taken from them.
pub(super) struct Addend {
    pub(super) node: usize,
    pub(super) input: usize,
    /// The class axis of what it meets, from the last one.
    pub(super) axis: usize,
    /// Factor: 1 or -1 for sums and differences, `beta` for a product with a bias.
    pub(super) sign: f64,
}

/// Takes a constant operand as the head's bias, or as a shift if the head has one already.
pub(super) fn add_bias(
    follower: &mut Follower<'_, '_>,
    affine: &mut Affine,
    addend: &Addend,
) -> Result<(), Problem> {
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
        return Err(Malformed::ConstantShape(shape).into());
    };
    if !operand.info.dtype.is_float() {
        return Err(Meaning::QuantisedBias(operand.info.dtype.name()).into());
    }
    // The gain is the product's so far; the bias joins behind it and is scaled only by what comes after.
    *term =
        Term { gain: std::mem::take(&mut term.gain), bias: Some(operand), bias_gain: vec![sign; classes] };
    Ok(())
}

/// Add, Sub, Mul, Div, and the operators of many operands.
pub(super) fn combine(
    follower: &mut Follower<'_, '_>,
    node: usize,
    effect: Arithmetic,
) -> Result<Tracked, Problem> {
    let count = follower.flow.node(node).inputs.len();
    let operands: Vec<Option<Tracked>> =
        (0..count).map(|input| follower.operand(node, input).cloned()).collect();
    match operands.as_slice() {
        [Some(left), Some(right)] if effect != Arithmetic::Mean => pair(effect, left, right),
        [Some(tracked), None] => Meeting { node, effect, tracked, constant: 1 }.result(follower),
        [None, Some(tracked)] => Meeting { node, effect, tracked, constant: 0 }.result(follower),
        [Some(first), rest @ ..] if matches!(effect, Arithmetic::Mean | Arithmetic::Sum) => {
            let rest: Vec<&Tracked> = rest.iter().flatten().collect();
            if rest.len() + 1 < count {
                return Err(Meaning::MixedSum.into());
            }
            let sum =
                rest.into_iter().try_fold(first.clone(), |sum, next| pair(Arithmetic::Sum, &sum, next))?;
            let factor = if effect == Arithmetic::Mean { 1.0 / count as f64 } else { 1.0 };
            Ok(scaled(sum, &vec![factor; follower.classes]))
        }
        _ => Err(Meaning::NotFollowed.into()),
    }
}

/// Two values that both come from the logits.
fn pair(effect: Arithmetic, left: &Tracked, right: &Tracked) -> Result<Tracked, Problem> {
    use Arithmetic::{Difference, Largest, Product, Quotient, Sum};
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, Output};
    let becomes = |stage: Stage| Ok(Tracked { stage, ..left.clone() });
    match (effect, left.stage, right.stage) {
        // Parallel heads: their sum is linear in the embeddings side by side.
        (Sum | Difference, Logits, Logits) if left.axis == right.axis => {
            let sign = if effect == Sum { 1.0 } else { -1.0 };
            let logits = Rc::new(Affine::clone(&left.logits).plus(&right.logits, sign));
            Ok(Tracked { logits, ..left.clone() })
        }
        // Softmax by hand, first step: less the maximum, so that no exponential overflows.
        (Sum | Difference, Logits | Centred, Common) => becomes(Centred),
        // Its last steps: `x - log sum exp x`, or `exp x / sum exp x`.
        (Difference, Logits | Centred, LogExponentSum) => becomes(Output(Link::LogSoftmax)),
        (Quotient, Exponents, ExponentSum) => becomes(Output(Link::Softmax)),
        // The maximum is given back to the logarithm of the sum.
        (Sum, LogExponentSum, Common) | (Sum, Common, LogExponentSum) => becomes(LogExponentSum),
        (_, Common, Common) => becomes(Common),
        (Product, ..) => Err(Meaning::Product.into()),
        (Largest, ..) => Err(Meaning::Largest.into()),
        (_, Output(_), Output(_)) => Err(Meaning::SeveralModels.into()),
        _ => Err(Meaning::NotOneEmbedding.into()),
    }
}

/// A value that comes from the logits where it meets a constant.
struct Meeting<'t> {
    node: usize,
    effect: Arithmetic,
    tracked: &'t Tracked,
    /// Which operand is the constant.
    constant: usize,
}

impl Meeting<'_> {
    fn result(&self, follower: &mut Follower<'_, '_>) -> Result<Tracked, Problem> {
        use Arithmetic::{Difference, Largest, Product, Quotient, Smallest, Sum};
        let Meeting { node, effect, tracked, constant } = *self;
        if matches!((effect, tracked.stage), (Sum | Difference, Stage::Logits)) {
            return self.added(follower);
        }
        let operand = follower.per_class(node, constant, tracked.axis)?;
        // `c - x` and `c / x` turn the order of the classes round.
        let reversed = constant == 0 && matches!(effect, Difference | Quotient);
        let factor = |value: &f64| if effect == Product { *value } else { 1.0 / value };
        let first = operand.values.first().copied().unwrap_or_default();
        match (effect, tracked.stage) {
            // Logits stay affine whatever the factors: they are folded into the head.
            (Product | Quotient, Stage::Logits) if !reversed => {
                Ok(scaled(tracked.clone(), &operand.values.iter().map(factor).collect::<Vec<_>>()))
            }
            // Behind that only what is the same for all classes keeps their order.
            _ if !operand.same => Err(Meaning::ClassByClass.into()),
            (_, Stage::Common) => Ok(tracked.clone()),
            // A temperature, applied after the maximum was taken off.
            (Product | Quotient, Stage::Centred) if !reversed && first > 0.0 => {
                Ok(scaled(tracked.clone(), &vec![factor(&first); follower.classes]))
            }
            (Product | Quotient, _) if !reversed && first > 0.0 => Ok(tracked.clone()),
            (Sum | Difference, _) if !reversed => Ok(tracked.clone()),
            // A guard against division by zero.
            (Largest | Smallest, Stage::ExponentSum) => Ok(tracked.clone()),
            (Largest | Smallest, Stage::Output(_)) => Ok(tracked.clone().tying()),
            _ => Err(Meaning::Reorders.into()),
        }
    }

    /// `logits + b`, `b + logits`, `logits - b`, `b - logits`.
    fn added(&self, follower: &mut Follower<'_, '_>) -> Result<Tracked, Problem> {
        let Meeting { node, effect, tracked, constant } = *self;
        let subtracts = effect == Arithmetic::Difference;
        let mut affine = Affine::clone(&tracked.logits);
        if subtracts && constant == 0 {
            affine = affine.scaled(&vec![-1.0; follower.classes]);
        }
        let sign = if subtracts && constant == 1 { -1.0 } else { 1.0 };
        add_bias(follower, &mut affine, &Addend { node, input: constant, axis: tracked.axis, sign })?;
        Ok(Tracked { logits: Rc::new(affine), ..tracked.clone() })
    }
}

/// `scale (x - mean) / sqrt(variance + epsilon) + shift`; its shift is the head's bias if that has none.
pub(super) fn normalise(follower: &mut Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    // The statistics belong to the second axis, which has to be that of the classes.
    if tracked.stage != Stage::Logits || tracked.rank.is_some_and(|rank| rank != tracked.axis + 2) {
        return Err(Meaning::Normalisation.into());
    }
    let epsilon = f64::from(float_attribute(follower.flow.node(node), "epsilon", 1e-5));
    let scale = follower.per_class(node, 1, 0)?.values;
    let mean = follower.per_class(node, 3, 0)?.values;
    let variance = follower.per_class(node, 4, 0)?.values;
    let factors: Vec<f64> =
        scale.iter().zip(&variance).map(|(scale, var)| scale / (var + epsilon).sqrt()).collect();
    let mut affine = Affine::clone(&tracked.logits).shifted(&mean, -1.0).scaled(&factors);
    add_bias(follower, &mut affine, &Addend { node, input: 2, axis: 0, sign: 1.0 })?;
    Ok(Tracked { logits: Rc::new(affine), ..tracked })
}

/// Operators of one operand that treat every element alike.
pub(super) fn map(follower: &Follower<'_, '_>, node: usize, function: Function) -> Result<Tracked, Problem> {
    use Function::{Clipped, Exponential, Logarithm, Negative, Rectified as ReLu};
    use Stage::{Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, Output, Rectified};
    let tracked = follower.data(node)?;
    let becomes = |stage: Stage| Ok(Tracked { stage, ..tracked.clone() });
    match (function, tracked.stage) {
        // One number for all classes stays one, whatever is done to it.
        (_, Common) => becomes(Common),
        (Exponential, Logits | Centred | Rectified) => becomes(Exponents),
        (Exponential, Output(Link::LogSoftmax)) => becomes(Output(Link::Softmax)),
        (Logarithm, ExponentSum) => becomes(LogExponentSum),
        (Logarithm, Output(Link::Softmax)) => becomes(Output(Link::LogSoftmax)),
        (Clipped, ExponentSum) => becomes(ExponentSum),
        // Outputs beyond a bound become equal, and so do negative logits behind a ReLU.
        (Clipped, Output(_)) => Ok(tracked.tying()),
        (ReLu, Logits | Rectified) => Ok(Tracked { stage: Rectified, ..tracked.tying() }),
        (Negative, Logits) => Ok(scaled(tracked, &vec![-1.0; follower.classes])),
        _ => Err(Meaning::Function.into()),
    }
}

fn scaled(tracked: Tracked, factors: &[f64]) -> Tracked {
    Tracked { logits: Rc::new(Affine::clone(&tracked.logits).scaled(factors)), ..tracked }
}
