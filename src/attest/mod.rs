//! Claims and measurements: a claim is made of a report on the files and of the record of the run that made
//! them, and a claim that was read is held, place by place, against the one that would be made now.

mod build;
mod check;
mod claimed;
mod compare;
mod evaluation;
mod lineage;
mod parts;
mod record;
mod versions;
mod words;

pub use build::statement;
pub use check::Held;
pub use claimed::Claimed;
pub use lineage::check_lineage;
pub use record::RunRecord;
pub use words::WORDS;
