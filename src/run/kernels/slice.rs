//! Parts of a value along its axes.

use std::ops::Range;

use candle_core::Tensor;

use crate::{
    net::Problem,
    run::{
        Fault, Value,
        array::strides,
        call::{Call, Results, axis, extents},
    },
};

/// Every `step`th place of an axis, from `first` on.
#[derive(Clone, Copy, Debug)]
struct Cut {
    first: usize,
    step: isize,
    count: usize,
}

impl Cut {
    /// Where the element at this place of the slice comes from.
    fn place(&self, at: usize) -> usize {
        self.first.wrapping_add_signed((at as isize).wrapping_mul(self.step))
    }
}

/// The bounds are attributes in old operator sets, operands in new ones.
pub(super) fn slice(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let own = value.shape();
    let missing = || Problem::from(crate::net::Malformed::Missing("a bound of the slice".into()));
    let starts = call.list("starts", 1)?.ok_or_else(missing)?;
    let ends = call.list("ends", 2)?.ok_or_else(missing)?;
    let stated = call.list("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = call.integers(4)?.map_or_else(|| vec![1; starts.len()], <[i64]>::to_vec);
    if [ends.len(), stated.len(), steps.len()] != [starts.len(); 3] {
        return Err(Fault::Compute("its bounds, axes and steps are not as many".into()));
    }
    let mut cuts: Vec<Cut> = own.iter().map(|extent| Cut { first: 0, step: 1, count: *extent }).collect();
    for (at, stated) in stated.iter().enumerate() {
        let axis = axis(*stated, own.len())?;
        cuts[axis] = cut(starts[at], ends[at], steps[at], own[axis])?;
    }
    let shape: Vec<usize> = cuts.iter().map(|cut| cut.count).collect();
    call.claim(&shape)?;
    Ok(vec![match value {
        Value::Floats(floats) => floats.like(of_floats(&floats.tensor, &cuts)?).into(),
        Value::Whole(array) if shape.contains(&0) => {
            crate::run::Array::new(array.dtype, shape, Vec::new()).into()
        }
        Value::Whole(array) => {
            // Steps backwards are taken from the last place, and the places turned round afterwards.
            let own = strides(&array.shape);
            let places = |cut: Cut| (0..cut.count).map(move |at| cut.place(at));
            let mut offsets = vec![0_usize];
            for (cut, stride) in cuts.iter().zip(&own) {
                offsets =
                    offsets.iter().flat_map(|base| places(*cut).map(move |at| base + at * stride)).collect();
            }
            let values = offsets.into_iter().map(|at| array.values[at]).collect();
            crate::run::Array::new(array.dtype, shape, values).into()
        }
    }])
}

fn of_floats(tensor: &Tensor, cuts: &[Cut]) -> Result<Tensor, Fault> {
    let mut result = tensor.clone();
    for (axis, cut) in cuts.iter().enumerate() {
        if cut.step == 1 {
            result = result.narrow(axis, cut.first, cut.count)?;
        } else {
            let places =
                (0..cut.count).map(|at| cut.first.wrapping_add_signed(at as isize * cut.step) as u32);
            let places = Tensor::from_vec(places.collect::<Vec<u32>>(), cut.count, tensor.device())?;
            result = result.contiguous()?.index_select(&places, axis)?;
        }
    }
    Ok(result.contiguous()?)
}

/// Bounds beyond the axis are moved to it; negative ones count from its end.
fn cut(start: i64, end: i64, step: i64, extent: usize) -> Result<Cut, Fault> {
    let extent = i64::try_from(extent).unwrap_or(i64::MAX);
    let counted = |bound: i64| if bound < 0 { bound.saturating_add(extent) } else { bound };
    let (first, end) = match step {
        0 => return Err(Fault::Compute("a slice with a step of 0".into())),
        1.. => (counted(start).clamp(0, extent), counted(end).clamp(0, extent)),
        _ => (counted(start).clamp(-1, extent - 1), counted(end).clamp(-1, extent - 1)),
    };
    let length = if step > 0 { end - first } else { first - end };
    let count = length.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    Ok(Cut {
        first: usize::try_from(first).unwrap_or(0),
        step: isize::try_from(step).unwrap_or(isize::MAX),
        count: usize::try_from(count).unwrap_or(0),
    })
}

/// Parts of stated sizes, or as equal as can be.
pub(super) fn split(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let at = axis(call.int("axis", 0), value.shape().len())?;
    let extent = value.shape()[at];
    let sizes = match call.list("split", 1)? {
        Some(stated) => extents(&stated)?,
        None => {
            let parts = call.node.outputs.len().max(1);
            if call.int("num_outputs", parts as i64) != parts as i64 {
                return Err(Fault::Compute(format!("its results are not as many as it says, but {parts}")));
            }
            let size = extent.div_ceil(parts);
            (0..parts).map(|part| size.min(extent.saturating_sub(part * size))).collect()
        }
    };
    let all = sizes.iter().try_fold(0_usize, |sum, size| sum.checked_add(*size));
    if all != Some(extent) {
        return Err(Fault::Compute(format!("parts of {sizes:?} do not make an axis of {extent}")));
    }
    call.claim(value.shape())?;
    let mut first = 0;
    let parts = sizes.iter().map(|size| {
        let range = first..first + size;
        first += size;
        part(value, at, range)
    });
    parts.collect()
}

fn part(value: &Value, axis: usize, range: Range<usize>) -> Result<Value, Fault> {
    Ok(match value {
        Value::Floats(floats) => {
            floats.like(floats.tensor.narrow(axis, range.start, range.len())?.contiguous()?).into()
        }
        Value::Whole(array) => {
            let steps = strides(&array.shape);
            let mut shape = array.shape.clone();
            shape[axis] = range.len();
            let first = range.start * steps[axis];
            array.strided(shape, steps, first).into()
        }
    })
}
