//! An edit as a value: what shall differ in the copy, and nothing else will.

use std::collections::BTreeMap;

use crate::{NewTensor, Problem, RelPath, TensorInfo, onnx::GraphEdit};

/// Everything that shall differ between a model and its copy.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// Stored tensors (safetensors entries, ONNX initializers or the outputs of `Constant` nodes) that get
    /// a new value and perhaps a new shape; the element type must stay.
    pub tensors: BTreeMap<String, NewTensor>,
    /// Changes of the ONNX graph itself, applied in order; must be empty for other formats.
    pub graph: Vec<GraphEdit>,
    /// Files of the copy that are replaced or added whole, such as `config.json` or `README.md`.
    pub files: BTreeMap<RelPath, Vec<u8>>,
    /// Changes of the weights of further files of the model, by the file that is opened; what they say of other
    /// files counts for nothing.
    pub twins: BTreeMap<RelPath, Self>,
}

impl Edits {
    /// Whether the new tensors fit the ones they replace.
    pub(crate) fn check_tensors(&self, tensors: &BTreeMap<String, TensorInfo>) -> Result<(), Problem> {
        for (tensor, new) in &self.tensors {
            let old = tensors.get(tensor).ok_or_else(|| Problem::UnknownTensor { tensor: tensor.clone() })?;
            if new.info.dtype != old.dtype {
                let (found, wanted) = (old.dtype.name(), new.info.dtype.name());
                return Err(Problem::DtypeChange { tensor: tensor.clone(), found, wanted });
            }
            new.check(tensor)?;
        }
        Ok(())
    }
}

impl NewTensor {
    /// Whether the data has the length that shape and type ask for.
    pub(crate) fn check(&self, tensor: &str) -> Result<(), Problem> {
        let (found, needed) = (self.data.len() as u64, self.info.checked_byte_len());
        if needed == Some(found) && self.info.dtype.bits() > 0 {
            return Ok(());
        }
        let needed = needed.unwrap_or(u64::MAX);
        Err(Problem::WrongData { tensor: tensor.to_owned(), info: self.info.clone(), found, needed })
    }
}
