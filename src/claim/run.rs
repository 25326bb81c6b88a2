//! What only the run that made a release knows, and no verification can compute again from the models alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::Number;

/// How a head was got to, with the version of the algorithm: another version may make other bytes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Algorithm {
    /// The minimum of the method's loss in closed form, descent only where that did not do.
    #[serde(rename = "minimum-1")]
    Minimum1,
}

/// Settings of sampling and training.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// What training embeddings were drawn from.
    pub distribution: String,
    /// How many were wanted of each class.
    pub samples_per_class: usize,
    /// The learning rate that was asked for; absent if it was chosen on synthetic strata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<Number>,
    /// Most epochs of one attempt.
    pub max_epochs: usize,
    /// How the head was got to; absent for gradient descent from the original head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<Algorithm>,
    /// The method's own settings, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub method: BTreeMap<String, Number>,
}

/// How sampling and training went.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Training {
    /// Draws made.
    pub draws: u64,
    /// Embeddings kept of each class.
    pub accepted: Vec<usize>,
    /// Classes that got fewer than were wanted.
    pub starved_classes: Vec<usize>,
    /// Classes that plain draws left short and another sampler filled.
    pub rare_classes: Vec<RareClass>,
    /// Forgotten classes that training had nothing of, so that only their slots' treatment is left.
    pub unreached_forgotten_classes: Vec<usize>,
    /// Every attempt at training, in order.
    pub attempts: Vec<TrainingAttempt>,
    /// Which attempt was kept; null if there was none.
    pub kept: Option<usize>,
}

/// A class that plain draws hardly reach.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RareClass {
    /// Its index.
    pub class: usize,
    /// What filled it.
    pub sampler: SamplerName,
    /// How many embeddings it made.
    pub made: usize,
    /// Draws that it looked at.
    pub tries: u64,
}

/// A sampler by its name in claims.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SamplerName {
    /// Elliptical slice sampling.
    EllipticalSlice,
    /// None: the class is out of reach.
    OutOfReach,
    /// Rejection of one coordinate after the other.
    Sequential,
}

/// One attempt at training.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainingAttempt {
    /// Its learning rate; absent for a closed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<Number>,
    /// The largest factor by which training embeddings were stretched; absent if they were as they were
    /// drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretched: Option<Number>,
    /// Epochs trained; 0 for a closed form.
    pub epochs: usize,
    /// The method's loss where it ended, over the strata's embeddings that it is about, in nats; absent if it was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Number>,
    /// The norm of its gradient there, with respect to weights and biases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<Number>,
    /// Largest share of the forgotten classes' embeddings still recognised in any stratum.
    pub worst_stratum: Number,
    /// Share of the retained classes' embeddings that keep their class.
    pub retained_agreement: Number,
    /// Mean divergence over the retained classes, in nats.
    pub retained_divergence: Number,
}
