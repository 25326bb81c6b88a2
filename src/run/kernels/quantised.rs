//! Whole numbers that stand for real ones: made real, computed with, and made whole again.

use candle_core::{DType, Tensor};
use declass_formats::onnx::Attribute;

use super::{linear, quantise::bounded, settings::Settings};
use crate::{
    net::ops::{Map, Pairwise},
    run::{
        Fault, Floats, Value,
        call::{Call, Results, axis},
    },
};

/// Of two operands, each with its scale and zero point, broadcast.
pub(super) fn pair(call: &Call<'_>, what: Pairwise) -> Results {
    let (a, b) = ([0, 1, 2], [3, 4, 5]);
    call.claim(&crate::net::broadcast_shape(call.required(a[0])?.shape(), call.required(b[0])?.shape())?)?;
    match what {
        Pairwise::Sum => whole(call, &real(call, a)?.broadcast_add(&real(call, b)?)?, [6, 7]),
        // The product of what is stored is exact, and rounded once.
        Pairwise::Product => {
            let factor = scale(call, 1)? * scale(call, 4)? / scale(call, 6)?;
            let product = exact(call, a, 0)?.broadcast_mul(&exact(call, b, 0)?)?;
            let made = product.to_dtype(DType::F32)?.affine(f64::from(factor), 0.0)?;
            stored(call, &made, 1.0, 7)
        }
        _ => Err(Fault::unsupported("another function of two quantised numbers")),
    }
}

/// Of one operand, number by number.
pub(super) fn map(call: &Call<'_>, what: Map) -> Results {
    let x = real(call, [0, 1, 2])?;
    let settings = Settings::of(call, what)?;
    let numbers = x.flatten_all()?.to_vec1::<f32>()?;
    let numbers = numbers.into_iter().map(|x| settings.exact(what, f64::from(x)) as f32).collect();
    whole(call, &Tensor::from_vec(numbers, x.dims(), call.device)?, [3, 4])
}

/// The mean of each channel.
pub(super) fn mean(call: &Call<'_>) -> Results {
    let x = real(call, [0, 1, 2])?;
    let rank = x.rank();
    if rank < 3 {
        return Err(Fault::Compute(format!("channels of shape {:?}", x.dims())));
    }
    let last = call.int("channels_last", 0) != 0;
    let axes: Vec<usize> = if last { (1..rank - 1).collect() } else { (2..rank).collect() };
    whole(call, &x.mean_keepdim(axes)?, [3, 4])
}

/// End to end: scale and zero point of the result, then three for each part.
pub(super) fn concatenate(call: &Call<'_>) -> Results {
    let parts = (2..call.operands.len()).step_by(3).map(|at| real(call, [at, at + 1, at + 2]));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let [first, ..] = parts.as_slice() else {
        return Err(Fault::Compute("nothing is put together".into()));
    };
    let at = axis(call.int("axis", 0), first.rank())?;
    let elements: usize = parts.iter().map(Tensor::elem_count).sum();
    call.claim(&[elements])?;
    whole(call, &Tensor::cat(&parts, at)?, [0, 1])
}

/// `alpha A B + C`; quantised again where a scale of the result is given.
pub(super) fn gemm(call: &Call<'_>) -> Results {
    let turned = |matrix: Tensor, name: &str| -> Result<Tensor, Fault> {
        Ok(if call.int(name, 0) != 0 { matrix.t()? } else { matrix })
    };
    let stored = |operands: [usize; 3]| exact(call, operands, 1);
    let (a, b) = (turned(stored([0, 1, 2])?, "transA")?, turned(stored([3, 4, 5])?, "transB")?);
    let mut sum = linear::product(call, &a.contiguous()?, &b.contiguous()?)?;
    if let Some(shift) = call.get(6) {
        let numbers = shift.numbers()?;
        sum = sum.broadcast_add(&Tensor::from_vec(numbers, shift.shape(), call.device)?)?;
    }
    let alpha = match call.node.attributes.get("alpha") {
        Some(Attribute::Float(alpha)) => f64::from(*alpha),
        _ => 1.0,
    };
    let scale = call.required(1)?.numbers()?;
    let columns = call.required(4)?.numbers()?;
    let [scale] = scale[..] else { return Err(Fault::unsupported("rows with scales of their own")) };
    let factors: Vec<f64> = columns.iter().map(|column| alpha * scale * column).collect();
    let count = factors.len();
    let real = sum.broadcast_mul(&Tensor::from_vec(factors, count, call.device)?)?.to_dtype(DType::F32)?;
    match call.get(7) {
        Some(_) => whole(call, &real, [7, 8]),
        None => Ok(vec![Floats { tensor: real, dtype: declass_formats::Dtype::F32 }.into()]),
    }
}

/// `(stored - zero) * scale` in single precision.
fn real(call: &Call<'_>, operands: [usize; 3]) -> Result<Tensor, Fault> {
    let exact = exact(call, operands, 0)?;
    Ok(exact.to_dtype(DType::F32)?.affine(f64::from(scale(call, operands[1])?), 0.0)?)
}

/// `stored - zero`, exactly; the zero point may be one for each entry of the last axis where `lists` is one.
fn exact(call: &Call<'_>, operands: [usize; 3], lists: usize) -> Result<Tensor, Fault> {
    let stored = call.whole(operands[0])?;
    call.claim(&stored.shape)?;
    let numbers: Vec<f64> = stored.values.iter().map(|value| *value as f64).collect();
    let stored = Tensor::from_vec(numbers, stored.shape.as_slice(), call.device)?;
    let Some(zero) = call.get(operands[2]) else { return Ok(stored) };
    let zeros = zero.numbers()?;
    match zeros.as_slice() {
        [zero] => Ok(stored.affine(1.0, -zero)?),
        _ if lists == 1 && zeros.iter().all(|zero| *zero == zeros[0]) => Ok(stored.affine(1.0, -zeros[0])?),
        _ => Err(Fault::unsupported("zero points that differ")),
    }
}

fn one(call: &Call<'_>, operand: usize) -> Result<Option<f64>, Fault> {
    call.get(operand).map(Value::numbers).transpose().map(|numbers| match numbers?.as_slice() {
        [one] => Some(*one),
        _ => None,
    })
}

fn scale(call: &Call<'_>, operand: usize) -> Result<f32, Fault> {
    let missing = || Fault::Compute("a scale is missing".into());
    Ok(one(call, operand)?.ok_or_else(missing)? as f32)
}

/// Made whole again, by a scale and a zero point.
fn whole(call: &Call<'_>, real: &Tensor, [step, zero]: [usize; 2]) -> Results {
    stored(call, real, scale(call, step)?, zero)
}

/// Divided by a step, rounded, moved by the zero point, into the range of its type.
fn stored(call: &Call<'_>, real: &Tensor, step: f32, zero: usize) -> Results {
    let missing = || Fault::Compute("the zero point of the result is missing".into());
    let offset = call.get(zero).ok_or_else(missing)?;
    let from = one(call, zero)?.ok_or_else(missing)?;
    let numbers = real.flatten_all()?.to_vec1::<f32>()?;
    let numbers = numbers.into_iter().map(|x| f64::from(x / step).round_ties_even() + from);
    Ok(vec![bounded(numbers, real.dims(), offset.dtype())?.into()])
}
