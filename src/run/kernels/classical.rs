//! Operators of classical machine learning. What they do with rows where nothing says it is what onnxruntime does.

use candle_core::Tensor;
use declass_formats::{Dtype, onnx::Attribute};

use super::softmax;
use crate::{
    net::ops::Softmax,
    run::{
        Array, Fault, Floats, Value,
        array::place,
        call::{Call, Results, host},
        value::{TEXT, text_number},
    },
};

/// A class for each row by the largest of its scores, the first of equals, and the scores.
pub(super) fn classify(call: &Call<'_>) -> Results {
    let rows = rows(call)?;
    let weights = floats(call, "coefficients")?;
    let (count, width) = rows.dims2()?;
    let classes = floats(call, "intercepts").map_or(weights.len() / width.max(1), <[f32]>::len);
    if classes < 2 {
        return Err(Fault::unsupported("one score for two classes"));
    }
    let scores = product(call, &rows, weights, classes)?;
    let best =
        |row: &[f32]| (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
    let best: Vec<usize> = scores.to_vec2::<f32>()?.iter().map(|row| best(row)).collect();
    let (dtype, names) = names(call, classes)?;
    let labels = Array::new(dtype, vec![count], best.into_iter().map(|class| names[class]).collect());
    let scores = match call.text("post_transform") {
        "" | "NONE" => scores,
        "LOGISTIC" => candle_nn::ops::sigmoid(&scores)?,
        "SOFTMAX" => softmax::over_last(call, &scores, Softmax::Probability)?,
        other => return Err(Fault::unsupported(format!("scores that are made `{other}`"))),
    };
    Ok(vec![labels.into(), Floats { tensor: scores, dtype: Dtype::F32 }.into()])
}

/// Some numbers for each row, each a sum of products.
pub(super) fn regress(call: &Call<'_>) -> Results {
    if !matches!(call.text("post_transform"), "" | "NONE") {
        return Err(Fault::unsupported("results that are made others"));
    }
    let targets = usize::try_from(call.int("targets", 1)).unwrap_or_default();
    call.typed(product(call, &rows(call)?, floats(call, "coefficients")?, targets)?, Dtype::F32)
}

/// Less an offset, times a factor, per column or for all.
pub(super) fn scale(call: &Call<'_>) -> Results {
    let value = single(call)?;
    let list = |name: &str, default: f32| -> Result<Tensor, Fault> {
        let values = floats(call, name).unwrap_or(&[]);
        let values = if values.is_empty() { vec![default] } else { values.to_vec() };
        Ok(Tensor::from_vec(values.clone(), values.len(), call.device)?)
    };
    let made = value.broadcast_sub(&list("offset", 0.0)?)?.broadcast_mul(&list("scale", 1.0)?)?;
    call.typed(made, Dtype::F32)
}

/// Divided by what the row has of largest number, sum of magnitudes or length; left as it is where that is zero.
pub(super) fn by_row(call: &Call<'_>) -> Results {
    let value = single(call)?;
    let shape = value.dims().to_vec();
    let flat = if shape.len() == 1 { value.unsqueeze(0)? } else { value };
    let by = |row: Vec<f32>| -> Result<Vec<f32>, Fault> {
        let size = match call.text("norm") {
            "" | "MAX" => row.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            "L1" => row.iter().map(|it| it.abs()).sum(),
            "L2" => row.iter().map(|it| it * it).sum::<f32>().sqrt(),
            other => return Err(Fault::unsupported(format!("the norm `{other}`"))),
        };
        Ok(if size == 0.0 { row } else { row.into_iter().map(|it| it / size).collect() })
    };
    let rows = flat.to_vec2::<f32>()?.into_iter().map(by).collect::<Result<Vec<_>, _>>()?;
    let made = Tensor::from_vec(rows.concat(), shape, call.device)?;
    call.typed(made, Dtype::F32)
}

/// Entries along the last axis, by their indices.
pub(super) fn columns(call: &Call<'_>) -> Results {
    let (value, indices) = (call.required(0)?, call.whole(1)?);
    let own = value.shape();
    let Some((extent, before)) = own.split_last() else {
        return Err(Fault::Compute("columns of a single number".into()));
    };
    let places: Vec<usize> =
        indices.values.iter().map(|index| place(*index, *extent)).collect::<Result<_, _>>()?;
    // A list is a table of one row.
    let shape = if before.is_empty() { vec![1, places.len()] } else { [before, &[places.len()]].concat() };
    call.claim(&shape)?;
    let rows = value.elements() / (*extent).max(1);
    let taken = (0..rows).flat_map(|row| places.iter().map(move |place| row * extent + place));
    match value {
        Value::Floats(floats) => {
            let taken: Vec<u32> = taken.map(|at| at as u32).collect();
            let taken = Tensor::new(taken, call.device)?;
            let made = super::gather::picked(&floats.tensor.flatten_all()?, &taken, 0)?;
            call.made(made.reshape(shape)?)
        }
        Value::Whole(array) => {
            let values = taken.map(|at| array.values[at]).collect();
            host(Array::new(array.dtype, shape, values))
        }
    }
}

/// The first operand as a matrix of single precision.
fn rows(call: &Call<'_>) -> Result<Tensor, Fault> {
    let value = single(call)?;
    match value.rank() {
        1 => Ok(value.unsqueeze(0)?),
        2 => Ok(value),
        _ => Err(Fault::Compute(format!("rows of shape {:?}", value.dims()))),
    }
}

/// The first operand in single precision, whatever type it has.
fn single(call: &Call<'_>) -> Result<Tensor, Fault> {
    let value = call.required(0)?;
    call.claim(value.shape())?;
    Ok(match value {
        Value::Floats(floats) => floats.tensor.to_dtype(candle_core::DType::F32)?,
        Value::Whole(_) => Floats::of(value.numbers()?, value.shape(), Dtype::F32, call.device)?.tensor,
    })
}

/// `rows weights^T + intercepts`, `[N, results]`.
fn product(call: &Call<'_>, rows: &Tensor, weights: &[f32], results: usize) -> Result<Tensor, Fault> {
    let (count, width) = rows.dims2()?;
    if results.checked_mul(width) != Some(weights.len()) || results == 0 {
        return Err(Fault::Compute(format!(
            "{} coefficients for {results} results of {width} numbers",
            weights.len()
        )));
    }
    call.claim(&[count, results])?;
    call.budget.spend(count as u64 * weights.len() as u64)?;
    let weights = Tensor::from_slice(weights, (results, width), call.device)?;
    let made = rows.contiguous()?.matmul(&weights.t()?)?;
    Ok(match floats(call, "intercepts") {
        Ok(shift) if shift.len() == results => {
            made.broadcast_add(&Tensor::from_slice(shift, results, call.device)?)?
        }
        Ok([]) | Err(_) => made,
        Ok(shift) => return Err(Fault::Compute(format!("{} intercepts for {results}", shift.len()))),
    })
}

/// What the classes are called: numbers, or what stands for texts.
fn names(call: &Call<'_>, classes: usize) -> Result<(Dtype, Vec<i64>), Fault> {
    let (dtype, names) = match call.node.attributes.get("classlabels_strings") {
        Some(Attribute::Strings(texts)) if !texts.is_empty() => {
            (TEXT, texts.iter().map(|text| text_number(text)).collect())
        }
        _ => match call.ints("classlabels_ints") {
            Some(numbers) if !numbers.is_empty() => (Dtype::I64, numbers.to_vec()),
            _ => (Dtype::I64, (0..classes as i64).collect()),
        },
    };
    if names.len() != classes {
        return Err(Fault::Compute(format!("{} names for {classes} classes", names.len())));
    }
    Ok((dtype, names))
}

fn floats<'c>(call: &Call<'c>, name: &str) -> Result<&'c [f32], Fault> {
    match call.node.attributes.get(name) {
        Some(Attribute::Floats(values)) => Ok(values),
        _ => Err(Fault::Compute(format!("it has no `{name}`"))),
    }
}
