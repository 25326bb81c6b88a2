//! What becomes of a forgotten class's place among the outputs.

/// What becomes of the forgotten classes' places among the outputs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Slot {
    /// Their rows and labels are removed and the others renumbered.
    Drop,
    /// Their rows get new values; shapes and labels stay.
    Keep,
}
