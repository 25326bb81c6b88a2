//! Two operands or more, element by element, broadcast.

use candle_core::{DType, Tensor};
use declass_formats::Dtype;

use crate::{
    net::ops::{Bits, Comparison, Logic, Pairwise},
    run::{
        Array, Fault, Floats, Value,
        array::{broadcast, wrapped},
        call::{Call, Results, host},
        pointwise::{both, each},
    },
};

pub(super) fn arithmetic(call: &Call<'_>, what: Pairwise) -> Results {
    let mut result = call.required(0)?.clone();
    for at in 1..call.operands.len() {
        let other = call.required(at)?;
        call.claim(&broadcast(result.shape(), other.shape())?)?;
        result = pair(call, what, &result, other)?;
    }
    let count = call.operands.len() as f64;
    match (what, result) {
        (Pairwise::Mean, Value::Floats(sum)) => call.made(sum.tensor.affine(1.0 / count, 0.0)?),
        (_, Value::Floats(floats)) => Ok(vec![floats.rounded()?.into()]),
        (_, whole) => Ok(vec![whole]),
    }
}

fn pair(call: &Call<'_>, what: Pairwise, left: &Value, right: &Value) -> Result<Value, Fault> {
    Ok(match (left, right) {
        (Value::Whole(a), Value::Whole(b)) => of_integers(call, what, a, b)?.into(),
        (Value::Floats(a), Value::Floats(b)) => a.like(of_floats(call, what, &a.tensor, &b.tensor)?).into(),
        // A power may have an exponent of another type.
        (Value::Floats(a), Value::Whole(b)) if what == Pairwise::Power => {
            let exponents = Floats::of(right.numbers()?, &b.shape, a.dtype, call.device)?;
            a.like(of_floats(call, what, &a.tensor, &exponents.tensor)?).into()
        }
        (Value::Whole(a), Value::Floats(b)) if what == Pairwise::Power => {
            let base = Floats::of(left.numbers()?, &a.shape, Dtype::F64, call.device)?;
            let exponents = b.tensor.to_dtype(DType::F64)?;
            let shape = broadcast(&a.shape, b.tensor.dims())?;
            let powers = both((&base.tensor, &exponents), &shape, f32::powf, f64::powf)?;
            let values: Vec<f64> = powers.flatten_all()?.to_vec1()?;
            let values = values.into_iter().map(|value| wrapped(a.dtype, value as i64)).collect();
            Array::new(a.dtype, shape, values).into()
        }
        _ => return Err(Fault::Compute("its operands are of different types".into())),
    })
}

fn of_integers(call: &Call<'_>, what: Pairwise, a: &Array, b: &Array) -> Result<Array, Fault> {
    if matches!(what, Pairwise::Quotient | Pairwise::Remainder) && b.values.contains(&0) {
        return Err(Fault::Compute("a division by zero".into()));
    }
    let truncates = call.int("fmod", 0) != 0;
    a.zip(b, a.dtype, |a, b| match what {
        Pairwise::Difference => a.wrapping_sub(b),
        Pairwise::Largest => a.max(b),
        Pairwise::Power => u32::try_from(b).map_or(0, |b| a.wrapping_pow(b)),
        Pairwise::Product => a.wrapping_mul(b),
        Pairwise::Quotient => a.wrapping_div(b),
        Pairwise::Remainder if truncates => a.wrapping_rem(b),
        // With the sign of the divisor.
        Pairwise::Remainder => a.wrapping_rem(b).wrapping_add(b).wrapping_rem(b),
        Pairwise::Smallest => a.min(b),
        Pairwise::Mean | Pairwise::Sum => a.wrapping_add(b),
    })
}

/// The sum of two tensors, broadcast.
pub(super) fn sum(call: &Call<'_>, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    of_floats(call, Pairwise::Sum, a, b)
}

/// The product of two tensors, broadcast.
pub(super) fn product(call: &Call<'_>, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    of_floats(call, Pairwise::Product, a, b)
}

fn of_floats(call: &Call<'_>, what: Pairwise, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    if what == Pairwise::Power && b.elem_count() == 1 && b.rank() <= a.rank() {
        return power(call, a, b.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?[0]);
    }
    if call.learns || !call.device.is_cpu() {
        return derivable(call, what, a, b);
    }
    let shape = broadcast(a.dims(), b.dims())?;
    let truncates = call.int("fmod", 0) != 0;
    // What is not a number stays so, in either place.
    let largest = |a: f32, b: f32| if a > b || a.is_nan() { a } else { b };
    let smallest = |a: f32, b: f32| if a < b || a.is_nan() { a } else { b };
    let remainder = |a: f64, b: f64| {
        let rest = a % b;
        if truncates || rest == 0.0 || (rest < 0.0) == (b < 0.0) { rest } else { rest + b }
    };
    let pair = (a, b);
    Ok(match what {
        Pairwise::Difference => both(pair, &shape, |a, b| a - b, |a, b| a - b)?,
        Pairwise::Largest => both(pair, &shape, largest, |a, b| if a > b || a.is_nan() { a } else { b })?,
        Pairwise::Mean | Pairwise::Sum => both(pair, &shape, |a, b| a + b, |a, b| a + b)?,
        Pairwise::Power => both(pair, &shape, f32::powf, f64::powf)?,
        Pairwise::Product => both(pair, &shape, |a, b| a * b, |a, b| a * b)?,
        Pairwise::Quotient => both(pair, &shape, |a, b| a / b, |a, b| a / b)?,
        Pairwise::Remainder => both(pair, &shape, |a, b| remainder(a.into(), b.into()) as f32, remainder)?,
        Pairwise::Smallest => both(pair, &shape, smallest, |a, b| if a < b || a.is_nan() { a } else { b })?,
    })
}

