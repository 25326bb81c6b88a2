//! The register of removals: what happened to which request and which release, in a form that nobody can
//! change later without being noticed, not even its keeper, once somebody else has a checkpoint.
//!
//! A register is a folder with two text files. `entries.jsonl` holds one [`Event`] per line in canonical
//! JSON; `checkpoint` is a C2SP checkpoint: name, number of entries and root of the RFC 6962 Merkle tree over
//! the lines, signed with Ed25519. Go's `golang.org/x/mod/sumdb/note` and `tlog` read both.
//!
//! An append signs first: line and new checkpoint go into the file `pending`, which appears whole or not at
//! all, then the line into `entries.jsonl`, then the checkpoint into its place. Killed in between, what is
//! missing is known and signed, and the next append finishes it; a line that nobody signed is a finding.
//! Writers wait for each other.
//!
//! The library reads no clock: whoever appends brings the time.

mod append;
mod by;
mod checkpoint;
mod content;
mod create;
mod disk;
mod event;
mod examine;
mod kept;
mod key;
mod keys;
mod life;
mod lines;
mod lookup;
mod offences;
mod others;
mod own;
mod pending;
mod proof;
mod question;
mod record;
mod release;
mod rules;
mod standing;
mod time;
pub mod tree;
mod witnessed;

use std::path::Path;

pub use crate::note::{Origin, VerifierKey};
pub use append::{Appended, Entry, Moment, append};
pub use by::{By, Entered, Role};
pub use checkpoint::Checkpoint;
pub use create::{check_key_place, create, import, write_public_key};
pub use event::{Class, Event, Facts, Kind};
pub use examine::{Examination, Register, examine, origin, require_register};
pub use key::SigningKey;
pub use keys::Rotation;
pub use lookup::check_digits;
pub use others::{Attached, ask_witness, attach_cosignatures, attach_stamp, is_register, request_stamp};
pub use own::text as own_text;
pub use proof::{Proof, Proven, countersign, read_countersignature};
pub use question::Question;
pub use record::Record;
pub use release::Released;
pub use rules::check_rules;
pub use standing::{Standing, State, standings};
pub use time::Time;
pub use witnessed::Witnessed;

use crate::error::{Error, RegisterError};

/// Something about a register cannot be used, so that nothing can be said.
fn no_use_of(path: &Path, reason: &str, hint: &str) -> Error {
    RegisterError::Unusable { path: path.to_owned(), reason: reason.into(), hint: in_words(hint) }.into()
}

/// The register says no.
fn refused(path: &Path, reason: &str, hint: &str) -> Error {
    RegisterError::Refuses { path: path.to_owned(), reason: reason.into(), hint: in_words(hint) }.into()
}

/// A hint, if there is anything to say.
fn in_words(hint: &str) -> Option<String> {
    (!hint.is_empty()).then(|| hint.to_owned())
}
