//! A tensor that differs between two models.

use serde::{Deserialize, Serialize};

/// A tensor that differs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedTensor {
    /// Its name.
    pub name: String,
    /// Element type.
    pub dtype: String,
    /// How it differs.
    pub change: TensorDifference,
    /// Shape in the original; null if it is not there.
    pub shape_before: Option<Vec<usize>>,
    /// Shape in the candidate; null if it is not there.
    pub shape_after: Option<Vec<usize>>,
    /// Elements that differ.
    pub values: u64,
}

/// How a tensor differs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TensorDifference {
    /// Only the candidate has it.
    Added,
    /// Only the original has it.
    Removed,
    /// It has another shape.
    Shape,
    /// It has other values.
    Values,
}
