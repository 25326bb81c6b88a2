//! The removals before the present one, as a claim records them.

use serde::{Deserialize, Serialize};

use super::{ForgottenClass, LabelSpace, Resource};

/// The history as a claim records it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lineage {
    /// The earlier claims, latest first: the file that holds each, and the digest of its statement.
    pub claims: Vec<Resource>,
    /// Every class forgotten so far, by index and label in the first input; `indexAfter` is its place in this
    /// release.
    pub forgotten: Vec<ForgottenClass>,
    /// What became of the label space of the first input.
    pub label_space: LabelSpace,
}
