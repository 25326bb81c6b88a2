//! From a model to a verified release, and from a release to a verdict: the order of the steps.
//!
//! A [`Job`] goes through its phases by being consumed: each has one way on, so that no step can be left out,
//! come too early or be about another removal.
//!
//! | value | what is known | the way on |
//! |---|---|---|
//! | [`Job`] | model and removal fit, the history of the input continues | [`train`](Job::train) |
//! | [`Unlearned`] | a head that forgot, or why none was trained | [`seal`](Unlearned::seal) |
//! | [`Sealed`] | the edits of the files | [`write`](Sealed::write) |
//! | [`Written`] | a copy on disk, beside its place | [`evaluate`](Written::evaluate) |
//! | [`Evaluated`] | figures on the user's data, if there are any | [`verify`](Evaluated::verify) |
//! | [`Verified`] | the report on the copy as it lies on disk, and the claim | [`pass`](Verified::pass) |
//! | [`Passed`] | that no check failed | [`publish`](Passed::publish) |
//!
//! A [`Release`] is judged in two ways, which go together in a [`Judgement`](crate::gate::Judgement):
//! [`examine_release`](crate::gate::examine_release) looks at who signed what, without its original;
//! [`Release::measure`] looks at what it does, beside its original, and [`Release::reproduce`] makes it again. [`Release::amend`]
//! gives it a claim with figures on data of the user; [`card_of`] writes its card anew. [`compare_models`] holds any models
//! against a first one, without a verdict. A [`Fleet`] carries out a whole plan.

mod amend;
mod carded;
mod compare;
#[cfg(feature = "inputs")]
mod embed;
#[cfg(feature = "inputs")]
mod encode;
#[cfg(feature = "inputs")]
mod encoder;
mod event;
mod finish;
mod fleet;
mod gather;
mod job;
#[cfg(feature = "inputs")]
mod kept;
#[cfg(feature = "inputs")]
mod layers;
mod made;
mod measure;
mod pointless;
mod reproduce;
mod run;
mod train;
mod training;
mod wired;
mod write;

pub use amend::Amending;
pub use carded::{Named, card_of};
pub use compare::{Comparing, Contestant, Encode, compare_models};
#[cfg(feature = "inputs")]
pub use encode::{Encoded, Encoding};
pub use event::{Event, NotTrained, Observer};
pub use finish::{Passed, Verified};
pub use fleet::{Fleet, Looked, Source};
pub use gather::{FurtherFile, LeftFile, further_files, gather};
pub use job::Job;
#[cfg(feature = "inputs")]
pub use layers::{Layered, common_layers};
pub use measure::{Measured, Measuring, Release};
pub use reproduce::{DEFINITION as REPRODUCTION, OtherTensor, Reproduced};
pub use run::{HasRun, Running};
pub use train::Unlearned;
pub use write::{Evaluated, Sealed, Written};
