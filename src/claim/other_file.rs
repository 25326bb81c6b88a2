//! The further files of a model in which the same was done.

use serde::{Deserialize, Serialize};

use crate::evidence::ChangedTensor;

/// A further file of the same model, such as an export beside the tensors that it was made of.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherFile {
    /// Where it is in the model's folder.
    pub name: String,
    /// The head in it: a module, tensor or node.
    pub head: String,
    /// What finds the head there, if that is not clear by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<String>,
    /// What the head reads.
    pub embeddings: Vec<String>,
    /// Tensors that changed.
    pub tensors: Vec<ChangedTensor>,
    /// Tensors that did not.
    pub unchanged_tensors: usize,
}
