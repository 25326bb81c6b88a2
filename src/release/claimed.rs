//! What a claim on disk says was done: enough of it to do the verification again.

use serde_json::Value;

use super::{
    claim::{INPUT, index_map, slot_name},
    evaluation::{RecordedEvaluation, unclaimed},
    record::RunRecord,
    statement::{LabelSpace, NamedClass, Predicate, Resource, Statement},
};
use crate::{
    classes::Forgotten,
    embeddings::Distribution,
    error::Error,
    evaluate::Data,
    fetch::PackageUrl,
    head::Slot,
    methods::{self, Kind, Method, Settings},
    unambiguous,
    verify::Request,
};

/// The claim of a release, read from its file.
#[derive(Debug)]
pub struct Claimed {
    /// All of it, fields that no claim has included.
    pub(super) json: Value,
    statement: Statement,
    /// What it says about its own run.
    pub(super) record: RunRecord,
    forgotten: Forgotten,
    slot: Slot,
    sealed: bool,
    method: &'static Method,
    settings: Settings,
    head: Option<String>,
    seed: u64,
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
        let slot = [Slot::Drop, Slot::Keep].into_iter().find(|slot| slot_name(*slot) == asked.slot);
        let slot = slot.ok_or_else(|| format!("it names an unknown slot `{}`", asked.slot))?;
        if slot == Slot::Drop && asked.seal {
            return Err("a dropped slot cannot be sealed".into());
        }
        let method = methods::by_name(&asked.method)
            .ok_or_else(|| format!("it names a method `{}` that this version does not know", asked.method))?;
        let seed = asked.seed.parse().map_err(|_| format!("its seed `{}` is no number", asked.seed))?;
        let record = RunRecord {
            version: run_details.builder.version.declass,
            device: build_definition.internal_parameters.device,
            origin: origin(&build_definition.resolved_dependencies)?,
            settings: asked.parameters,
            training: removal.training,
            evaluation: verification.evaluation,
            lineage: removal.lineage,
            earlier: Vec::new(),
        };
        require_words(&record)?;
        record.evaluation.iter().try_for_each(RecordedEvaluation::require_words)?;
        let settings = settings(&record, method)?;
        let forgotten = forgotten(&asked.forget, &removal.label_space)?;
        Ok(Self {
            json,
            statement,
            record,
            forgotten,
            slot,
            sealed: asked.seal,
            method,
            settings,
            head: asked.head,
            seed,
        })
    }

    /// The arguments of `declass unlearn` that ask for what the claim says was done, but for the model, the output and the device.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["--method".into(), self.method.name.into()];
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.forgotten.indices().for_each(|class| add("--forget", class.to_string()));
        add("--slot", slot_name(self.slot).into());
        add("--seed", self.seed.to_string());
        self.head.iter().for_each(|head| add("--head", head.clone()));
        if let Some(settings) = &self.record.settings {
            add("--distribution", settings.distribution.clone());
            add("--samples", settings.samples_per_class.to_string());
            settings.learning_rate.iter().for_each(|rate| add("--lr", rate.to_string()));
            settings.method.iter().for_each(|(name, value)| add("--set", format!("{name}={value}")));
            if matches!(self.method.kind, Kind::Trained(_)) {
                add("--epochs", settings.max_epochs.to_string());
            }
        }
        if self.slot == Slot::Keep && !self.sealed {
            arguments.push("--no-seal".into());
        }
        arguments
    }

    /// Version of the tool that made the claim, and the kind of device that computed (`cpu` or `cuda`).
    #[must_use]
    pub fn made_by(&self) -> (&str, &str) {
        (&self.record.version, &self.record.device)
    }

    /// What it says.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The verification that the claim calls for, on embeddings of another seed than the claim's if one is given.
    #[must_use]
    pub fn request(&self, seed: Option<u64>) -> Request<'_> {
        Request {
            forgotten: &self.forgotten,
            slot: self.slot,
            sealed: self.sealed,
            method: self.method,
            settings: &self.settings,
            head: self.head.as_deref(),
            seed: seed.unwrap_or(self.seed),
        }
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

    /// New index of each class of the input that follows from the classes and slots; none for a dropped one.
    #[must_use]
    pub fn index_map(&self) -> Vec<Option<usize>> {
        index_map(&self.forgotten, self.slot)
    }

    /// Seed of all randomness of the run.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
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
    if !["cpu", "cuda"].contains(&record.device.as_str()) {
        return Err(format!("it names an unknown device `{}`", record.device));
    }
    match &record.settings {
        Some(settings) => settings.distribution.parse::<Distribution>().map(|_| ()),
        None => Ok(()),
    }
}

/// The method's settings: those recorded, and the defaults of the others.
fn settings(record: &RunRecord, method: &Method) -> Result<Settings, String> {
    let recorded = record.settings.iter().flat_map(|settings| &settings.method);
    let given: Vec<(String, f64)> = recorded.map(|(name, value)| (name.clone(), value.value())).collect();
    method.settings(&given).map_err(|error| error.to_string())
}

fn forgotten(named: &[NamedClass], space: &LabelSpace) -> Result<Forgotten, String> {
    space.check_size()?;
    if !named.is_sorted_by(|a, b| a.index < b.index) {
        return Err("its forgotten classes are not in order".into());
    }
    let indices = named.iter().map(|class| class.index).collect();
    Forgotten::from_indices(indices, space.before).map_err(|error| error.to_string())
}
