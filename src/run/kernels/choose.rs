//! Choices by order, position or condition.

use std::cmp::Ordering;

use candle_core::Tensor;
use declass_formats::Dtype;

use super::gather::picked;
use crate::{
    net::ops::Best,
    run::{
        Array, Fault, Floats, Value,
        array::{broadcast, place, strides},
        call::{Call, Results, axis, host},
    },
};

/// The elements of one line along an axis: where it begins, the distance of its elements, and their number.
struct Lines {
    axis: usize,
    step: usize,
    extent: usize,
    count: usize,
}

impl Lines {
    fn of(shape: &[usize], axis: usize) -> Self {
        let extent = shape[axis];
        let count =
            shape.iter().enumerate().filter(|(at, _)| *at != axis).map(|(_, extent)| extent).product();
        Self { axis, step: strides(shape)[axis], extent, count }
    }

    /// The places of a line's elements.
    fn places(&self, line: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let (step, extent) = (self.step, self.extent);
        let first = line / step.max(1) * step * extent + line % step.max(1);
        (0..extent).map(move |at| first + at * step)
    }
}

/// The index of the largest or smallest element along an axis; the first of several, or the last.
pub(super) fn best(call: &Call<'_>, best: Best) -> Results {
    let value = call.required(0)?;
    let lines = Lines::of(value.shape(), axis(call.int("axis", 0), value.shape().len())?);
    if lines.extent == 0 {
        return Err(Fault::Compute("the best of no element is asked for".into()));
    }
    let (numbers, last) = (value.numbers()?, call.int("select_last_index", 0) != 0);
    let wins = |new: f64, old: f64| match (best, last) {
        (Best::Largest, false) => new > old,
        (Best::Largest, true) => new >= old,
        (Best::Smallest, false) => new < old,
        (Best::Smallest, true) => new <= old,
    };
    let of_line = |line: usize| {
        let candidates = lines.places(line).map(|place| numbers[place]).enumerate();
        let winner = candidates.reduce(|old, new| if wins(new.1, old.1) { new } else { old });
        winner.map_or(0, |(at, _)| at as i64)
    };
    let mut shape = value.shape().to_vec();
    if call.int("keepdims", 1) != 0 {
        shape[lines.axis] = 1
    } else {
        shape.remove(lines.axis);
    }
    host(Array::new(Dtype::I64, shape, (0..lines.count).map(of_line).collect()))
}

/// The best few along an axis, in their order, and where they stand.
pub(super) fn top(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let lines = Lines::of(value.shape(), axis(call.int("axis", -1), value.shape().len())?);
    let wanted = call.integers(1)?.and_then(|it| it.first().copied()).unwrap_or_else(|| call.int("k", 0));
    let wanted = usize::try_from(wanted).ok().filter(|wanted| *wanted <= lines.extent);
    let wanted = wanted.ok_or_else(|| Fault::Compute("more elements are asked for than there are".into()))?;
    let mut shape = value.shape().to_vec();
    shape[lines.axis] = wanted;
    call.claim(&shape)?;
    let (numbers, largest) = (value.numbers()?, call.int("largest", 1) != 0);
    let order = |a: f64, b: f64| {
        let order = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
        if largest { order.reverse() } else { order }
    };
    let step = lines.step;
    let mut places = vec![0; lines.count * wanted];
    let mut ranks = vec![0; lines.count * wanted];
    for line in 0..lines.count {
        let mut sorted: Vec<(i64, usize)> = (0..).zip(lines.places(line)).collect();
        // Equal elements stay in the order of their indices.
        sorted.sort_by(|a, b| order(numbers[a.1], numbers[b.1]));
        for (at, (rank, place)) in sorted.into_iter().take(wanted).enumerate() {
            let to = line / step * step * wanted + line % step + at * step;
            (places[to], ranks[to]) = (place, rank);
        }
    }
    let values = match value {
        Value::Floats(floats) => {
            let places: Vec<u32> = places.iter().map(|place| *place as u32).collect();
            let flat = floats.tensor.flatten_all()?;
            let chosen = picked(&flat, &Tensor::new(places, call.device)?, 0)?;
            floats.like(chosen.reshape(shape.as_slice())?).into()
        }
        Value::Whole(array) => {
            let chosen = places.iter().map(|place| array.values[*place]).collect();
            Array::new(array.dtype, shape.clone(), chosen).into()
        }
    };
    Ok(vec![values, Array::new(Dtype::I64, shape, ranks).into()])
}

