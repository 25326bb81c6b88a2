//! What a claim on disk says was done: enough of it to do the verification again.

use declass_formats::Artifact;
use serde_json::Value;

use super::{
    claim::{INPUT, slot_name},
    evaluation::{RecordedEvaluation, unclaimed},
    record::RunRecord,
    statement::{LabelSpace, NamedClass, Parameters, Predicate, Resource, Statement},
    stored::StoredClaim,
};
use crate::{
    classes::Forgotten,
    device::DeviceKind,
    error::Error,
    evaluate::Data,
    fetch::PackageUrl,
    head::{Slot, Treatment},
    methods::{self, Kind},
    removal::Removal,
    unambiguous,
};

/// The claim of a release, read from its file.
#[derive(Debug)]
pub struct Claimed {
    /// All of it, fields that no claim has included.
    pub(super) json: Value,
    statement: Statement,
    /// What it says about its own run.
    pub(super) record: RunRecord,
    removal: Removal,
}

impl Claimed {
    /// Reads what a claim says was asked for; [`check`](Self::check) compares the rest of it with a report.
    ///
    /// # Errors
    /// What is wrong with it: not JSON, not a claim of this version, or about nothing that can be verified.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let json = unambiguous::parse(bytes)?;
        let statement = Statement::read(&json)?;
        let Predicate { build_definition, run_details, removal, verification } = statement.predicate.clone();
        let asked = build_definition.external_parameters;
        let record = RunRecord {
            version: run_details.builder.version.declass,
            device: build_definition.internal_parameters.device,
            origin: origin(&build_definition.resolved_dependencies)?,
            settings: asked.parameters.clone(),
            training: removal.training,
            evaluation: verification.evaluation,
            lineage: removal.lineage,
            earlier: Vec::new(),
        };
        require_words(&record)?;
        record.evaluation.iter().try_for_each(RecordedEvaluation::require_words)?;
        let forgotten = forgotten(&asked.forget, &removal.label_space)?;
        let removal = asked_for(asked, forgotten, &record.device, &verification.seed)?;
        Ok(Self { json, statement, record, removal })
    }

    /// Reads the claim of a release, signed or not.
    ///
    /// # Errors
    /// [`Error::NotAClaim`].
    pub fn of(release: &Artifact) -> Result<Self, Error> {
        let stored = StoredClaim::read(release.folder())?;
        let claimed = Self::read(stored.statement());
        claimed.map_err(|reason| Error::NotAClaim { path: stored.path().to_owned(), reason })
    }

    /// The removal that it records.
    #[must_use]
    pub fn removal(&self) -> &Removal {
        &self.removal
    }

    /// Version of the tool that made the claim.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.record.version
    }

    /// What it says.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Fails unless these are the labelled data that the claim has figures on, all of them.
    ///
    /// # Errors
    /// [`Error::Embeddings`] if they are others, more or fewer, or the claim has no such figures.
    pub fn require_data(&self, data: &Data) -> Result<(), Error> {
        match &self.record.evaluation {
            Some(evaluation) => evaluation.require(data),
            None => Err(unclaimed(&data.test)),
        }
    }
}

/// Where the claim says that the input came from.
fn origin(dependencies: &[Resource]) -> Result<Option<PackageUrl>, String> {
    let input = dependencies.iter().find(|dependency| dependency.name == INPUT);
    let Some(uri) = input.and_then(|input| input.uri.as_ref()) else { return Ok(None) };
    PackageUrl::parse(uri)
        .map(Some)
        .ok_or_else(|| format!("its input comes from `{uri}`, which is no repository at a commit"))
}

/// What is only recorded has room for words of the tool, not for a text.
fn require_words(record: &RunRecord) -> Result<(), String> {
    let is_version = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    if !record.version.chars().all(is_version) {
        return Err(format!("its version `{}` is none", record.version));
    }
    Ok(())
}

/// The removal that a claim says was asked for, without contradictions.
fn asked_for(
    asked: Parameters,
    forgotten: Forgotten,
    device: &str,
    verification_seed: &str,
) -> Result<Removal, String> {
    let slot = [Slot::Drop, Slot::Keep].into_iter().find(|slot| slot_name(*slot) == asked.slot);
    let slot = slot.ok_or_else(|| format!("it names an unknown slot `{}`", asked.slot))?;
    if slot == Slot::Drop && asked.seal {
        return Err("a dropped slot cannot be sealed".into());
    }
    let treatment = match slot {
        Slot::Drop => Treatment::Drop,
        Slot::Keep if asked.seal => Treatment::Seal,
        Slot::Keep => Treatment::Leave,
    };
    let method = methods::by_name(&asked.method)
        .ok_or_else(|| format!("it names a method `{}` that this version does not know", asked.method))?;
    let device =
        DeviceKind::by_name(device).ok_or_else(|| format!("it names an unknown device `{device}`"))?;
    let mut removal = Removal::of(forgotten, method)
        .treatment(treatment)
        .head(asked.head)
        .seed(number(&asked.seed)?)
        .verification_seed(number(verification_seed)?)
        .device(device);
    if let Some(settings) = asked.parameters {
        removal = removal.distribution(settings.distribution.parse()?).samples(settings.samples_per_class);
        // It is recorded of every method that draws, whether or not it trains.
        if matches!(method.kind, Kind::Trained(_)) {
            removal = removal.epochs(settings.max_epochs);
        }
        if let Some(rate) = settings.learning_rate {
            removal = removal.learning_rate(rate.value());
        }
        for (name, value) in settings.method {
            removal = removal.setting(name, value.value());
        }
    }
    removal.build().map_err(|error| error.to_string())
}

fn number(seed: &str) -> Result<u64, String> {
    seed.parse().map_err(|_| format!("its seed `{seed}` is no number"))
}

fn forgotten(named: &[NamedClass], space: &LabelSpace) -> Result<Forgotten, String> {
    space.check_size()?;
    if !named.is_sorted_by(|a, b| a.index < b.index) {
        return Err("its forgotten classes are not in order".into());
    }
    let indices = named.iter().map(|class| class.index).collect();
    Forgotten::from_indices(indices, space.before).map_err(|error| error.to_string())
}
