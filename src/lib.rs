//! Removes classes from trained classifiers, source-free, and proves it.
//!
//! A trained classifier is an encoder and a linear head that makes classes out of the encoder's embedding.
//! This library finds that head in a safetensors folder or an ONNX file, unlearns classes there on synthetic
//! embeddings (no training data needed), seals their slots so that they can never win, writes a copy in which
//! nothing else changed, and measures what came of it on the copy as it lies on disk.
//!
//! A [`Job`] goes from a model to a release, phase by phase:
//!
//! ```no_run
//! use declass::{Destination, DeviceChoice, Job, Model, Silent};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = Model::open("model")?;
//! let removal = model.forget(&["Sandal"])?.seed(7).build()?;
//! let device = DeviceChoice::Cpu.open()?.device;
//! let job = Job::open(&model, &removal, Destination::new("out"), device, &Silent)?;
//! let verified = job.train()?.seal()?.write()?.evaluate()?.verify()?;
//! match verified.pass() {
//!     Ok(passed) => passed.publish(None)?,
//!     Err(report) => {
//!         report.checks().iter().for_each(|check| println!("{}: {}", check.definition.id, check.summary));
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A [`Release`] is judged by its signatures with [`examine_release`], and beside its original with
//! [`Release::measure`]. `examples/` has a program for each of these.
//!
//! What these pages show is the library. The modules that they do not show are open to the command line, the
//! tests and the benches, and change without notice.

#![cfg_attr(
    not(feature = "compute"),
    expect(
        dead_code,
        unused_imports,
        reason = "the gate uses a part of the rooms that it shares with the rest"
    )
)]

pub use declass_formats as formats;
pub use {
    classes::{Forgotten, Labels},
    error::Error,
    evidence::{Check, Definition, Figure, Finding, Outcome},
    gate::{Examination, Judgement, Rules, examine_release},
    head::{Slot, Treatment},
    progress::{Progress, Silent, Step},
    sign::ReleaseKey,
};
#[cfg(feature = "compute")]
pub use {
    device::{DeviceChoice, DeviceKind},
    embeddings::Distribution,
    evaluate::{Data, Labelled, Part},
    methods::{METHODS, Method},
    model::Model,
    pipeline::{Job, Measured, Measuring, Release},
    release::{Destination, Existing},
    removal::{Builder as RemovalBuilder, Removal},
    verify::{Report, verify},
};

#[cfg(feature = "compute")]
mod arrays;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod attest;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod batch;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod blueprint;
mod calendar;
#[doc(hidden)]
pub mod claim;
#[doc(hidden)]
pub mod classes;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod compare;
#[doc(hidden)]
pub mod cut;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod device;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod edit;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod embeddings;
pub mod error;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod evaluate;
#[doc(hidden)]
pub mod evidence;
#[doc(hidden)]
pub mod export;
#[doc(hidden)]
pub mod fetch;
#[doc(hidden)]
pub mod gate;
#[doc(hidden)]
pub mod git;
#[doc(hidden)]
pub mod head;
#[doc(hidden)]
pub mod hook;
#[cfg(feature = "inputs")]
#[doc(hidden)]
pub mod inputs;
#[doc(hidden)]
pub mod key_file;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod methods;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod model;
mod net;
#[doc(hidden)]
pub mod note;
#[cfg(feature = "compute")]
pub mod pipeline;
#[doc(hidden)]
pub mod progress;
#[cfg(feature = "hub")]
#[doc(hidden)]
pub mod push;
#[doc(hidden)]
pub mod register;
#[doc(hidden)]
pub mod release;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod removal;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod rng;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod sign;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod space;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod statistics;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod tail;
mod temporary;
mod unambiguous;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod unlearn;
#[cfg(feature = "compute")]
#[doc(hidden)]
pub mod verify;
