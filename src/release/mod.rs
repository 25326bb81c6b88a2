//! From verified edits to a release: files that appear whole or not at all, with the claim that says what was done.

mod attributes;
mod beside;
mod card;
mod destination;
mod parents;
mod signing;
mod staged;

pub use beside::{not_covered, repository};
pub use card::{CardContent, card};
pub use destination::{Destination, Existing};
pub use signing::{sign_release, stamp_release};
pub use staged::Staged;
