//! Values that are made of little: constants, shapes, ranges, other types.

use candle_core::Tensor;
use declass_formats::{Dtype, onnx::Attribute};

use crate::run::{
    Array, Fault, Floats, Value,
    array::{place, strides, wrapped},
    call::{Call, Results, axis, elements, extents, host},
};

/// Another element type; floats are cut off towards zero where they become integers.
pub(super) fn cast(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    let dtype = match call.get(1) {
        Some(like) => like.dtype(),
        None => elements(call.int("to", 1))?,
    };
    if dtype.is_text() != value.dtype().is_text() {
        return Err(Fault::unsupported("numbers as texts, or texts as numbers"));
    }
    call.claim(value.shape())?;
    Ok(vec![match value {
        Value::Floats(floats) if dtype.is_float() => {
            let tensor = floats.tensor.to_dtype(Floats::computed(dtype))?;
            Floats { tensor, dtype }.rounded()?.into()
        }
        Value::Floats(_) => {
            // A number that does not fit wraps round, as C's casts through 64 bits do; truth is not being zero.
            let whole =
                |number: &f64| if dtype == Dtype::Bool { i64::from(*number != 0.0) } else { *number as i64 };
            let values = value.numbers()?.iter().map(|number| wrapped(dtype, whole(number))).collect();
            Array::new(dtype, value.shape().to_vec(), values).into()
        }
        Value::Whole(_) if dtype.is_float() => {
            Floats::of(value.numbers()?, value.shape(), dtype, call.device)?.into()
        }
        Value::Whole(array) => {
            let values = array.values.iter().map(|value| wrapped(dtype, *value)).collect();
            Array::new(dtype, array.shape.clone(), values).into()
        }
    }])
}

/// Numbers in attributes; tensors there are weights of the file, and not made here.
pub(super) fn constant(call: &Call<'_>) -> Results {
    let attributes = &call.node.attributes;
    if let Some(Attribute::Int(value)) = attributes.get("value_int") {
        return host(Array::new(Dtype::I64, Vec::new(), vec![*value]));
    }
    if let Some(Attribute::Ints(values)) = attributes.get("value_ints") {
        return host(Array::list(values.clone()));
    }
    let (numbers, shape) = match (attributes.get("value_float"), attributes.get("value_floats")) {
        (Some(Attribute::Float(value)), _) => (vec![f64::from(*value)], Vec::new()),
        (_, Some(Attribute::Floats(values))) => {
            (values.iter().copied().map(f64::from).collect(), vec![values.len()])
        }
        _ => return Err(Fault::unsupported("a constant of another kind")),
    };
    Ok(vec![Floats::of(numbers, &shape, Dtype::F32, call.device)?.into()])
}

/// A shape, filled with the value of an attribute, or with zeros.
pub(super) fn filled(call: &Call<'_>) -> Results {
    let shape = extents(&call.whole(0)?.values)?;
    let elements = call.claim(&shape)?;
    let (dtype, bytes) = match call.node.attributes.get("value") {
        Some(Attribute::Tensor(tensor)) => (tensor.info.dtype, tensor.data.clone()),
        _ => (Dtype::F32, vec![0; 4]),
    };
    let unreadable = || Fault::unsupported(format!("a value of type {}", dtype.name()));
    if dtype.is_float() {
        let value =
            dtype.decode_f64(&bytes).and_then(|values| values.first().copied()).ok_or_else(unreadable)?;
        let tensor = Tensor::full(value, shape, call.device)?.to_dtype(Floats::computed(dtype))?;
        return call.typed(tensor, dtype);
    }
    let value = dtype.decode_i64(&bytes).and_then(|values| values.first().copied()).ok_or_else(unreadable)?;
    host(Array::new(dtype, shape, vec![value; elements]))
}

/// Numbers from a first to a last one, which is left out, by steps.
pub(super) fn range(call: &Call<'_>) -> Results {
    let number = |at: usize| {
        let missing = || Fault::Compute("a bound of the range is missing".into());
        call.number(at)?.ok_or_else(missing)
    };
    let (first, last, step) = (number(0)?, number(1)?, number(2)?);
    let count = ((last - first) / step).ceil();
    if !count.is_finite() {
        return Err(Fault::Compute("a range without an end".into()));
    }
    let count = count.max(0.0) as usize;
    call.claim(&[count])?;
    match call.required(0)? {
        Value::Whole(array) => {
            let values = (0..count as i64).map(|at| first as i64 + at * step as i64).collect();
            host(Array::new(array.dtype, vec![count], values))
        }
        Value::Floats(floats) => {
            let values = (0..count).map(|at| first + at as f64 * step).collect();
            Ok(vec![Floats::of(values, &[count], floats.dtype, call.device)?.into()])
        }
    }
}

