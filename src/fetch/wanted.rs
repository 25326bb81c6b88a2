//! How much of a repository is asked for.

use declass_formats::RelPath;

/// What is fetched of a repository.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// The model of a file, where there are several.
    File(&'a RelPath),
    /// The model that the repository is about.
    Model,
    /// The same, and every file that may be that model once more, such as an export beside the tensors.
    Others,
}

impl<'a> Wanted<'a> {
    /// A file if one is named; or else the model, with the files that may be it once more or without them.
    #[must_use]
    pub fn of(file: Option<&'a RelPath>, others: bool) -> Self {
        match file {
            Some(file) => Self::File(file),
            None if others => Self::Others,
            None => Self::Model,
        }
    }

    /// The file that was named.
    pub(super) fn file(self) -> Option<&'a RelPath> {
        match self {
            Self::File(file) => Some(file),
            Self::Model | Self::Others => None,
        }
    }
}
