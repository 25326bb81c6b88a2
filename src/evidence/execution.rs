//! What of two networks was not run, or not judged.

use serde::{Deserialize, Serialize};

/// What the check `executed` left out of an original and its copy; how much was run, its figures say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The graph that was run where the model has none itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<LentGraph>,
    /// The graph that was built of the configuration and run, where the model has none itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<BuiltGraph>,
    /// Outputs of which nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<Unjudged>,
    /// Why nothing was run, for people; absent if something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_executed: Option<String>,
}

/// An ONNX file whose graph was run with the weights of a folder.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LentGraph {
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// How many of its weights are the folder's, byte for byte: all of those behind the embedding.
    pub shared: usize,
    /// How many, in front of the embedding, only it has: they are believed.
    pub own: usize,
}

/// A graph that was built of a folder's configuration and run with the folder's weights.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BuiltGraph {
    /// The family of models, such as `ViT`.
    pub family: String,
    /// Version of what is built of a configuration.
    pub version: u32,
    /// How many tensors of the folder it reads.
    pub weights: usize,
}

/// An output of which nothing is said.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unjudged {
    /// Its name.
    pub output: String,
    /// Why, for people.
    pub reason: String,
}
