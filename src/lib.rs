//! Removes classes from trained classifiers, source-free, and proves it.
//!
//! A trained classifier is an encoder and a linear head that makes classes out of the encoder's embedding. This
//! library finds that head in a safetensors folder or an ONNX file, unlearns classes there on synthetic
//! embeddings (no training data needed), seals their slots so that they can never win, writes a copy in which
//! nothing else changed, and measures what came of it on the copy as it lies on disk.
//!
//! Every step takes the value of the one before:
//!
//! ```no_run
//! use candle_core::Device;
//! use declass::{model::Model, pipeline::Job, progress::Silent, release::Destination};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = Model::open("model")?;
//! let removal = model.forget(&["Sandal"])?.seed(7).build()?;
//! let job = Job::open(&model, &removal, Destination::new("out"), Device::Cpu, &Silent)?;
//! let verified = job.train()?.seal()?.write()?.evaluate()?.verify()?;
//! match verified.pass() {
//!     Ok(passed) => passed.publish(None)?,
//!     Err(report) => report.checks().iter().for_each(|check| println!("{}: {}", check.definition.id, check.summary)),
//! }
//! # Ok(())
//! # }
//! ```

pub use declass_formats as formats;

mod calendar;
pub mod classes;
pub mod cut;
pub mod device;
#[doc = include_str!("duties.md")]
pub mod duties {}
pub mod edit;
pub mod embeddings;
pub mod error;
pub mod evaluate;
pub mod evidence;
pub mod export;
pub mod fetch;
pub mod gate;
pub mod git;
pub mod head;
pub mod hook;
pub mod key_file;
pub mod methods;
pub mod model;
mod net;
pub mod pipeline;
pub mod progress;
#[cfg(feature = "hub")]
pub mod push;
pub mod register;
pub mod release;
pub mod removal;
pub mod rng;
pub mod sign;
pub mod space;
pub mod statistics;
pub mod tail;
mod unambiguous;
pub mod unlearn;
pub mod verify;
#[doc = include_str!("worked_example.md")]
pub mod worked_example {}
