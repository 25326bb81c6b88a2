//! A safetensors file as named arrays.

use std::borrow::Cow;

use declass_formats::{Dtype, TensorInfo};
use safetensors::{SafeTensors, tensor::Dtype as Stored, tensor::TensorView};

use super::{Array, Problem};

/// A file whose tensors are known by name; the crate's parser has checked all lengths against the file.
pub(crate) struct Tensors<'a>(SafeTensors<'a>);

impl<'a> Tensors<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Problem> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| {
            let reason = format!("it is neither safetensors nor npz ({error})");
            Problem::new(reason, "save the arrays with safetensors or `numpy.savez`")
        })?;
        Ok(Self(file))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.names().into_iter().map(ToString::to_string).collect()
    }

    pub(super) fn info(&self, name: &str) -> Result<TensorInfo, Problem> {
        self.look(name).map(|(info, _)| info)
    }

    pub(super) fn read(&self, name: &str) -> Result<Array<'a>, Problem> {
        self.look(name).map(|(info, view)| Array { info, bytes: Cow::Borrowed(view.data()) })
    }

    fn look(&self, name: &str) -> Result<(TensorInfo, TensorView<'a>), Problem> {
        let view = self
            .0
            .tensor(name)
            .map_err(|error| Problem::new(format!("tensor `{}`: {error}", name.escape_debug()), None))?;
        let dtype = dtype(view.dtype()).ok_or_else(|| {
            let reason = format!("tensor `{}` is {:?}", name.escape_debug(), view.dtype());
            Problem::new(reason, "store numbers as f16, bf16, f32, f64 or integers")
        })?;
        Ok((TensorInfo { dtype, shape: view.shape().to_vec() }, view))
    }
}

fn dtype(stored: Stored) -> Option<Dtype> {
    Some(match stored {
        Stored::BF16 => Dtype::Bf16,
        Stored::BOOL => Dtype::Bool,
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

/// The crate's name of a type of elements.
pub(super) fn stored(dtype: Dtype) -> Option<Stored> {
    Some(match dtype {
        Dtype::Bf16 => Stored::BF16,
        Dtype::Bool => Stored::BOOL,
        Dtype::F16 => Stored::F16,
        Dtype::F32 => Stored::F32,
        Dtype::F64 => Stored::F64,
        Dtype::I16 => Stored::I16,
        Dtype::I32 => Stored::I32,
        Dtype::I64 => Stored::I64,
        Dtype::I8 => Stored::I8,
        Dtype::U16 => Stored::U16,
        Dtype::U32 => Stored::U32,
        Dtype::U64 => Stored::U64,
        Dtype::U8 => Stored::U8,
        _ => return None,
    })
}
