//! A file or a set of files in a claim.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sign::Digests;

/// Annotation of a released file: how many bytes it has.
pub const SIZE: &str = "size";

/// A file or a set of files by its digest.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Resource {
    /// Path relative to the release, or a name for a set.
    pub name: String,
    /// Where it can be had, if anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digest; absent for what is generated from a seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digests>,
    /// Anything else about it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}
