//! The further files of a model in which the same was done.

use std::collections::BTreeSet;

use declass_formats::RelPath;
use serde::{Deserialize, Serialize};

use super::{ClaimError, Statement};
use crate::{evidence::ChangedTensor, head::Hints};

/// Most of them.
const MOST: usize = 64;

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

impl Statement {
    /// The further files that the claim names, with what finds the head in each.
    ///
    /// # Errors
    /// [`ClaimError::Contradiction`] if one is named twice or as no file of a folder can be, or there are too many.
    pub fn other_files(&self) -> Result<Vec<(RelPath, Hints)>, ClaimError> {
        let files = &self.predicate.removal.other_files;
        if files.len() > MOST {
            return Err(ClaimError::Contradiction(format!("it names more than {MOST} further files")));
        }
        let (mut seen, target): (BTreeSet<RelPath>, _) = (BTreeSet::new(), self.target()?);
        let one = |file: &OtherFile| {
            let path = RelPath::try_from(file.name.as_str())
                .map_err(|problem| ClaimError::Contradiction(problem.to_string()))?;
            if !seen.insert(path.clone()) {
                return Err(ClaimError::Contradiction(format!("it names the file `{}` twice", file.name)));
            }
            Ok((path, Hints { heads: file.named.clone(), ..target.hints().clone() }))
        };
        files.iter().map(one).collect()
    }
}
