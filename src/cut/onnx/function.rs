//! Functions of one number, behind the head.

use super::{
    arithmetic::scaled,
    follower::Follower,
    meeting::independent,
    numbers::Format,
    problem::{Meaning, Problem},
    stage::{Level, Stage, Tracked},
};
use crate::head::Link;
use crate::net::{element_type, float_attribute, int_attribute, ops::Function, stored_info};

/// Operators of one operand that treat every element alike.
pub(super) fn map(follower: &Follower<'_, '_>, node: usize, function: Function) -> Result<Tracked, Problem> {
    use Function::{Clipped, Exponential, Logarithm, Negative, Reciprocal, Rectified as ReLu};
    use Stage::{
        Centred, Common, ExponentSum, Exponents, LogExponentSum, Logits, OneMore, Output, Rectified,
    };
    let tracked = follower.data(node)?;
    let becomes = |stage: Stage| Ok(Tracked { stage, ..tracked.clone() });
    match (function, tracked.stage) {
        (_, Common(_)) => common(follower, node, function, tracked),
        (Exponential, Centred(Level::Largest)) => becomes(Exponents(Level::Largest)),
        // These overflow where the largest logit is 89.
        (Exponential, Logits | Centred(_) | Rectified) => {
            Ok(Tracked { stage: Exponents(Level::Any), ..tracked.tying() })
        }
        (Exponential, Output(Link::LogSoftmax)) => {
            let (least, most) = ((-tracked.numbers.most).exp(), tracked.numbers.most.exp());
            let is_clear = tracked.numbers.is_clear();
            let numbers = tracked.numbers.probabilities(1.0 / most, 1.0 / least);
            let result = Tracked { stage: Output(Link::Softmax), numbers, ..tracked };
            // Exponentials of numbers that hardly differ are one number.
            Ok(if is_clear { result } else { result.tying() })
        }
        (Logarithm, ExponentSum(level)) => becomes(LogExponentSum(level)),
        // Something negative has no logarithm.
        (Logarithm, Output(Link::Softmax)) if tracked.numbers.non_negative => {
            let most = tracked.numbers.least.ln().abs().max(tracked.numbers.most.ln().abs());
            let share = 0.5 * (tracked.numbers.least / tracked.numbers.most).min(1.0);
            let mut numbers = tracked.numbers.logarithms(most);
            numbers.least = numbers.least.min(share);
            Ok(Tracked { stage: Output(Link::LogSoftmax), numbers, ..tracked })
        }
        (Clipped, ExponentSum(level)) => {
            let (low, high) = bounds(follower, node)?;
            let mut numbers = tracked.numbers;
            let clip = |value: f64| value.max(low).min(high);
            (numbers.least, numbers.most) = (clip(numbers.least), clip(numbers.most));
            if high <= 0.0 {
                return Err(Meaning::Reorders.into());
            }
            if !numbers.are_ordinary() {
                return Err(Meaning::OutOfRange.into());
            }
            Ok(Tracked { stage: ExponentSum(level), numbers, ..tracked })
        }
        // Outputs beyond a bound become equal, and so do negative logits behind a ReLU.
        (Clipped, Output(_)) => {
            let (low, high) = bounds(follower, node)?;
            let mut numbers = tracked.numbers;
            numbers.non_negative = (numbers.non_negative || low >= 0.0) && high >= 0.0;
            Ok(Tracked { numbers, ..tracked }.tying())
        }
        (ReLu, Logits | Rectified) => Ok(Tracked { stage: Rectified, ..tracked.tying() }),
        (Negative, Logits) => Ok(scaled(tracked, &vec![-1.0; follower.classes])),
        (Reciprocal, OneMore) => Ok(independent(follower, tracked)),
        _ => Err(Meaning::Function.into()),
    }
}

