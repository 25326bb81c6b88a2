//! Names of classes, and which of them are to be forgotten.

/// The labels of a model's classes, in the order of its logits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Labels {
    /// One per class.
    pub names: Vec<String>,
    /// Where they were read, such as ``config.json `id2label` ``.
    pub source: String,
}
