//! Values less their mean, over their spread.

use candle_core::{D, DType, Tensor};
use declass_formats::Dtype;

use super::{fold, pairs};
use crate::{
    net::ops::Fold,
    run::{
        Array, Fault, Floats, Value,
        call::{Call, Results, axes, axis},
        lines,
    },
};

/// `scale (x - mean) / sqrt(variance + epsilon) + shift`, with what was learnt per channel.
pub(super) fn batch(call: &Call<'_>) -> Results {
    if call.int("training_mode", 0) != 0 || (call.version < 7 && call.int("is_test", 0) == 0) {
        return Err(Fault::unsupported("a batch normalisation in training mode depends on the other inputs"));
    }
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let epsilon = call.float("epsilon", 1e-5);
    let factor = (call.tensor(1)? / (call.tensor(4)? + epsilon)?.sqrt()?)?;
    let shift = (call.tensor(2)? - (call.tensor(3)? * &factor)?)?;
    call.made(per_channel(call, x, &factor, &shift)?)
}

/// `x` times a factor plus a shift, one for each entry of the second axis.
fn per_channel(call: &Call<'_>, x: &Tensor, factor: &Tensor, shift: &Tensor) -> Result<Tensor, Fault> {
    let mut across = vec![1; x.rank()];
    *across.get_mut(1).ok_or_else(|| Fault::Compute("there is no axis of channels".into()))? = x.dims()[1];
    // Not by candle's own operators, whose threads wait for each other in a loop that takes the time of others.
    let scaled = pairs::product(call, x, &factor.reshape(across.as_slice())?)?;
    pairs::sum(call, &scaled, &shift.reshape(across)?)
}

/// Over all axes from one on; scaled and shifted element by element.
pub(super) fn layer(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let at = axis(call.int("axis", -1), x.rank())?;
    let (scale, shift) = (call.tensor(1)?, call.optional(2)?);
    let epsilon = call.float("epsilon", 1e-5);
    let statistics = call.node.outputs.iter().skip(1).any(|name| !name.is_empty());
    if at + 1 == x.rank() && !statistics {
        return call.made(over_last(call, x, scale, shift, epsilon)?);
    }
    let lines: usize = x.dims()[..at].iter().product();
    let flat = x.reshape((lines, x.elem_count() / lines.max(1)))?;
    let mean = average(&flat)?;
    let centred = flat.broadcast_sub(&mean)?;
    let inverse = (average(&centred.sqr()?)? + epsilon)?.sqrt()?.recip()?;
    let normal = centred.broadcast_mul(&inverse)?.reshape(x.dims())?.broadcast_mul(scale)?;
    let made = shift.map_or_else(|| Ok(normal.clone()), |shift| normal.broadcast_add(shift))?;
    let floats = call.floats(0)?;
    let small = [&x.dims()[..at], &vec![1; x.rank() - at]].concat();
    let statistic = |tensor: Tensor| -> Result<Value, Fault> {
        Ok(Floats { tensor: tensor.reshape(small.as_slice())?, dtype: Dtype::F32 }.into())
    };
    Ok(vec![floats.like(made).rounded()?.into(), statistic(mean)?, statistic(inverse)?])
}

/// Over the last axis.
fn over_last(
    call: &Call<'_>,
    x: &Tensor,
    scale: &Tensor,
    shift: Option<&Tensor>,
    epsilon: f64,
) -> Result<Tensor, Fault> {
    let width = x.dims().last().copied().unwrap_or(1);
    let is_plain = |tensor: &Tensor| tensor.dims() == [width] && tensor.dtype() == DType::F32;
    if !call.learns && call.device.is_cpu() && is_plain(scale) && shift.is_none_or(is_plain) {
        return Ok(lines::normalised(x, scale, shift, epsilon)?);
    }
    let normal = normal(x, 1, epsilon)?.broadcast_mul(scale)?;
    Ok(shift.map_or_else(|| Ok(normal.clone()), |shift| normal.broadcast_add(shift))?)
}

fn average(flat: &Tensor) -> candle_core::Result<Tensor> {
    let count = flat.dims().last().copied().unwrap_or(1).max(1);
    flat.sum_keepdim(D::Minus1)?.affine(1.0 / count as f64, 0.0)
}

