//! From verified edits to a release: files that appear whole or not at all, and a claim that says what was done.

mod card;
mod check;
mod claim;
mod claimed;
mod root;
mod staged;
mod statement;

pub use card::card;
pub use check::check;
pub use claim::Claim;
pub use claimed::Claimed;
pub use root::root_digest;
pub use staged::{Staged, check_destination};
pub use statement::{PREDICATE_TYPE, STATEMENT_FILE, Statement};
