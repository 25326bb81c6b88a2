//! What else counts or names the classes, and was left as it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of the check that lists it. A claim without it is older than what it lists.
pub const UNTOUCHED: &str = "untouched";

/// A part of a model, or a file beside it, that has as many entries as there are classes, or a result for
/// each, and that the removal did not change.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Untouched {
    /// What it is.
    pub kind: UntouchedKind,
    /// Its name: of an output or a tensor, or the path of a file.
    pub name: String,
    /// Extents of an output or a tensor, or the number of entries of a file; empty where they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extents: Vec<usize>,
}

/// What was left as it is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UntouchedKind {
    /// A file that lists as many entries as there are classes, or names a forgotten one, or the program code that
    /// a model brings along.
    File,
    /// A matrix with one row per class that is no part of the head.
    Matrix,
    /// An output that does not come from the head.
    Output,
    /// A tensor with one value per class, whose use is not known.
    Tensor,
}

impl Untouched {
    /// Something with these extents.
    #[must_use]
    pub fn new(kind: UntouchedKind, name: impl Into<String>, extents: &[usize]) -> Self {
        Self { kind, name: name.into(), extents: extents.to_vec() }
    }
}

impl fmt::Display for Untouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            UntouchedKind::File => "file",
            UntouchedKind::Matrix => "matrix",
            UntouchedKind::Output => "output",
            UntouchedKind::Tensor => "tensor",
        };
        write!(f, "{what} `{}`", self.name.escape_debug())?;
        match (self.kind, self.extents.as_slice()) {
            (_, []) => Ok(()),
            (UntouchedKind::File, [1]) => f.write_str(" (1 entry)"),
            (UntouchedKind::File, [entries]) => write!(f, " ({entries} entries)"),
            (_, extents) => write!(f, " {extents:?}"),
        }
    }
}
