//! Whether two models make the same embeddings.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{cut::Head, verify::Changes};

/// How the encoder of a model stands to that of the first one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoder {
    /// Nothing differs in front of the head: an input has the same embedding in both, and layers are alike by
    /// construction.
    Same,
    /// Something else differs, or may.
    Other,
}

impl Encoder {
    /// By what differs in the files: tensors of the heads and nothing else. `is_removal` says that all differences are
    /// those that a removal makes.
    #[must_use]
    pub fn of(changes: &Changes, heads: [&Head; 2], is_removal: bool) -> Self {
        let read =
            |head: &Head| head.branches.iter().map(|it| (it.embedding.clone(), it.width)).collect::<Vec<_>>();
        if is_removal {
            return Self::Same;
        }
        let own = heads.into_iter().flat_map(|head| &head.branches).flat_map(|branch| {
            std::iter::once(&branch.weight).chain(&branch.bias).map(|operand| operand.tensor.as_str())
        });
        let own: BTreeSet<&str> = own.collect();
        let is_head = changes.tensors.iter().all(|tensor| own.contains(tensor.name.as_str()));
        let reads_same = read(heads[0]) == read(heads[1]);
        if is_head && reads_same && changes.structure.is_empty() { Self::Same } else { Self::Other }
    }
}
