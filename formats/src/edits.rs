//! An edit as a value: what shall differ in the copy, and nothing else will.

use std::collections::BTreeMap;

use crate::{NewTensor, RelPath, onnx::GraphEdit};

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
}
