//! Why a claim cannot be read.

/// Why bytes are no claim that this version can read. None of it says that a release is bad: only that
/// nothing can be said.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// No JSON that every reader understands alike.
    #[error("{0}")]
    NotJson(String),
    /// JSON of another kind.
    #[error("it is a `{found}`, expected `{expected}`")]
    OtherKind {
        /// As it calls itself.
        found: String,
        /// What this version writes.
        expected: &'static str,
    },
    /// A field is missing, or holds what it cannot hold.
    #[error("{0}")]
    Fields(String),
    /// A place that has room for a word holds something else.
    #[error("its {place} `{found}` is not a word that a claim can have")]
    NotAWord {
        /// Which place.
        place: &'static str,
        /// What is there.
        found: String,
    },
    /// A seed that no claim of this version has.
    #[error("its seed {0} is not below 2^53")]
    LargeSeed(u64),
    /// It contradicts itself, so that there is nothing that could be checked.
    #[error("{0}")]
    Contradiction(String),
    /// A method, a distribution or a setting that this version does not know.
    #[error("{0}")]
    Unknown(String),
}