/// One number for all classes stays one, whatever is done to it.
fn common(
    follower: &Follower<'_, '_>,
    node: usize,
    function: Function,
    tracked: Tracked,
) -> Result<Tracked, Problem> {
    use Function::{Clipped, Exponential, Negated, Reciprocal, Rectified};
    let mut numbers = tracked.numbers;
    numbers.non_negative = match function {
        Clipped => {
            let (low, high) = bounds(follower, node)?;
            (numbers.non_negative || low >= 0.0) && high >= 0.0
        }
        Exponential | Negated | Rectified => true,
        Reciprocal => numbers.non_negative,
        _ => false,
    };
    Ok(Tracked { stage: Stage::Common(Level::Any), numbers, ..tracked })
}

/// The bounds of a clip: attributes in old operator sets, operands in new ones.
fn bounds(follower: &Follower<'_, '_>, node: usize) -> Result<(f64, f64), Problem> {
    let bound = |input: usize, name: &str, default: f32| match follower.name(node, input) {
        Some(_) => Ok(follower.scalar(node, input)?.filter(|bound| !bound.is_nan()).ok_or(Meaning::Bound)?),
        None => Ok::<f64, Problem>(float_attribute(follower.flow.node(node), name, default).into()),
    };
    Ok((bound(1, "min", f32::MIN)?, bound(2, "max", f32::MAX)?))
}

/// The same values as another type.
pub(super) fn retype(follower: &Follower<'_, '_>, node: usize) -> Result<Tracked, Problem> {
    let tracked = follower.data(node)?;
    let to = target(follower, node)?;
    let format = float_format(to);
    match (tracked.stage, format) {
        (Stage::Index { .. }, _) if largest_index(to).is_none_or(|most| follower.classes <= most) => {
            Ok(tracked)
        }
        (Stage::Index { .. }, _) => Err(Meaning::Cast.into()),
        (Stage::Common(level), _) => {
            let mut numbers = tracked.numbers;
            numbers.non_negative &= format.is_some() || to == BOOL;
            let level = if format.is_some_and(|format| !numbers.exceed(format)) { level } else { Level::Any };
            Ok(Tracked { stage: Stage::Common(level), numbers, ..tracked })
        }
        (_, Some(Format::Wide)) => {
            let mut numbers = tracked.numbers;
            numbers.format = Format::Wide;
            Ok(Tracked { numbers, ..tracked })
        }
        (_, Some(format)) if !tracked.numbers.exceed(format) => Ok(tracked),
        // Logits of thirty nats apart are one number in a type of few digits, or infinite, if they are large.
        (Stage::Logits | Stage::Rectified, Some(format)) => {
            let mut numbers = tracked.numbers;
            numbers.format = format;
            Ok(Tracked { stage: Stage::Output(Link::None), numbers, ..tracked }.tying())
        }
        (Stage::Output(_), Some(format)) => {
            let numbers = tracked.numbers.narrowed(format);
            Ok(if numbers.merge() { tracked.tying().with(numbers) } else { tracked.with(numbers) })
        }
        _ => Err(Meaning::Cast.into()),
    }
}

/// `BOOL` in `onnx.proto`.
const BOOL: i64 = 9;

/// The type that a cast is to: an attribute, or that of another constant.
fn target(follower: &Follower<'_, '_>, node: usize) -> Result<i64, Problem> {
    match follower.name(node, 1) {
        None => Ok(int_attribute(follower.flow.node(node), "to", 0)),
        Some(like) => {
            let info = stored_info(follower.artifact, like).ok_or(Meaning::Cast)?;
            let number = (1..=16).find(|number| element_type(*number).is_ok_and(|dtype| dtype == info.dtype));
            Ok(number.ok_or(Meaning::Cast)?)
        }
    }
}

fn float_format(to: i64) -> Option<Format> {
    match to {
        1 | 11 => Some(Format::Wide),
        10 => Some(Format::F16),
        16 => Some(Format::Bf16),
        _ => None,
    }
}

/// How many indices a type holds, each as itself; `None` for as many as there are.
fn largest_index(to: i64) -> Option<usize> {
    match to {
        6 | 7 | 8 | 11 | 12 | 13 => None,
        1 => Some(1 << 24),
        2 | 16 => Some(1 << 8),
        3 => Some(1 << 7),
        4 => Some(1 << 16),
        5 => Some(1 << 15),
        9 => Some(2),
        10 => Some(1 << 11),
        _ => Some(0),
    }
}
