//! Unlearning at the head: draw what the method trains on, train until every stratum is forgotten, seal.
//!
//! No real data is looked at. When to stop and which learning rate to keep is decided on strata of synthetic
//! embeddings drawn apart from the training samples.

mod attempt;
mod judge;
mod material;
mod train;

pub use material::Material;
pub use train::{Epoch, Search, Summary, Trained, search, train};

pub use crate::head::{MARGIN, seal};
use crate::{
    embeddings::Distribution,
    methods::{Method, Settings},
};

/// Everything that decides what unlearning does, besides the model and the classes.
#[derive(Clone, Debug)]
pub struct Options {
    /// The method.
    pub method: &'static Method,
    /// What training embeddings are drawn from.
    pub distribution: Distribution,
    /// Training embeddings per class.
    pub samples: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// The learning rate; `None` tries [`LEARNING_RATES`] and keeps the one that disturbs the retained classes least.
    pub learning_rate: Option<f64>,
    /// Most epochs of one attempt.
    pub epochs: usize,
    /// The method's settings.
    pub settings: Settings,
}

impl Options {
    /// The defaults of a method.
    #[must_use]
    pub fn new(method: &'static Method) -> Self {
        Self {
            method,
            distribution: Distribution::Gaussian,
            samples: 1000,
            seed: 0,
            learning_rate: None,
            epochs: 300,
            settings: method.defaults(),
        }
    }
}

/// The learning rates that are tried, in this order.
pub const LEARNING_RATES: [f64; 4] = [1.0, 0.1, 0.01, 0.001];
