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
//! use declass::{
//!     classes::Forgotten, cut::Cut, edit, formats::Artifact, methods, progress::Silent, release::{RunRecord, Staged},
//!     removal::Removal, unlearn::{self, MARGIN, Material}, verify,
//! };
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = Artifact::open("model".as_ref())?;
//! let cut = Cut::locate(&model, None)?;
//! let forgotten = Forgotten::resolve(&["Sandal"], cut.head.classes, cut.labels.as_ref())?;
//! let removal = Removal::of(forgotten, methods::choose(None, cut.head.link)?).build()?;
//!
//! let before = cut.head.load(&model)?;
//! let material = Material::draw(&before, &removal, &Device::Cpu, &Silent)?;
//! let trained = unlearn::train(&before, &material, &removal, &Device::Cpu, &Silent)?;
//! let record = RunRecord::new(&removal, Some(&material.sampling), Some(&trained), &[]);
//! let after = edit::as_stored(&cut, &before, &trained.head)?;
//! let after = unlearn::seal(&after, removal.forgotten(), cut.head.link, MARGIN)?;
//!
//! let edits = edit::edits(&model, &cut, &before, &after, removal.forgotten().as_set(), removal.slot())?;
//! let staged = Staged::write(&model, &edits, "out".as_ref(), &Silent)?;
//! let report = verify::verify(&model, staged.artifact(), &removal, &Device::Cpu, &Silent)?;
//! match report.pass() {
//!     Ok(pass) => staged.publish(&pass, &record, None, false, &Silent)?,
//!     Err(report) => report.checks().iter().for_each(|check| println!("{}: {}", check.id, check.summary)),
//! }
//! # Ok(())
//! # }
//! ```

pub use declass_formats as formats;

mod calendar;
pub mod classes;
pub mod cut;
pub mod device;
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
mod net;
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
