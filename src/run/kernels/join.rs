//! Values end to end, or repeated.

use candle_core::Tensor;

use crate::run::{
    Array, Fault, Value,
    array::strides,
    call::{Call, Results, axis, extents},
};

pub(super) fn concatenate(call: &Call<'_>) -> Results {
    let values: Vec<&Value> =
        (0..call.operands.len()).map(|at| call.required(at)).collect::<Result<_, _>>()?;
    let first = call.required(0)?;
    let at = axis(call.int("axis", 1), first.shape().len())?;
    let fits = |value: &&Value| {
        let (a, b) = (value.shape(), first.shape());
        a.len() == b.len() && a.iter().zip(b).enumerate().all(|(axis, (a, b))| axis == at || a == b)
    };
    if let Some(other) = values.iter().find(|value| !fits(value)) {
        let (a, b) = (other.shape(), first.shape());
        return Err(Fault::Compute(format!("{a:?} and {b:?} do not fit together along axis {at}")));
    }
    let mut shape = first.shape().to_vec();
    shape[at] = values.iter().map(|value| value.shape()[at]).sum();
    call.claim(&shape)?;
    match first {
        Value::Floats(_) => {
            let tensors: Vec<&Tensor> =
                values.iter().map(|value| Ok(&value.floats()?.tensor)).collect::<Result<_, Fault>>()?;
            call.made(Tensor::cat(&tensors, at)?)
        }
        Value::Whole(array) => {
            let parts: Vec<&Array> = values.iter().map(|value| value.whole()).collect::<Result<_, _>>()?;
            let rows: usize = shape[..at].iter().product();
            let run = |part: &Array| part.shape[at..].iter().product::<usize>();
            let mut joined = Vec::with_capacity(shape.iter().product());
            for row in 0..rows {
                parts
                    .iter()
                    .for_each(|part| joined.extend(&part.values[row * run(part)..(row + 1) * run(part)]));
            }
            Ok(vec![Array::new(array.dtype, shape, joined).into()])
        }
    }
}

/// Repeated so many times along each axis.
pub(super) fn tile(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let times = extents(&call.whole(1)?.values)?;
    let own = value.shape();
    if times.len() != own.len() {
        return Err(Fault::Compute(format!("{} repetitions for {} axes", times.len(), own.len())));
    }
    let shape: Vec<usize> =
        own.iter().zip(&times).map(|(extent, times)| extent.saturating_mul(*times)).collect();
    call.claim(&shape)?;
    // Each axis as two: the repetitions, over which the strides are zero, and the elements.
    let split: Vec<usize> = times.iter().zip(own).flat_map(|(times, extent)| [*times, *extent]).collect();
    Ok(vec![match value {
        Value::Floats(floats) => {
            let single: Vec<usize> = own.iter().flat_map(|extent| [1, *extent]).collect();
            let repeated = floats.tensor.reshape(single)?.broadcast_as(split)?.contiguous()?;
            floats.like(repeated.reshape(shape)?).into()
        }
        Value::Whole(array) => {
            let steps = strides(own).into_iter().flat_map(|stride| [0, stride]).collect();
            array.strided(split, steps, 0).reshaped(&shape).into()
        }
    }])
}
