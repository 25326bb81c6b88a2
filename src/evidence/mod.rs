//! Evidence as data: what a check or a metric is, what it found, and the figures behind it.
//!
//! A [`Definition`] is written once and looked up by id and version: all words about it are there. A [`Check`] holds what
//! was found, as [`Figure`]s whose parts are fields. Sentences are made of these by whoever shows
//! them; none is recorded, so that words can be improved without touching what was signed.

mod changed;
mod check;
mod definition;
mod figure;
mod number;

pub use changed::{Change, ChangedTensor};
pub use check::{Check, Outcome};
pub use definition::{Definition, Origin};
pub use figure::{Bound, BoundSide, Figure, Side};
pub use number::Number;
