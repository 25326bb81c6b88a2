//! What is wrong with a file of the user or of a model, before it is said in which.

use std::path::Path;

use crate::error::Error;

/// What is wrong, and what helps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fault {
    pub(super) reason: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Names the file or the folder.
    pub(super) fn at(self, path: &Path) -> Error {
        Error::Inputs { path: path.to_owned(), reason: self.reason, hint: self.hint }
    }
}

/// A name from a file, shown without what a terminal would obey, and not longer than it helps.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 80;
    let mut shown = crate::classes::printable(name);
    if let Some((at, _)) = shown.char_indices().nth(MOST) {
        shown.truncate(at);
        shown.push_str("...");
    }
    shown
}