/// `(x - mean) / sqrt(variance + epsilon)` over the last axes.
fn normal(x: &Tensor, axes: usize, epsilon: f64) -> Result<Tensor, Fault> {
    let lines: usize = x.dims()[..x.rank() - axes].iter().product();
    let flat = x.reshape((lines, x.elem_count() / lines.max(1)))?;
    let centred = flat.broadcast_sub(&average(&flat)?)?;
    let spread = (average(&centred.sqr()?)? + epsilon)?.sqrt()?;
    Ok(centred.broadcast_div(&spread)?.reshape(x.dims())?)
}

pub(super) fn root_mean_square(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let at = axis(call.int("axis", -1), x.rank())?;
    call.made(by_root(x, x.rank() - at, call.float("epsilon", 1e-5))?.broadcast_mul(call.tensor(1)?)?)
}

/// Over the root of the mean square of the last axes.
fn by_root(x: &Tensor, axes: usize, epsilon: f64) -> Result<Tensor, Fault> {
    let lines: usize = x.dims()[..x.rank() - axes].iter().product();
    let flat = x.reshape((lines, x.elem_count() / lines.max(1)))?;
    let mean = (average(&flat.sqr()?)? + epsilon)?;
    Ok(flat.broadcast_div(&mean.sqrt()?)?.reshape(x.dims())?)
}

/// Over the positions of each channel of each sample.
pub(super) fn instance(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    if x.rank() < 3 {
        return Err(Fault::Compute("there are no positions to normalise over".into()));
    }
    let normal = normal(x, x.rank() - 2, call.float("epsilon", 1e-5))?;
    call.made(per_channel(call, &normal, call.tensor(1)?, call.tensor(2)?)?)
}

/// Over groups of channels with all their positions.
pub(super) fn group(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let groups = usize::try_from(call.int("num_groups", 1)).unwrap_or(0);
    let [samples, channels, ..] = *x.dims() else {
        return Err(Fault::Compute("there is no axis of channels".into()));
    };
    if groups == 0 || channels % groups != 0 {
        return Err(Fault::Compute(format!("{channels} channels do not make {groups} groups")));
    }
    let grouped = x.reshape((samples, groups, x.elem_count() / (samples * groups).max(1)))?;
    let normal = normal(&grouped, 1, call.float("epsilon", 1e-5))?.reshape(x.dims())?;
    // Before version 21 scale and shift were one for each group.
    let wide = |at: usize| -> Result<Tensor, Fault> {
        let stated = call.tensor(at)?;
        if stated.elem_count() == channels {
            return Ok(stated.clone());
        }
        Ok(stated.reshape((groups, 1))?.broadcast_as((groups, channels / groups))?.reshape(channels)?)
    };
    call.made(per_channel(call, &normal, &wide(1)?, &wide(2)?)?)
}

/// `x / (bias + alpha / size * sum of x^2 over neighbouring channels)^beta`.
pub(super) fn local_response(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let size = usize::try_from(call.int("size", 1)).ok().filter(|size| (1..=1 << 12).contains(size));
    let size = size.ok_or_else(|| Fault::Compute("a number of neighbours that makes no sense".into()))?;
    call.budget.spend((x.elem_count() as u64).saturating_mul(32 * size as u64))?;
    let (before, after) = ((size - 1) / 2, size / 2);
    let channels = x.dim(1)?;
    let squares = x.sqr()?.pad_with_zeros(1, before, after)?;
    let mut sum = squares.narrow(1, 0, channels)?;
    for shift in 1..size {
        sum = (sum + squares.narrow(1, shift, channels)?)?;
    }
    let alpha = call.float("alpha", 1e-4) / size as f64;
    let base = sum.affine(alpha, call.float("bias", 1.0))?;
    call.made((x / base.powf(call.float("beta", 0.75))?)?)
}

/// Less its mean, over its spread, along axes.
pub(super) fn mean_variance(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let over = axes(call.ints("axes").unwrap_or(&[0, 2, 3]), x.rank())?;
    let mean = |x: &Tensor| fold::of_floats(x, Fold::Mean, &over, true);
    let centred = x.broadcast_sub(&mean(x)?)?;
    let spread = (mean(&centred.sqr()?)?.sqrt()? + 1e-9)?;
    call.made(centred.broadcast_div(&spread)?)
}

