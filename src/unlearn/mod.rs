//! Unlearning at the head: start at the minimum of the method's loss where that is known; else draw what the method
//! trains on, train until every stratum is forgotten; seal.
//!
//! No real data is looked at. When to stop and which learning rate to keep is decided on strata of synthetic
//! embeddings drawn apart from the training samples.

mod attempt;
mod course;
mod judge;
mod material;
mod start;
mod train;

pub use course::{Epoch, Reached, Summary};
pub use material::Material;
pub use start::{Started, start};
pub use train::{Search, Trained, search, train};

pub use crate::head::{MARGIN, seal};
/// The learning rates that are tried, in this order.
pub const LEARNING_RATES: [f64; 4] = [1.0, 0.1, 0.01, 0.001];
