//! What a claim on disk says was done: enough of it to do the verification again, or the whole removal.

use declass_formats::Artifact;

use super::{
    build::{not_run, tiers},
    compare::{Comparison, Difference, differences},
    evaluation,
    record::RunRecord,
};
use crate::{
    claim::{
        Algorithm, Claim, ClaimError, INPUT_MODEL, Resource, Seed, Settings, Statement, StoredClaim, Version,
    },
    error::Error,
    evaluate::{Data, Evaluation},
    evidence::{LentGraph, Outcome},
    fetch::PackageUrl,
    methods::{self, Kind, Optimizer},
    removal::{OtherFile, Removal},
};

/// The claim of a release, read from its file.
#[derive(Debug)]
pub struct Claimed {
    /// All of it, fields that no claim has included.
    pub(super) claim: Claim,
    /// What it says about its own run.
    pub(super) record: RunRecord,
    removal: Removal,
}

impl Claimed {
    /// Reads what a claim says was asked for; [`check`](Self::check) compares the rest of it with a report.
    ///
    /// # Errors
    /// [`ClaimError`] if it is no claim of a known version, or about nothing that can be verified.
    pub fn read(bytes: &[u8]) -> Result<Self, ClaimError> {
        let claim = Claim::from_bytes(bytes)?;
        let build = &claim.statement.predicate.build_definition;
        let record = RunRecord::claimed(&claim.statement, origin(&build.resolved_dependencies)?);
        let removal = removal(&claim.statement)?;
        Ok(Self { claim, record, removal })
    }

    /// Reads the claim of a release, signed or not.
    ///
    /// # Errors
    /// [`Error::NotAClaim`].
    pub fn of(release: &Artifact) -> Result<Self, Error> {
        let stored = StoredClaim::read(release.folder())?;
        Self::read(stored.statement()).map_err(|reason| stored.not_a_claim(&reason))
    }

    /// The same claim with other figures on data of the user, which take the place of those that it has.
    ///
    /// # Errors
    /// [`ClaimError`] if the claim is of an older version, or says something that this version would leave out.
    pub fn with_figures(&self, evaluation: &Evaluation) -> Result<Statement, ClaimError> {
        if self.claim.version != Version::V2 {
            return Err(ClaimError::Unknown("it is of an older version, whose figures are others".into()));
        }
        let mut statement = self.claim.statement.clone();
        // What this version does not know would be lost.
        let same = serde_json::from_slice(&statement.to_bytes());
        let lost = same.map_or_else(
            |_| Some("it cannot be written again".to_owned()),
            |same| {
                differences(&self.claim.json, &same, |_| Comparison::Exact).first().map(Difference::describe)
            },
        );
        if let Some(lost) = lost {
            return Err(ClaimError::Unknown(lost));
        }
        let recorded = evaluation::recorded(evaluation);
        let verification = &mut statement.predicate.verification;
        verification.tiers = tiers(Some(&recorded));
        verification.not_run = not_run(&verification.tiers);
        verification.evaluation = Some(recorded);
        Ok(statement)
    }

    /// The removal that it records.
    #[must_use]
    pub fn removal(&self) -> &Removal {
        &self.removal
    }

    /// On how many made-up inputs it says that both models were run; none if they were not.
    #[must_use]
    pub fn inputs_run(&self) -> Option<u32> {
        let checks = &self.statement().predicate.verification.checks;
        let executed = checks.iter().find(|check| check.id == EXECUTED && check.result == Outcome::Passed)?;
        let inputs = executed.figures.iter().find(|figure| figure.quantity == "inputs")?;
        let inputs = inputs.value.0.clamp(0.0, f64::from(MOST_EXECUTED)) as u32;
        (inputs > 0).then_some(inputs)
    }

    /// The graph that it says both models were run by, if they have none themselves.
    #[must_use]
    pub fn graph(&self) -> Option<&LentGraph> {
        self.statement().predicate.verification.execution.as_ref()?.graph.as_ref()
    }

    /// Version of the tool that made the claim.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.record.version
    }

    /// What it says.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.claim.statement
    }

    /// Fails unless these are the labelled data that the claim has figures on, all of them.
    ///
    /// # Errors
    /// [`Error::Embeddings`] if they are others, more or fewer, or the claim has no such figures.
    pub fn require_data(&self, data: &Data) -> Result<(), Error> {
        match &self.record.evaluation {
            Some(claimed) => evaluation::require(claimed, data),
            None => Err(evaluation::unclaimed(&data.test)),
        }
    }

    /// Seed of the synthetic embeddings that were measured on.
    #[must_use]
    pub fn verification_seed(&self) -> Seed {
        self.claim.statement.predicate.verification.seed
    }

    /// Seed of what was drawn of labelled data.
    #[must_use]
    pub fn evaluation_seed(&self) -> Seed {
        self.record.evaluation.as_ref().map_or(self.verification_seed(), |evaluation| evaluation.seed)
    }
}

/// Where the claim says that the input came from.
fn origin(dependencies: &[Resource]) -> Result<Option<PackageUrl>, ClaimError> {
    let input = dependencies.iter().find(|dependency| dependency.name == INPUT_MODEL);
    let Some(uri) = input.and_then(|input| input.uri.as_ref()) else { return Ok(None) };
    PackageUrl::parse(uri).map(Some).ok_or_else(|| {
        ClaimError::Contradiction(format!(
            "its input comes from `{uri}`, which is not a repository at a commit"
        ))
    })
}

/// The removal that a claim says was asked for, without contradictions.
fn removal(statement: &Statement) -> Result<Removal, ClaimError> {
    let (target, build) = (statement.target()?, &statement.predicate.build_definition);
    let asked = &build.external_parameters;
    let method = methods::by_name(&asked.method).ok_or_else(|| {
        ClaimError::Unknown(format!("it names a method `{}` that this version does not know", asked.method))
    })?;
    let mut removal = Removal::of(target.forgotten().clone(), method)
        .treatment(target.treatment())
        .hints(target.hints().clone())
        .accepted(target.accepted())
        .seed(asked.seed.value())
        .verification_seed(statement.predicate.verification.seed.value())
        .device(build.internal_parameters.device);
    if let Some(parameters) = &asked.parameters {
        let Settings {
            distribution,
            samples_per_class,
            learning_rate,
            max_epochs,
            optimizer,
            method: settings,
        } = parameters;
        let distribution = distribution.parse().map_err(ClaimError::Unknown)?;
        removal = removal.distribution(distribution).samples(*samples_per_class);
        // It is recorded of every method that draws, whether or not it trains.
        if matches!(method.kind, Kind::Trained(_)) {
            removal = removal.epochs(*max_epochs).optimizer(match optimizer {
                Some(Algorithm::Minimum1) => Optimizer::Minimum,
                None => Optimizer::Sgd,
            });
        }
        if let Some(rate) = learning_rate {
            removal = removal.learning_rate(rate.value());
        }
        for (name, value) in settings {
            removal = removal.setting(name, value.value());
        }
    }
    if let Some(inputs) = asked.executed {
        removal = removal.executed(inputs.min(MOST_EXECUTED));
    }
    let removal = removal.build().map_err(|error| ClaimError::Unknown(error.to_string()))?;
    let others = statement.other_files()?.into_iter().map(|(path, hints)| OtherFile { path, hints });
    Ok(removal.in_files(others.collect()))
}

/// The check that says what was run.
pub(super) const EXECUTED: &str = "executed";

/// More inputs than anybody asks for: a claim cannot make its reader work for ever.
const MOST_EXECUTED: u32 = 10_000;