/// Divided by a norm along an axis; where that is zero, so is the result.
pub(super) fn by_norm(call: &Call<'_>) -> Results {
    let x = call.tensor(0)?;
    call.claim(x.dims())?;
    let over = [axis(call.int("axis", -1), x.rank())?];
    let norm = match call.int("p", 2) {
        1 => fold::of_floats(x, Fold::SumOfMagnitudes, &over, true)?,
        2 => fold::of_floats(x, Fold::Length, &over, true)?,
        other => return Err(Fault::unsupported(format!("a norm of order {other}"))),
    };
    let is_zero = norm.eq(&norm.zeros_like()?)?;
    let divisor = is_zero.where_cond(&norm.ones_like()?, &norm)?;
    call.made(x.broadcast_div(&divisor)?)
}

/// The sum of two operands (and a bias), normalised over the last axis; the sum is the fourth result.
pub(super) fn of_sum(call: &Call<'_>, centred: bool) -> Results {
    let (x, skip) = (call.tensor(0)?, call.tensor(1)?);
    call.claim(x.dims())?;
    let (scale, shift, bias) = match centred {
        true => (call.tensor(2)?, call.optional(3)?, call.optional(4)?),
        false => (call.tensor(2)?, None, call.optional(3)?),
    };
    let sum = super::pairs::sum(call, x, skip)?;
    let sum = bias.map_or_else(|| Ok(sum.clone()), |bias| super::pairs::sum(call, &sum, bias))?;
    let epsilon = call.float("epsilon", 1e-12);
    let made = if centred {
        over_last(call, &sum, scale, shift, epsilon)?
    } else {
        by_root(&sum, 1, epsilon)?.broadcast_mul(scale)?
    };
    let floats = call.floats(0)?;
    // The second and third results, statistics of training, are not made.
    if call.node.outputs.iter().skip(1).take(2).any(|name| !name.is_empty()) {
        return Err(Fault::unsupported("the statistics of a normalisation"));
    }
    let empty: Value = floats.like(made.zeros_like()?.flatten_all()?.narrow(0, 0, 0)?).into();
    Ok(vec![floats.like(made).rounded()?.into(), empty.clone(), empty, floats.like(sum).rounded()?.into()])
}

/// Embeddings of words, positions and segments, added and normalised.
pub(super) fn embedded(call: &Call<'_>) -> Results {
    let words = call.whole(0)?;
    let [samples, length] = words.shape[..] else {
        return Err(Fault::Compute(format!("tokens of shape {:?}", words.shape)));
    };
    let rows = |table: usize, indices: &Array| -> Result<Tensor, Fault> {
        let table = call.tensor(table)?;
        call.claim(&[indices.values.len(), table.dim(1)?])?;
        let flat = indices.reshaped(&[indices.values.len()]).indices(table.dim(0)?, call.device)?;
        let picked = super::gather::picked(table, &flat, 0)?;
        Ok(picked.reshape([indices.shape.as_slice(), &[table.dim(1)?]].concat())?)
    };
    let mut sum = rows(2, words)?;
    let counted = Array::new(Dtype::I64, vec![1, length], (0..length as i64).collect());
    let positions = call.get(8).map(Value::whole).transpose()?.unwrap_or(&counted);
    sum = super::pairs::sum(call, &sum, &rows(3, positions)?)?;
    if let Some(segments) = call.get(1) {
        sum = super::pairs::sum(call, &sum, &rows(4, segments.whole()?)?)?;
    }
    let made = over_last(call, &sum, call.tensor(5)?, call.optional(6)?, call.float("epsilon", 1e-12))?;
    let dtype = call.floats(2)?.dtype;
    // The second result: how many tokens of each sample are no padding.
    let mask = match call.get(7) {
        Some(mask) => mask.whole()?.values.chunks(length.max(1)).map(|row| row.iter().sum()).collect(),
        None => vec![0; samples],
    };
    let mask = Array::new(Dtype::I32, vec![samples], mask);
    Ok(vec![
        Floats { tensor: made, dtype }.rounded()?.into(),
        mask.into(),
        Floats { tensor: sum, dtype }.rounded()?.into(),
    ])
}