/// By operations that candle has derivatives of, and GPUs.
fn derivable(call: &Call<'_>, what: Pairwise, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    Ok(match what {
        Pairwise::Difference => a.broadcast_sub(b)?,
        Pairwise::Largest => a.broadcast_maximum(b)?,
        Pairwise::Mean | Pairwise::Sum => a.broadcast_add(b)?,
        Pairwise::Power => a.broadcast_pow(b)?,
        Pairwise::Product => a.broadcast_mul(b)?,
        Pairwise::Quotient => a.broadcast_div(b)?,
        Pairwise::Remainder if call.learns => {
            return Err(Fault::unsupported("it has no derivatives here"));
        }
        Pairwise::Remainder => {
            let ratio = a.broadcast_div(b)?;
            let whole = if call.int("fmod", 0) != 0 {
                (ratio.sign()? * ratio.abs()?.floor()?)?
            } else {
                ratio.floor()?
            };
            a.broadcast_sub(&whole.broadcast_mul(b)?)?
        }
        Pairwise::Smallest => a.broadcast_minimum(b)?,
    })
}

/// Powers that are common are products and roots, which are exact for negative numbers too.
fn power(call: &Call<'_>, base: &Tensor, exponent: f64) -> Result<Tensor, Fault> {
    Ok(match exponent {
        0.5 => base.sqrt()?,
        1.0 => base.clone(),
        2.0 => of_floats(call, Pairwise::Product, base, base)?,
        3.0 => {
            let square = of_floats(call, Pairwise::Product, base, base)?;
            of_floats(call, Pairwise::Product, &square, base)?
        }
        -1.0 => base.recip()?,
        other if call.learns || !call.device.is_cpu() => base.powf(other)?,
        other => each(base, [0.0; 3], |_, base| base.powf(other as f32), |base| base.powf(other))?,
    })
}

pub(super) fn compare(call: &Call<'_>, what: Comparison) -> Results {
    let (left, right) = (call.required(0)?, call.required(1)?);
    let shape = broadcast(left.shape(), right.shape())?;
    call.claim(&shape)?;
    if let (Value::Whole(a), Value::Whole(b)) = (left, right) {
        let holds = |a: i64, b: i64| match what {
            Comparison::Equal => a == b,
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
        };
        return host(a.zip(b, Dtype::Bool, |a, b| i64::from(holds(a, b)))?);
    }
    let (a, b) = (call.tensor(0)?, call.tensor(1)?);
    let truth = match what {
        Comparison::Equal => a.broadcast_eq(b)?,
        Comparison::Greater => a.broadcast_gt(b)?,
        Comparison::GreaterOrEqual => a.broadcast_ge(b)?,
        Comparison::Less => a.broadcast_lt(b)?,
        Comparison::LessOrEqual => a.broadcast_le(b)?,
    };
    let values = truth.flatten_all()?.to_vec1::<u8>()?.into_iter().map(i64::from).collect();
    host(Array::new(Dtype::Bool, shape, values))
}

pub(super) fn logic(call: &Call<'_>, what: Logic) -> Results {
    let (a, b) = (call.whole(0)?, call.whole(1)?);
    call.claim(&broadcast(&a.shape, &b.shape)?)?;
    let of = |a: bool, b: bool| match what {
        Logic::And => a && b,
        Logic::Or => a || b,
        Logic::Xor => a != b,
    };
    host(a.zip(b, Dtype::Bool, |a, b| i64::from(of(a != 0, b != 0)))?)
}

pub(super) fn bits(call: &Call<'_>, what: Bits) -> Results {
    let (a, b) = (call.whole(0)?, call.whole(1)?);
    call.claim(&broadcast(&a.shape, &b.shape)?)?;
    let left = call.text("direction") == "LEFT";
    let (width, unsigned) = (a.dtype.bits() as i64, a.dtype == Dtype::U64);
    let of = |a: i64, b: i64| match what {
        Bits::And => a & b,
        Bits::Or => a | b,
        Bits::Shift if left && !(0..width).contains(&b) => 0,
        Bits::Shift if left => a << b,
        Bits::Shift if unsigned && !(0..width).contains(&b) => 0,
        Bits::Shift if unsigned => (a.cast_unsigned() >> b).cast_signed(),
        // The sign comes in from the left, and nothing else where the shift is wider than the number.
        Bits::Shift if !(0..width).contains(&b) => a >> 63,
        Bits::Shift => a >> b,
        Bits::Xor => a ^ b,
    };
    host(a.zip(b, a.dtype, of)?)
}