/// Of two values, by conditions.
pub(super) fn by_condition(call: &Call<'_>) -> Results {
    let (conditions, yes, no) = (call.whole(0)?, call.required(1)?, call.required(2)?);
    let shape = broadcast(&broadcast(&conditions.shape, yes.shape())?, no.shape())?;
    call.claim(&shape)?;
    match (yes, no) {
        (Value::Whole(yes), Value::Whole(no)) => {
            let (conditions, yes, no) =
                (conditions.expanded(&shape), yes.expanded(&shape), no.expanded(&shape));
            let pairs = conditions.values.iter().zip(yes.values.iter().zip(no.values.iter()));
            let values = pairs.map(|(holds, (yes, no))| if *holds != 0 { *yes } else { *no }).collect();
            host(Array::new(yes.dtype, shape, values))
        }
        (Value::Floats(yes), Value::Floats(no)) => {
            let wide = |tensor: &Tensor| tensor.broadcast_as(shape.as_slice())?.contiguous();
            let conditions = wide(&conditions.conditions(call.device)?)?;
            let chosen = conditions.where_cond(&wide(&yes.tensor)?, &wide(&no.tensor)?)?;
            call.typed(chosen, yes.dtype)
        }
        _ => Err(Fault::Compute("its operands are of different types".into())),
    }
}

/// The positions of what is not zero: one row for each axis.
pub(super) fn non_zero(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let (shape, steps) = (value.shape(), strides(value.shape()));
    let found: Vec<usize> =
        value.numbers()?.iter().enumerate().filter(|(_, number)| **number != 0.0).map(|(at, _)| at).collect();
    let extents = vec![shape.len(), found.len()];
    call.claim(&extents)?;
    let along = |axis: usize| found.iter().map(move |at| (at, axis));
    let places = (0..shape.len()).flat_map(along).map(|(at, axis)| (at / steps[axis] % shape[axis]) as i64);
    host(Array::new(Dtype::I64, extents, places.collect()))
}

/// The entries of an axis (or of all elements) at which a list of conditions holds.
pub(super) fn compress(call: &Call<'_>) -> Results {
    let (value, conditions) = (call.required(0)?, call.whole(1)?);
    let flat = value.reshaped(&[value.elements()])?;
    let (value, at) = match call.ints("axis").is_none() && !call.node.attributes.contains_key("axis") {
        true => (&flat, 0),
        false => (value, axis(call.int("axis", 0), value.shape().len())?),
    };
    let holds = conditions.values.iter().enumerate().filter(|(_, holds)| **holds != 0);
    let places: Vec<i64> = holds.map(|(place, _)| place as i64).collect();
    let mut shape = value.shape().to_vec();
    let extent = std::mem::replace(&mut shape[at], places.len());
    call.claim(&shape)?;
    let places = Array::list(places);
    match value {
        Value::Floats(floats) => {
            let chosen = picked(&floats.tensor, &places.indices(extent, call.device)?, at)?;
            call.typed(chosen, floats.dtype)
        }
        Value::Whole(array) => {
            let places: Vec<usize> =
                places.values.iter().map(|index| place(*index, extent)).collect::<Result<_, _>>()?;
            let step = strides(&array.shape)[at];
            let blocks = array.values.chunks_exact((extent * step).max(1));
            let runs =
                blocks.flat_map(|block| places.iter().map(move |at| &block[at * step..(at + 1) * step]));
            host(Array::new(array.dtype, shape, runs.flatten().copied().collect()))
        }
    }
}

/// What lies on and above a diagonal, or on and below it; the rest is zero.
pub(super) fn triangle(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    call.claim(value.shape())?;
    let [.., rows, columns] = *value.shape() else {
        return Err(Fault::Compute("a triangle of less than two axes".into()));
    };
    let (upper, shift) =
        (call.int("upper", 1) != 0, call.integers(1)?.and_then(|k| k.first().copied()).unwrap_or(0));
    let stays = |row: usize, column: usize| {
        let above = (column as i64).saturating_sub(row as i64);
        if upper { above >= shift } else { above <= shift }
    };
    let mask = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let mask: Vec<i64> = mask.map(|(row, column)| i64::from(stays(row, column))).collect();
    let mask = Array::new(Dtype::Bool, vec![rows, columns], mask);
    match value {
        Value::Whole(array) => host(array.zip(&mask, array.dtype, |value, stays| value * stays)?),
        Value::Floats(Floats { tensor, .. }) => {
            let conditions = mask.conditions(call.device)?.broadcast_as(tensor.shape())?.contiguous()?;
            call.made(conditions.where_cond(&tensor.contiguous()?, &tensor.zeros_like()?)?)
        }
    }
}

/// One where the largest of a line stands, else zero.
pub(super) fn hardmax(call: &Call<'_>) -> Results {
    let floats = call.floats(0)?;
    let value = call.required(0)?;
    call.claim(value.shape())?;
    let old = call.version < super::softmax::OF_ONE_AXIS;
    let at = axis(call.int("axis", if old { 1 } else { -1 }), value.shape().len())?;
    let shape: Vec<usize> = if old {
        vec![value.shape()[..at].iter().product(), value.shape()[at..].iter().product()]
    } else {
        value.shape().to_vec()
    };
    let lines = Lines::of(&shape, if old { 1 } else { at });
    let numbers = value.numbers()?;
    let mut made = vec![0.0; numbers.len()];
    for line in 0..lines.count {
        let best = lines.places(line).reduce(|old, new| if numbers[new] > numbers[old] { new } else { old });
        best.into_iter().for_each(|place| made[place] = 1.0);
    }
    Ok(vec![Floats::of(made, value.shape(), floats.dtype, call.device)?.into()])
}
