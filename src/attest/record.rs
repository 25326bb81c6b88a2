//! What only the run that made a release knows, and no verification can compute again from the models alone.

use super::evaluation;
use crate::{
    claim::{
        Algorithm, Lineage, RareClass, RecordedEvaluation, SamplerName, Settings, Statement, Training,
        TrainingAttempt,
    },
    embeddings::{Rare, Sampler, Sampling},
    evaluate::Evaluation,
    evidence::Number,
    fetch::PackageUrl,
    methods::Optimizer,
    removal::Removal,
    unlearn::{Summary, Trained},
};

/// The part of a claim that is recorded: no report has it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Version of the tool.
    pub(super) version: String,
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

impl RunRecord {
    /// The record of a run of this version. Without `sampling` nothing was drawn for training, without
    /// `trained` nothing was trained; `unreached` are the forgotten classes that training had nothing of.
    #[must_use]
    pub fn new(
        removal: &Removal,
        sampling: Option<&Sampling>,
        trained: Option<&Trained>,
        unreached: &[usize],
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            origin: None,
            settings: sampling.map(|_| settings(removal)),
            training: sampling.map(|sampling| training(sampling, trained, unreached)),
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

    /// Adds figures on labelled data of the user, measured on the files of the release.
    #[must_use]
    pub fn with_evaluation(mut self, evaluation: &Evaluation) -> Self {
        self.evaluation = Some(evaluation::recorded(evaluation));
        self
    }

    /// The files that hold the claims of earlier removals, by name.
    #[must_use]
    pub fn earlier_claims(&self) -> &[(String, Vec<u8>)] {
        &self.earlier
    }

    /// What a claim says of the run that made it.
    pub(super) fn claimed(statement: &Statement, origin: Option<PackageUrl>) -> Self {
        let predicate = statement.predicate.clone();
        let build = predicate.build_definition;
        Self {
            version: predicate.run_details.builder.version.declass,
            origin,
            settings: build.external_parameters.parameters,
            training: predicate.removal.training,
            evaluation: predicate.verification.evaluation,
            lineage: predicate.removal.lineage,
            earlier: Vec::new(),
        }
    }
}

fn settings(removal: &Removal) -> Settings {
    let method = removal.settings().iter().map(|(name, value)| (name.into(), Number(value)));
    Settings {
        distribution: removal.distribution().name().into(),
        samples_per_class: removal.samples(),
        learning_rate: removal.learning_rate().map(Number),
        max_epochs: removal.epochs(),
        optimizer: (removal.optimizer() == Optimizer::Minimum).then_some(Algorithm::Minimum1),
        method: method.collect(),
    }
}

fn training(sampling: &Sampling, trained: Option<&Trained>, unreached: &[usize]) -> Training {
    Training {
        draws: sampling.draws,
        accepted: sampling.accepted.clone(),
        starved_classes: sampling.starved().collect(),
        rare_classes: sampling.rare.iter().map(rare_class).collect(),
        unreached_forgotten_classes: unreached.to_vec(),
        attempts: trained.iter().flat_map(|t| &t.attempts).map(attempt).collect(),
        kept: trained.map(|trained| trained.kept),
    }
}

fn rare_class(rare: &Rare) -> RareClass {
    let sampler = match rare.sampler {
        Sampler::EllipticalSlice => SamplerName::EllipticalSlice,
        Sampler::OutOfReach => SamplerName::OutOfReach,
        Sampler::Sequential => SamplerName::Sequential,
    };
    RareClass { class: rare.class, sampler, made: rare.made, tries: rare.tries }
}

fn attempt(summary: &Summary) -> TrainingAttempt {
    TrainingAttempt {
        learning_rate: summary.learning_rate.map(Number),
        stretched: (summary.stretch > 1.0).then(|| Number(f64::from(summary.stretch))),
        epochs: summary.epochs,
        loss: summary.reached.map(|reached| Number(reached.loss).rounded()),
        gradient_norm: summary.reached.map(|reached| Number(reached.gradient).rounded()),
        worst_stratum: Number(summary.worst_stratum).rounded(),
        retained_agreement: Number(summary.retained_agreement).rounded(),
        retained_divergence: Number(summary.retained_kl).rounded(),
    }
}
