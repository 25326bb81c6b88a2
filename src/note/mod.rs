//! C2SP signed notes: a text, lines with signatures below it, and keys by name. Registers sign their checkpoints
//! so, witnesses cosign them, and people sign their own events with such keys.
//!
//! Formats: <https://c2sp.org/signed-note>, <https://c2sp.org/tlog-cosignature>.

mod cosignature;
mod key;
#[expect(clippy::module_inception, reason = "a note is what the room is about")]
mod note;
#[cfg(test)]
mod signed;

pub use cosignature::{Cosigned, WitnessKey};
pub use key::{Origin, VerifierKey};
pub(crate) use note::{LIMIT, Note};
