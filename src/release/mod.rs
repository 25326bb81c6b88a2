//! From verified edits to a release: files that appear whole or not at all, with the claim that says what was
//! done.

mod attributes;
mod beside;
#[cfg(feature = "compute")]
mod destination;
mod lock;
#[cfg(feature = "compute")]
mod parents;
mod signing;
#[cfg(feature = "compute")]
mod staged;

pub use beside::{not_covered, repository};
#[cfg(feature = "compute")]
pub use destination::{Destination, Existing};
pub use signing::{clear_leftovers, sign_release, stamp_release};
#[cfg(feature = "compute")]
pub use staged::Staged;
