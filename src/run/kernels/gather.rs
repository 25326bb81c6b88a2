//! Entries by their indices.

use candle_core::Tensor;

use crate::run::{
    Array, Fault, Value,
    array::{place, strides},
    call::{Call, Results, axis},
};

/// Entries along an axis; the axes of the indices stand in its place.
pub(super) fn along(call: &Call<'_>) -> Results {
    let (value, indices) = (call.required(0)?, call.whole(1)?);
    let own = value.shape();
    let at = axis(call.int("axis", 0), own.len())?;
    let shape = [&own[..at], &indices.shape, &own[at + 1..]].concat();
    call.claim(&shape)?;
    Ok(vec![match value {
        Value::Floats(floats) => {
            let flat = indices.reshaped(&[indices.values.len()]).indices(own[at], call.device)?;
            floats.like(picked(&floats.tensor, &flat, at)?.reshape(shape)?).into()
        }
        Value::Whole(array) => {
            let run: usize = own[at + 1..].iter().product();
            let places: Vec<usize> =
                indices.values.iter().map(|index| place(*index, own[at])).collect::<Result<_, _>>()?;
            let mut values = Vec::with_capacity(shape.iter().product());
            for block in array.values.chunks_exact((own[at] * run).max(1)) {
                places.iter().for_each(|place| values.extend(&block[place * run..(place + 1) * run]));
            }
            Array::new(array.dtype, shape, values).into()
        }
    }])
}

/// Parts of a tensor along an axis, by a list of indices on the device. One index is a part that needs no copy.
pub(super) fn picked(tensor: &Tensor, indices: &Tensor, axis: usize) -> Result<Tensor, Fault> {
    Ok(tensor.contiguous()?.index_select(indices, axis)?)
}

/// One entry along an axis for each index.
pub(super) fn elements(call: &Call<'_>) -> Results {
    let (value, indices) = (call.required(0)?, call.whole(1)?);
    let own = value.shape();
    let at = axis(call.int("axis", 0), own.len())?;
    let fits = |(axis, (index, extent)): (usize, (&usize, &usize))| axis == at || index <= extent;
    if indices.shape.len() != own.len() || !indices.shape.iter().zip(own).enumerate().all(fits) {
        return Err(Fault::Compute(format!("indices of shape {:?} for {own:?}", indices.shape)));
    }
    call.claim(&indices.shape)?;
    let offsets = offsets(indices, own, at)?;
    taken(call, value, offsets, indices.shape.clone())
}

/// Where the entry of each index lies.
pub(super) fn offsets(indices: &Array, own: &[usize], at: usize) -> Result<Vec<usize>, Fault> {
    let (steps, counts) = (strides(own), strides(&indices.shape));
    let offset = |(position, index): (usize, &i64)| {
        let place = place(*index, own[at])?;
        let along = |axis: usize| {
            let here = position / counts[axis] % indices.shape[axis];
            steps[axis] * if axis == at { place } else { here }
        };
        Ok((0..own.len()).map(along).sum())
    };
    indices.values.iter().enumerate().map(offset).collect()
}

/// The elements at these places.
fn taken(call: &Call<'_>, value: &Value, places: Vec<usize>, shape: Vec<usize>) -> Results {
    Ok(vec![match value {
        Value::Floats(floats) => {
            let places: Vec<u32> = places.into_iter().map(|place| place as u32).collect();
            let places = Tensor::new(places, call.device)?;
            floats.like(picked(&floats.tensor.flatten_all()?, &places, 0)?.reshape(shape)?).into()
        }
        Value::Whole(array) => {
            let values = places.into_iter().map(|place| array.values[place]).collect();
            Array::new(array.dtype, shape, values).into()
        }
    }])
}

/// Parts by lists of indices: the last axis of the indices counts the axes that each list speaks of.
pub(super) fn parts(call: &Call<'_>) -> Results {
    let (value, indices) = (call.required(0)?, call.whole(1)?);
    let batch = usize::try_from(call.int("batch_dims", 0)).unwrap_or(usize::MAX);
    let parts = Parts::of(call, value.shape(), indices, batch)?;
    call.claim(&parts.shape)?;
    let run = parts.run;
    let places = parts.first.into_iter().flat_map(|first| first..first + run).collect();
    taken(call, value, places, parts.shape)
}

/// Runs of elements that lists of indices stand for.
pub(super) struct Parts {
    /// Where each run begins.
    pub(super) first: Vec<usize>,
    /// Elements of a run.
    pub(super) run: usize,
    /// The shape of all runs together.
    pub(super) shape: Vec<usize>,
}

impl Parts {
    pub(super) fn of(call: &Call<'_>, own: &[usize], indices: &Array, batch: usize) -> Result<Self, Fault> {
        let wrong = || Fault::Compute(format!("indices of shape {:?} for {own:?}", indices.shape));
        let (length, lists) = indices.shape.split_last().ok_or_else(wrong)?;
        let depth = batch.checked_add(*length).filter(|depth| *depth <= own.len() && batch <= lists.len());
        let depth = depth.filter(|_| lists[..batch] == own[..batch]).ok_or_else(wrong)?;
        // Lists may be many although they are empty.
        call.claim(lists)?;
        let steps = strides(own);
        let run: usize = own[depth..].iter().product();
        let per_batch: usize = lists[batch..].iter().product();
        let size: usize = own[batch..].iter().product();
        let mut first = Vec::with_capacity(lists.iter().product());
        for list in 0..lists.iter().product() {
            let mut offset = list / per_batch.max(1) * size;
            for (at, index) in indices.values[list * length..(list + 1) * length].iter().enumerate() {
                offset += place(*index, own[batch + at])? * steps[batch + at];
            }
            first.push(offset);
        }
        Ok(Self { first, run, shape: [lists, &own[depth..]].concat() })
    }
}

/// The first few entries of each sequence, from the last to the first.
pub(super) fn reversed(call: &Call<'_>) -> Results {
    let (value, lengths) = (call.required(0)?, call.whole(1)?);
    let own = value.shape();
    let (time, batch) =
        (axis(call.int("time_axis", 0), own.len())?, axis(call.int("batch_axis", 1), own.len())?);
    if time == batch || lengths.values.len() != own[batch] {
        return Err(Fault::Compute(format!("{} lengths for {own:?}", lengths.values.len())));
    }
    call.claim(own)?;
    let steps = strides(own);
    let places = (0..value.elements()).map(|at| {
        let (here, length) = (at / steps[time] % own[time], lengths.values[at / steps[batch] % own[batch]]);
        let length = usize::try_from(length).ok().filter(|length| *length <= own[time]);
        let length = length.ok_or_else(|| Fault::Compute("a sequence is longer than its axis".into()))?;
        let from = if here < length { length - 1 - here } else { here };
        Ok::<_, Fault>(at - here * steps[time] + from * steps[time])
    });
    let places = places.collect::<Result<_, _>>()?;
    taken(call, value, places, own.to_vec())
}
