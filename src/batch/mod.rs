//! Fleets: what a plan asks for, task by task; where the result of each lies, by its content; and what came of all of them.
//!
//! A result is addressed by the digests of the model's files, by what is asked for and by the version of this program: a
//! run that was killed goes on where it was, and nobody needs to remember anything. What carries tasks out is
//! [`pipeline`](crate::pipeline).

mod address;
mod estimate;
mod glob;
mod outcome;
mod plan;
pub mod scheduler;
mod shard;
mod summary;

pub use address::{Address, Places};
pub use estimate::Estimate;
pub use glob::expand;
pub use outcome::{Kept, Outcome};
pub use plan::{MOST_TASKS, Plan, Task, Wanted};
pub use shard::Shard;
pub use summary::{Instead, Row, Summary};
