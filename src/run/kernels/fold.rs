//! All numbers along some axes to one.

use candle_core::{D, Tensor};

use crate::{
    net::ops::Fold,
    run::{
        Array, Fault, Value,
        array::strides,
        call::{Call, Results, axes, axis, host},
    },
};

/// Factors of a product, which are multiplied one after the other.
const MOST_FACTORS: usize = 1 << 12;

/// The axes are an attribute in old operator sets, an operand in new ones; none means all, or nothing at all.
pub(super) fn reduce(call: &Call<'_>, how: Fold) -> Results {
    let value = call.required(0)?;
    let rank = value.shape().len();
    let stated = call.list("axes", 1)?.filter(|axes| !axes.is_empty());
    let over = match stated {
        Some(stated) => axes(&stated, rank)?,
        None if call.int("noop_with_empty_axes", 0) != 0 => return Ok(vec![value.clone()]),
        None => (0..rank).collect(),
    };
    let keep = call.int("keepdims", 1) != 0;
    call.claim(value.shape())?;
    match value {
        Value::Whole(array) => host(of_integers(array, how, &over, keep)?),
        Value::Floats(floats) => call.made(of_floats(&floats.tensor, how, &over, keep)?),
    }
}

fn of_integers(array: &Array, how: Fold, over: &[usize], keep: bool) -> Result<Array, Fault> {
    let meet = |a: i64, b: i64| match how {
        Fold::Largest => a.max(b),
        Fold::Smallest => a.min(b),
        Fold::Product => a.wrapping_mul(b),
        Fold::SumOfSquares => a.wrapping_add(b.wrapping_mul(b)),
        Fold::SumOfMagnitudes => a.wrapping_add(b.wrapping_abs()),
        _ => a.wrapping_add(b),
    };
    let start = match how {
        Fold::Largest => i64::MIN,
        Fold::Smallest => i64::MAX,
        Fold::Product => 1,
        Fold::Mean | Fold::Sum | Fold::SumOfMagnitudes | Fold::SumOfSquares => 0,
        _ => return Err(Fault::unsupported(format!("it is not computed for {}", array.dtype.name()))),
    };
    let mut left = array.shape.clone();
    over.iter().for_each(|axis| left[*axis] = 1);
    let (own, steps) = (strides(&array.shape), strides(&left));
    let mut result = vec![start; left.iter().product()];
    for (at, value) in array.values.iter().enumerate() {
        let along = |axis: usize| if left[axis] == 1 { 0 } else { at / own[axis] % left[axis] * steps[axis] };
        let to: usize = (0..left.len()).map(along).sum();
        result[to] = meet(result[to], *value);
    }
    if how == Fold::Mean {
        let count: usize = over.iter().map(|axis| array.shape[*axis]).product();
        result.iter_mut().for_each(|sum| *sum /= count.max(1) as i64);
    }
    let shape: Vec<usize> =
        (0..left.len()).filter(|axis| keep || !over.contains(axis)).map(|axis| left[axis]).collect();
    Ok(Array::new(array.dtype, shape, result))
}

/// Over the last axis of as many elements as there are in all the axes together.
pub(super) fn of_floats(tensor: &Tensor, how: Fold, over: &[usize], keep: bool) -> Result<Tensor, Fault> {
    let rank = tensor.rank();
    let kept: Vec<usize> = (0..rank).filter(|axis| !over.contains(axis)).collect();
    let extents = |axes: &[usize]| axes.iter().map(|axis| tensor.dims()[*axis]).collect::<Vec<_>>();
    let count: usize = extents(over).iter().product();
    let in_place = kept.iter().chain(over).copied().eq(0..rank);
    let last = if in_place { tensor.clone() } else { tensor.permute([kept.as_slice(), over].concat())? };
    let lines: usize = extents(&kept).iter().product();
    let folded = fold_last(&last.contiguous()?.reshape((lines, count))?, how, count)?;
    let shape: Vec<usize> = match keep {
        true => (0..rank).map(|axis| if over.contains(&axis) { 1 } else { tensor.dims()[axis] }).collect(),
        false => extents(&kept),
    };
    Ok(folded.reshape(shape)?)
}

fn fold_last(x: &Tensor, how: Fold, count: usize) -> Result<Tensor, Fault> {
    let sum = |x: &Tensor| x.sum(D::Minus1);
    if count == 0 {
        let empty = match how {
            Fold::Product => 1.0,
            Fold::Largest | Fold::LogarithmOfSum | Fold::LogarithmOfSumOfExponentials => f64::NEG_INFINITY,
            Fold::Smallest => f64::INFINITY,
            _ => 0.0,
        };
        return Ok(Tensor::full(empty, x.dims()[0], x.device())?.to_dtype(x.dtype())?);
    }
    Ok(match how {
        Fold::Largest => x.max(D::Minus1)?,
        Fold::Length => sum(&x.sqr()?)?.sqrt()?,
        Fold::LogarithmOfSum => sum(x)?.log()?,
        Fold::LogarithmOfSumOfExponentials => x.log_sum_exp(D::Minus1)?,
        Fold::Mean => sum(x)?.affine(1.0 / count as f64, 0.0)?,
        Fold::Product if count > MOST_FACTORS => {
            return Err(Fault::unsupported(format!("a product of {count} factors")));
        }
        Fold::Product => {
            let mut product = x.narrow(1, 0, 1)?;
            for at in 1..count {
                product = (product * x.narrow(1, at, 1)?)?;
            }
            product.squeeze(1)?
        }
        Fold::Smallest => x.min(D::Minus1)?,
        Fold::Sum => sum(x)?,
        Fold::SumOfMagnitudes => sum(&x.abs()?)?,
        Fold::SumOfSquares => sum(&x.sqr()?)?,
    })
}

/// Running sums along an axis, from either end, with or without the element itself.
pub(super) fn cumulative(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let stated = call.integers(1)?.and_then(|axis| axis.first().copied()).unwrap_or(0);
    let at = axis(stated, value.shape().len())?;
    let (without, backwards) = (call.int("exclusive", 0) != 0, call.int("reverse", 0) != 0);
    call.claim(value.shape())?;
    let (shape, step) = (value.shape().to_vec(), strides(value.shape())[at]);
    let (extent, mut numbers) = (shape[at], value.numbers()?);
    for line in 0..numbers.len() / extent.max(1) {
        let first = line / step * step * extent + line % step;
        let mut sum = 0.0;
        for along in 0..extent {
            let number = &mut numbers[first + step * if backwards { extent - 1 - along } else { along }];
            let before = sum;
            sum += *number;
            *number = if without { before } else { sum };
        }
    }
    match value {
        Value::Whole(array) => {
            host(Array::new(array.dtype, shape, numbers.into_iter().map(|sum| sum as i64).collect()))
        }
        Value::Floats(_) if call.learns => Err(Fault::unsupported("running sums have no derivatives here")),
        Value::Floats(floats) => {
            Ok(vec![crate::run::Floats::of(numbers, &shape, floats.dtype, call.device)?.into()])
        }
    }
}
