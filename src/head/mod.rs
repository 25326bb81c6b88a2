//! The classifier head as numbers, and what can be proven of it: no files, no tensors of a device, no
//! randomness.

mod bound;
mod hints;
mod linear;
mod link;
mod position;
mod products;
pub mod reach;
mod seal;
pub mod sealed;
mod slot;
mod target;

pub use bound::Bound;
pub use hints::{Accepted, Hints};
pub use linear::LinearHead;
pub use link::Link;
pub use position::{Open, Place, Position, Ties};
pub(crate) use products::{dot, norm};
pub use seal::{MARGIN, seal};
pub use slot::Slot;
pub use target::{Target, Treatment};
