//! Removes classes from trained classifiers, source-free, and proves it.
pub use declass_formats as formats;
pub mod classes;
pub mod cut;
pub mod device;
pub mod edit;
pub mod embeddings;
pub mod error;
mod graph;
pub mod linear;
pub mod methods;
pub mod progress;
pub mod release;
pub mod rng;
pub mod space;
pub mod unlearn;
pub mod verify;
