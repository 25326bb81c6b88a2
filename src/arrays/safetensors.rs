//! A safetensors file as named arrays.

use std::borrow::Cow;

use declass_formats::{Dtype, TensorInfo};
use safetensors::{SafeTensors, tensor::TensorView};

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
        let dtype = Dtype::from(view.dtype());
        if matches!(dtype, Dtype::Opaque { .. }) {
            let reason = format!("tensor `{}` is {:?}", name.escape_debug(), view.dtype());
            return Err(Problem::new(reason, "store numbers as f16, bf16, f32, f64 or integers"));
        }
        Ok((TensorInfo { dtype, shape: view.shape().to_vec() }, view))
    }
}
