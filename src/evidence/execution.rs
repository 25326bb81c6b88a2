//! What of two networks was not run, or not judged.

use serde::{Deserialize, Serialize};

/// What the check `executed` left out of an original and its copy; how much was run, its figures say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Outputs of which nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_judged: Vec<Unjudged>,
    /// Why nothing was run, for people; absent if something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_executed: Option<String>,
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
