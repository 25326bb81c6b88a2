//! What a check or a metric is, in words that do not depend on what was found.

use serde::{Deserialize, Serialize};

/// The id of the check that a release comes out the same when it is made again.
pub const REPRODUCED: &str = "reproduced";

/// What a check or a metric is. Id and version are recorded and never change their meaning; the words may be
/// improved.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// Stable name.
    pub id: &'static str,
    /// Grows whenever the same files could give another outcome or other figures.
    pub version: u32,
    /// Number in the list of metrics, such as `M5`; checks have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<&'static str>,
    /// How it is computed, and what is held against what.
    pub formula: &'static str,
    /// Where its figures are from.
    pub origin: Origin,
    /// What exactly they were measured on.
    pub data: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// What it does not show.
    pub not_shown: &'static str,
}

/// Where figures are from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// What is written in the files: no samples are involved.
    ModelFiles,
    /// What is written in a register of removals.
    Register,
    /// At least one figure is about synthetic embeddings.
    Synthetic,
    /// Data that the user brought.
    UserData,
}
