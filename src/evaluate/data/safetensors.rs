//! A safetensors file with embeddings and labels.

use std::borrow::Cow;

use declass_formats::Dtype;
use safetensors::{SafeTensors, tensor::Dtype as Stored};

use super::{Array, LAYOUT, Part, Problem};

/// Finds the two tensors; the crate's parser has checked all lengths against the file when it is done.
pub(super) fn unpack(bytes: &[u8], part: Part) -> Result<[Array<'_>; 2], Problem> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| Problem::new(format!("it is neither safetensors nor npz ({error})"), LAYOUT))?;
    let names: Vec<String> = file.names().into_iter().map(ToString::to_string).collect();
    let [embeddings, labels] = part.choose(&names)?;
    Ok([array(&file, embeddings)?, array(&file, labels)?])
}

fn array<'a>(file: &SafeTensors<'a>, name: &str) -> Result<Array<'a>, Problem> {
    let tensor =
        file.tensor(name).map_err(|error| Problem::new(format!("tensor `{name}`: {error}"), LAYOUT))?;
    let dtype = dtype(tensor.dtype()).ok_or_else(|| {
        let reason = format!("tensor `{name}` is {:?}", tensor.dtype());
        Problem::new(reason, "embeddings are f16, bf16, f32 or f64, labels integers")
    })?;
    Ok(Array { dtype, shape: tensor.shape().to_vec(), bytes: Cow::Borrowed(tensor.data()) })
}

fn dtype(stored: Stored) -> Option<Dtype> {
    Some(match stored {
        Stored::BF16 => Dtype::Bf16,
        Stored::F16 => Dtype::F16,
        Stored::F32 => Dtype::F32,
        Stored::F64 => Dtype::F64,
        Stored::I16 => Dtype::I16,
        Stored::I32 => Dtype::I32,
        Stored::I64 => Dtype::I64,
        Stored::I8 => Dtype::I8,
        Stored::U16 => Dtype::U16,
        Stored::U32 => Dtype::U32,
        Stored::U64 => Dtype::U64,
        Stored::U8 => Dtype::U8,
        _ => return None,
    })
}
