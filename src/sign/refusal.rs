//! Why something that was signed cannot be read.

/// Why something that was signed cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// It is not what it should be.
    Malformed(String),
    /// It may be in order, but this version has no way to tell.
    Unsupported(String),
}
