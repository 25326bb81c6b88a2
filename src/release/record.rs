//! What only the run that made a release knows, and no verification can compute again from the models alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    decimal::Decimal,
    evaluation::RecordedEvaluation,
    lineage::{History, Lineage},
    root::root_digest,
    statement::Statement,
};
use crate::{
    embeddings::{Rare, Sampler, Sampling},
    error::Error,
    evaluate::Evaluation,
    fetch::PackageUrl,
    removal::Removal,
    unlearn::{Summary, Trained},
    verify::Report,
};

/// The part of a claim that is recorded: no report has it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Version of the tool.
    pub(super) version: String,
    /// Kind of the device that computed.
    pub(super) device: String,
    /// Where the input came from, if it was fetched.
    pub(super) origin: Option<PackageUrl>,
    /// Settings of sampling and training, if anything was sampled.
    pub(super) settings: Option<Settings>,
    /// How both went, if anything was sampled.
    pub(super) training: Option<Training>,
    /// Figures on labelled data of the user, if there were any.
    pub(super) evaluation: Option<RecordedEvaluation>,
    /// The removals before this one, if the input was a release.
    pub(super) lineage: Option<Lineage>,
    /// The files that hold their claims, by name.
    pub(super) earlier: Vec<(String, Vec<u8>)>,
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
    pub learning_rate: Option<Decimal>,
    /// Most epochs of one attempt.
    pub max_epochs: usize,
    /// The method's own settings, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub method: BTreeMap<String, Decimal>,
}

/// How sampling and training went.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Training {
    /// Draws made.
    pub draws: Decimal,
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
pub struct RareClass {
    /// Its index.
    pub class: usize,
    /// What filled it.
    pub sampler: SamplerName,
    /// How many embeddings it made.
    pub made: usize,
    /// Draws that it looked at.
    pub tries: Decimal,
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
    pub learning_rate: Option<Decimal>,
    /// The largest factor by which training embeddings were stretched; absent if they were as they were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretched: Option<Decimal>,
    /// Epochs trained; 0 for a closed form.
    pub epochs: usize,
    /// Largest share of the forgotten classes' embeddings still recognised in any stratum.
    pub worst_stratum: Decimal,
    /// Share of the retained classes' embeddings that keep their class.
    pub retained_agreement: Decimal,
    /// Mean divergence over the retained classes, in nats.
    pub retained_divergence: Decimal,
}

impl RunRecord {
    /// The record of a run of this version. Without `sampling` nothing was drawn for training, without `trained` nothing was
    /// trained; `unreached` are the forgotten classes that training had nothing of.
    #[must_use]
    pub fn new(
        removal: &Removal,
        sampling: Option<&Sampling>,
        trained: Option<&Trained>,
        unreached: &[usize],
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            device: removal.device().name().into(),
            origin: None,
            settings: sampling.map(|_| Settings::of(removal)),
            training: sampling.map(|sampling| Training::of(sampling, trained, unreached)),
            evaluation: None,
            lineage: None,
            earlier: Vec::new(),
        }
    }

    /// The same record of an input that came from a hub.
    #[must_use]
    pub fn with_origin(self, origin: Option<PackageUrl>) -> Self {
        Self { origin, ..self }
    }

    /// Adds the history of the input, which the release of this report continues.
    ///
    /// # Errors
    /// [`Error::BrokenLineage`] if the input's claim is not about the input.
    pub fn with_history(mut self, history: &History, report: &Report) -> Result<Self, Error> {
        if !history.ends_at(&root_digest(&report.original_digests())) {
            return Err(Error::BrokenLineage { reason: "the input's claim is not about its files".into() });
        }
        let lineage = history.extended(&Statement::about(report, &self).predicate.removal);
        self.lineage = lineage.map_err(|reason| Error::BrokenLineage { reason })?;
        self.earlier = history.files().map(|(name, file)| (name, file.to_vec())).collect();
        Ok(self)
    }

    /// Adds figures on labelled data of the user, measured on the files of the release.
    #[must_use]
    pub fn with_evaluation(mut self, evaluation: &Evaluation) -> Self {
        self.evaluation = Some(RecordedEvaluation::of(evaluation));
        self
    }
}

impl Settings {
    fn of(removal: &Removal) -> Self {
        Self {
            distribution: removal.distribution().name().into(),
            samples_per_class: removal.samples(),
            learning_rate: removal.learning_rate().map(Decimal::exact),
            max_epochs: removal.epochs(),
            method: removal
                .settings()
                .iter()
                .map(|(name, value)| (name.into(), Decimal::exact(value)))
                .collect(),
        }
    }
}

impl Training {
    fn of(sampling: &Sampling, trained: Option<&Trained>, unreached: &[usize]) -> Self {
        Self {
            draws: Decimal::count(sampling.draws),
            accepted: sampling.accepted.clone(),
            starved_classes: sampling.starved().collect(),
            rare_classes: sampling.rare.iter().map(RareClass::of).collect(),
            unreached_forgotten_classes: unreached.to_vec(),
            attempts: trained.iter().flat_map(|t| &t.attempts).map(TrainingAttempt::of).collect(),
            kept: trained.map(|trained| trained.kept),
        }
    }
}

impl RareClass {
    fn of(rare: &Rare) -> Self {
        let sampler = match rare.sampler {
            Sampler::EllipticalSlice => SamplerName::EllipticalSlice,
            Sampler::OutOfReach => SamplerName::OutOfReach,
            Sampler::Sequential => SamplerName::Sequential,
        };
        Self { class: rare.class, sampler, made: rare.made, tries: Decimal::count(rare.tries) }
    }
}

impl TrainingAttempt {
    fn of(summary: &Summary) -> Self {
        Self {
            learning_rate: summary.learning_rate.map(Decimal::exact),
            stretched: (summary.stretch > 1.0).then(|| Decimal::exact(f64::from(summary.stretch))),
            epochs: summary.epochs,
            worst_stratum: Decimal::rounded(summary.worst_stratum),
            retained_agreement: Decimal::rounded(summary.retained_agreement),
            retained_divergence: Decimal::rounded(summary.retained_kl),
        }
    }
}
