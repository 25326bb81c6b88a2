//! Evidence as data: what a check or a metric is, what it found, and the figures behind it.
//!
//! A [`Definition`] is written once and looked up by id and version: all words about it are there. A
//! [`Check`] holds what was found, as [`Figure`]s whose parts are fields. Sentences are made of these by
//! whoever shows them ([`words`]); none is recorded, so that words can be improved without touching what was
//! signed. Claims of version 1 named their figures by sentences: [`legacy`] reads and writes those names.

mod change;
mod changed;
mod check;
pub mod code;
pub(crate) mod current;
mod definition;
mod execution;
mod figure;
mod finding;
pub mod legacy;
mod number;
pub mod reading;
pub mod thresholds;
mod untouched;
pub mod words;

pub use change::{Change, Side};
pub use changed::{ChangedTensor, TensorDifference};
pub use check::{Check, NotRun, Outcome};
pub use definition::{Definition, Origin, REPRODUCED};
pub use execution::{BuiltGraph, Execution, LentGraph, Unjudged};
pub use figure::{Bound, BoundSide, Figure};
pub use finding::Finding;
pub use number::Number;
pub use untouched::{UNTOUCHED, Untouched, UntouchedKind};
