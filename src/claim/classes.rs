//! Classes in claims, and how a removal changed the label space.

use serde::{Deserialize, Serialize};

use super::ClaimError;

/// A class of the input's label space.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedClass {
    /// Its index.
    pub index: usize,
    /// Its label, if the model has labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A forgotten class and what became of its place.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgottenClass {
    /// Its index and label in the input.
    #[serde(flatten)]
    pub class: NamedClass,
    /// Its index in the output; null if its slot was dropped.
    pub index_after: Option<usize>,
}

/// How the label space changed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSpace {
    /// Number of classes of the input.
    pub before: usize,
    /// Number of classes of the output.
    pub after: usize,
    /// New index of each class of the input; null for a dropped one.
    pub index_map: Vec<Option<usize>>,
}

impl LabelSpace {
    /// Fails unless each class of the input has its place in the index map: a number alone, of which lists
    /// are made, could be any, while a map is no longer than its claim.
    pub(super) fn check_size(&self) -> Result<(), ClaimError> {
        let (before, size) = (self.before, self.index_map.len());
        if size == before {
            return Ok(());
        }
        Err(ClaimError::Contradiction(format!("it speaks of {before} classes, and its index map of {size}")))
    }
}
