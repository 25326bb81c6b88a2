//! Rows of a stored tensor: new values in, forgotten classes out, everything else byte for byte.

use std::collections::BTreeSet;

use declass_formats::{Artifact, Dtype, NewTensor, TensorInfo};

use super::Rows;
use crate::{
    cut::{Operand, Reader, Source},
    error::Error,
    net::evaluate,
};

/// The operand's present content, in its own element type.
pub(super) fn stored(
    artifact: &Artifact,
    reader: &Reader<'_>,
    operand: &Operand,
) -> Result<NewTensor, Error> {
    let data = match operand.source {
        Source::Part { .. } | Source::Stored => operand.stored_in(artifact)?,
        Source::Attribute { .. } | Source::Computed { .. } | Source::Whole(_) => {
            let values: Vec<f64> = reader.read(operand)?.into_iter().map(f64::from).collect();
            encode(operand, &values)?
        }
    };
    Ok(NewTensor { info: operand.info.clone(), data })
}

/// The present content of an operand of whole numbers, where it is stored or computed.
pub(super) fn integers(
    artifact: &Artifact,
    reader: &Reader<'_>,
    operand: &Operand,
) -> Result<NewTensor, Error> {
    let unwritable = |reason: String| Error::Unwritable { tensor: operand.tensor.clone(), reason };
    let data = match (&operand.source, reader.flow()?) {
        (Source::Computed { value, .. }, Some(flow)) => {
            let constant =
                evaluate(artifact, flow, value).map_err(|problem| unwritable(problem.to_string()))?;
            let name = operand.info.dtype.name();
            let data = whole_numbers(operand.info.dtype, &constant.integers());
            data.ok_or_else(|| unwritable(format!("elements of type {name} are not written")))?
        }
        _ => artifact.read_tensor(&operand.tensor)?,
    };
    Ok(NewTensor { info: operand.info.clone(), data })
}

/// Whole numbers as they are stored; `None` for other types.
pub(super) fn whole_numbers(dtype: Dtype, numbers: &[i64]) -> Option<Vec<u8>> {
    match dtype {
        Dtype::I32 => Some(numbers.iter().flat_map(|number| (*number as i32).to_le_bytes()).collect()),
        Dtype::I64 => Some(numbers.iter().flat_map(|number| number.to_le_bytes()).collect()),
        _ => None,
    }
}

/// Writes new rows over the old ones.
pub(super) fn overwrite(
    tensor: &mut NewTensor,
    operand: &Operand,
    classes: usize,
    rows: &Rows,
) -> Result<(), Error> {
    let size = element_size(operand)?;
    for (class, values) in rows {
        let data = encode(operand, values)?;
        for (at, element) in operand.row(*class, classes).zip(data.chunks_exact(size)) {
            if let Some(slot) = tensor.data.get_mut(at * size..(at + 1) * size) {
                slot.copy_from_slice(element);
            }
        }
    }
    Ok(())
}

/// Takes the rows of the forgotten classes away.
pub(super) fn remove(
    tensor: &NewTensor,
    operand: &Operand,
    classes: usize,
    forgotten: &BTreeSet<usize>,
) -> Result<NewTensor, Error> {
    let block = element_size(operand)? * operand.info.shape.iter().skip(operand.axis + 1).product::<usize>();
    let kept = |(at, _): &(usize, &[u8])| !forgotten.contains(&(at % classes));
    let data =
        tensor.data.chunks(block.max(1)).enumerate().filter(kept).flat_map(|(_, row)| row).copied().collect();
    let mut shape = tensor.info.shape.clone();
    if let Some(extent) = shape.get_mut(operand.axis) {
        *extent = classes - forgotten.len();
    }
    Ok(NewTensor { info: TensorInfo { dtype: tensor.info.dtype, shape }, data })
}

/// The values as the operand's element type holds them.
pub(super) fn rounded(operand: &Operand, values: &[f64]) -> Result<Vec<f64>, Error> {
    let data = encode(operand, values)?;
    Ok(operand.info.dtype.decode_f64(&data).expect(READ_AS_WRITTEN))
}

/// Float types are the ones that are written, and the ones that are read.
const READ_AS_WRITTEN: &str = "what a type was written in, it is read in";

fn encode(operand: &Operand, values: &[f64]) -> Result<Vec<u8>, Error> {
    let unwritable = |reason: String| Error::Unwritable { tensor: operand.tensor.clone(), reason };
    let dtype = operand.info.dtype;
    let data =
        dtype.encode(values).ok_or_else(|| unwritable(format!("{} is not a float type", dtype.name())))?;
    let rounded = dtype.decode_f64(&data).expect(READ_AS_WRITTEN);
    match values.iter().zip(&rounded).find(|(_, rounded)| !rounded.is_finite()) {
        Some((value, _)) => Err(unwritable(format!("{value} does not fit {}", dtype.name()))),
        None => Ok(data),
    }
}

fn element_size(operand: &Operand) -> Result<usize, Error> {
    match operand.info.dtype {
        Dtype::Opaque { name, .. } => {
            let reason = format!("elements of type {name} are not written");
            Err(Error::Unwritable { tensor: operand.tensor.clone(), reason })
        }
        dtype => Ok(dtype.bits() / 8),
    }
}