/// One value where an index points to, another one elsewhere.
pub(super) fn one_hot(call: &Call<'_>) -> Results {
    let (indices, values) = (call.required(0)?, call.required(2)?);
    let depth = call.number(1)?.filter(|depth| *depth >= 1.0 && depth.is_finite());
    let depth = depth.ok_or_else(|| Fault::Compute("there is no class to tell apart".into()))? as usize;
    let rank = indices.shape().len();
    let at = axis(call.int("axis", -1), rank + 1)?;
    let shape = [&indices.shape()[..at], &[depth], &indices.shape()[at..]].concat();
    let elements = call.claim(&shape)?;
    let [off, on] = values.numbers()?[..] else {
        return Err(Fault::Compute("two values are wanted, for no and for yes".into()));
    };
    let mut numbers = vec![off; elements];
    let step = strides(&shape)[at];
    for (position, index) in indices.numbers()?.into_iter().enumerate() {
        // An index that lies outside points to nothing.
        if let Ok(place) = place(index as i64, depth) {
            numbers[position / step * step * depth + position % step + place * step] = on;
        }
    }
    Ok(vec![match values {
        Value::Floats(floats) => Floats::of(numbers, &shape, floats.dtype, call.device)?.into(),
        Value::Whole(array) => {
            Array::new(array.dtype, shape, numbers.into_iter().map(|number| number as i64).collect()).into()
        }
    }])
}

/// The extents of an operand, or some of them.
pub(super) fn shape(call: &Call<'_>) -> Results {
    let shape = call.required(0)?.shape();
    let rank = shape.len() as i64;
    let bound =
        |stated: i64| (if stated < 0 { stated.saturating_add(rank) } else { stated }).clamp(0, rank) as usize;
    let (start, end) = (bound(call.int("start", 0)), bound(call.int("end", rank)));
    host(Array::list(shape[start.min(end)..end].iter().map(|extent| *extent as i64).collect()))
}

pub(super) fn size(call: &Call<'_>) -> Results {
    host(Array::new(Dtype::I64, Vec::new(), vec![call.required(0)?.elements() as i64]))
}

/// Ones on a diagonal of a matrix that is like the operand.
pub(super) fn eye(call: &Call<'_>) -> Results {
    let like = call.required(0)?;
    let dtype = match call.node.attributes.get("dtype") {
        Some(_) => elements(call.int("dtype", 1))?,
        None => like.dtype(),
    };
    let [rows, columns] = *like.shape() else {
        return Err(Fault::Compute("a diagonal of what is no matrix".into()));
    };
    call.claim(&[rows, columns])?;
    let shift = call.int("k", 0);
    let places = (0..rows as i64).flat_map(|row| (0..columns as i64).map(move |column| (row, column)));
    let ones = places.map(|(row, column)| i64::from(column.saturating_sub(row) == shift));
    Ok(vec![if dtype.is_float() {
        Floats::of(ones.map(|one| one as f64).collect(), &[rows, columns], dtype, call.device)?.into()
    } else {
        Array::new(dtype, vec![rows, columns], ones.collect()).into()
    }])
}

/// The operand itself.
pub(super) fn handed(call: &Call<'_>) -> Results {
    Ok(vec![call.required(0)?.clone()])
}

/// The operand itself; and, where a dropout is asked for it, a mask that drops nothing.
pub(super) fn same(call: &Call<'_>) -> Results {
    let value = call.required(0)?;
    // Before version 7 an attribute said so.
    let old = call.version < 7 && call.int("is_test", 0) == 0;
    let trains = old || call.integers(2)?.is_some_and(|trains| trains != [0]);
    if trains && (old || call.number(1)? != Some(0.0)) {
        return Err(Fault::Random);
    }
    call.claim(value.shape())?;
    let mask = || Array::new(Dtype::Bool, value.shape().to_vec(), vec![1; value.elements()]);
    let masked = call.node.outputs.get(1).is_some_and(|name| !name.is_empty());
    Ok(std::iter::once(value.clone()).chain(masked.then(|| mask().into())).collect())
}
