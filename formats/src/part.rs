//! What weights consist of besides the values of their tensors.

use crate::Sha256Digest;

/// One named part, such as a node of a graph or a header.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// What it is, such as `node`.
    pub(crate) kind: &'static str,
    /// What it is recognised by in another model; not its position, which any insertion shifts.
    pub(crate) name: String,
    /// What to call it.
    pub(crate) label: String,
    /// The digest of all that it holds, but for the values, type and shape of tensors.
    pub(crate) content: Sha256Digest,
    /// Whether it is worth a word when only one of the models has it.
    pub(crate) counts: bool,
}
