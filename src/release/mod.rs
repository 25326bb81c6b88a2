//! From verified edits to a release: files that appear whole or not at all, and a claim that says what was done.

mod attributes;
mod beside;
mod card;
mod check;
mod claim;
mod claimed;
mod compare;
mod decimal;
mod destination;
mod evaluation;
mod front;
mod lineage;
mod parents;
mod record;
mod root;
mod signing;
mod staged;
pub mod statement;
mod stored;
mod yaml;

pub use beside::{not_covered, repository};
pub use card::{CardContent, card};
pub use claimed::Claimed;
pub use decimal::Decimal;
pub use destination::{Destination, Existing};
pub use evaluation::{RecordedEvaluation, RecordedMetric, UserData};
pub(crate) use front::{RemovalBlock, TAGS};
pub use lineage::{Earlier, History, Lineage, check_lineage};
pub use record::RunRecord;
pub use root::root_digest;
pub use signing::{sign_release, stamp_release};
pub use staged::Staged;
pub use statement::{PREDICATE_TYPE, STATEMENT_FILE, Statement};
pub use stored::{CLAIM_FILE, StoredClaim};
pub(crate) use yaml::quoted;
