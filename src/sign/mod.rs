//! Signatures: keys, envelopes, what is signed of a folder, and whose signature counts.
//!
//! Everything that is signed is an in-toto statement in a DSSE envelope in a Sigstore bundle, so that other
//! tools read it too; answers of time-stamping services lie beside it. [`Manifest`] is the statement of
//! OpenSSF Model Signing v1.0 over the files of a folder; this room knows nothing of other statements, it
//! signs and opens bytes. What is read may come from anybody.

mod authority;
mod bundle;
mod compare;
mod contents;
mod disk;
mod folder;
mod key;
mod manifest;
mod moment;
mod public;
mod record_rules;
mod refusal;
mod rules;
mod stamp;
mod statement;
mod stored;
mod trust;

pub use authority::{Dating, JudgedAt, Recorded, Source, Stamped};
pub use bundle::Bundle;
pub(crate) use bundle::MAX_BUNDLE;
pub use compare::{Difference, differences};
pub use contents::{Content, Contents};
pub(crate) use contents::{Seen, digest_of};
pub use disk::is_leftover;
use disk::read_text;
pub(crate) use disk::{read_if_there, read_rules, remove_leftovers, write_whole};
pub use folder::sign_folder;
pub use key::ReleaseKey;
pub(crate) use manifest::root_of;
pub use manifest::{Manifest, SIGNATURE_FILE};
pub use public::PublicKey;
pub use record_rules::{Actor, RegisterRequired, RegisterRules, Witness};
pub use refusal::Refusal;
pub(crate) use rules::parse_rules;
pub(crate) use stamp::attach_stamp;
pub(crate) use stamp::{MAX_STAMP, request_for};
pub use stamp::{Stamp, stamp_request};
pub(crate) use statement::STATEMENT_TYPE;
pub use statement::{Digests, InToto};
pub use trust::{Distrust, Role, Trust, TrustedKey};
