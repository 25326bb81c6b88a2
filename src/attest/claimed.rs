//! What a claim on disk says was done: enough of it to do the verification again.

use super::{evaluation, record::RunRecord};
use crate::{
    claim::{Asked, Claim, ClaimError, DeviceKind, INPUT_MODEL, Resource, Seed, Statement, Version},
    embeddings::Distribution,
    error::Error,
    evaluate::Data,
    fetch::PackageUrl,
    head::Slot,
    methods::{self, Kind, Method, Settings},
    verify::Request,
};

/// The claim of a release, read from its file.
#[derive(Debug)]
pub struct Claimed {
    /// All of it, fields that no claim has included.
    pub(super) claim: Claim,
    /// What it says about its own run.
    pub(super) record: RunRecord,
    asked: Asked,
    method: &'static Method,
    settings: Settings,
}

impl Claimed {
    /// Reads what a claim says was asked for; [`check`](Self::check) compares the rest of it with a report.
    ///
    /// # Errors
    /// [`ClaimError`] if it is no claim of a known version, or about nothing that can be verified.
    pub fn read(bytes: &[u8]) -> Result<Self, ClaimError> {
        let claim = Claim::from_bytes(bytes)?;
        let asked = claim.statement.asked()?;
        let build = &claim.statement.predicate.build_definition;
        let method = &build.external_parameters.method;
        let method = methods::by_name(method).ok_or_else(|| {
            ClaimError::Unknown(format!("it names a method `{method}` that this version does not know"))
        })?;
        let record = RunRecord::claimed(&claim.statement, origin(&build.resolved_dependencies)?);
        let settings = settings(&record, method)?;
        Ok(Self { claim, record, asked, method, settings })
    }

    /// The arguments of `declass unlearn` that ask for what the claim says was done, but for the model, the output and the device.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["--method".into(), self.method.name.into()];
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.asked.forgotten.indices().for_each(|class| add("--forget", class.to_string()));
        add("--slot", self.asked.slot.to_string());
        add("--seed", self.record.seed.to_string());
        self.asked.head.iter().for_each(|head| add("--head", head.clone()));
        if let Some(settings) = &self.record.settings {
            add("--distribution", settings.distribution.clone());
            add("--samples", settings.samples_per_class.to_string());
            settings.learning_rate.iter().for_each(|rate| add("--lr", rate.value().to_string()));
            settings
                .method
                .iter()
                .for_each(|(name, value)| add("--set", format!("{name}={}", value.value())));
            if matches!(self.method.kind, Kind::Trained(_)) {
                add("--epochs", settings.max_epochs.to_string());
            }
        }
        if self.asked.slot == Slot::Keep && !self.asked.sealed {
            arguments.push("--no-seal".into());
        }
        arguments
    }

    /// Version of the tool that made the claim, and the kind of device that computed.
    #[must_use]
    pub fn made_by(&self) -> (&str, DeviceKind) {
        (&self.record.version, self.record.device)
    }

    /// The version that the claim was written in.
    #[must_use]
    pub fn version(&self) -> Version {
        self.claim.version
    }

    /// What it says.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.claim.statement
    }

    /// The verification that the claim calls for, on embeddings of another seed than the claim's if one is given.
    #[must_use]
    pub fn request(&self, seed: Option<u64>) -> Request<'_> {
        Request {
            forgotten: &self.asked.forgotten,
            slot: self.asked.slot,
            sealed: self.asked.sealed,
            method: self.method,
            settings: &self.settings,
            head: self.asked.head.as_deref(),
            seed: seed.unwrap_or(self.seed().value()),
        }
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
    pub fn seed(&self) -> Seed {
        self.claim.statement.predicate.verification.seed
    }

    /// Seed of what was drawn of labelled data.
    #[must_use]
    pub fn evaluation_seed(&self) -> Seed {
        self.record.evaluation.as_ref().map_or(self.seed(), |evaluation| evaluation.seed)
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

/// The method's settings: those recorded, and the defaults of the others.
fn settings(record: &RunRecord, method: &Method) -> Result<Settings, ClaimError> {
    let Some(recorded) = &record.settings else {
        return method.settings(&[]).map_err(|error| ClaimError::Unknown(error.to_string()));
    };
    recorded.distribution.parse::<Distribution>().map_err(ClaimError::Unknown)?;
    let given: Vec<(String, f64)> =
        recorded.method.iter().map(|(name, value)| (name.clone(), value.value())).collect();
    method.settings(&given).map_err(|error| ClaimError::Unknown(error.to_string()))
}
