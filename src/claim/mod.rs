//! What a release says of itself: the claim as data, and the files that hold it. Nothing is computed here, so
//! that whoever only reads claims (the gate, a hook, the register, an export) needs neither tensors nor
//! methods.
//!
//! A claim is read in whatever version it was written; [`Claim`] has it in the words of the present one. How
//! a claim is made of measurements, and held against them, is in `attest`.

mod asked;
mod classes;
mod error;
mod evaluation;
mod history;
mod legacy;
mod lineage;
pub mod names;
mod other_file;
mod predicate;
mod read;
mod resource;
mod root;
mod run;
mod statement;
mod stored;
mod tier;
mod uris;
mod verification;
mod words;

pub use classes::{ForgottenClass, LabelSpace, NamedClass};
pub use error::ClaimError;
pub use evaluation::{
    RecordedEvaluation, RecordedMetric, TEST_DATA, TRAINING_DATA, UNLABELLED_DATA, UserData,
};
pub use history::{Earlier, History};
pub use lineage::Lineage;
pub use other_file::OtherFile;
pub use predicate::{
    BuildDefinition, Builder, BuilderVersion, InternalParameters, Location, Parameters, Predicate, Removal,
    RunDetails,
};
pub(crate) use read::claimed_files;
pub use read::{Claim, Version};
pub use resource::{Resource, SIZE};
pub use root::{ALL_FILES, INPUT_MODEL, ignored, root_digest};
pub use run::{Algorithm, RareClass, SamplerName, Settings, Training, TrainingAttempt};
pub use statement::Statement;
pub use stored::StoredClaim;
pub use tier::Tier;
pub use uris::{BUILD_TYPE, BUILDER, PREDICATE_TYPE, synthetic};
pub use verification::{RecordedCheck, Verdict, Verification};
pub(crate) use words::METHOD_NAMES;
pub use words::{DeviceKind, DtypePolicy, NotClaimed, Promise, Scope, Seed};

pub use crate::sign::Digests;
