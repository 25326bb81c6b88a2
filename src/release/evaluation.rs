//! The part of a claim that is about labelled embeddings of the user (tier T2): recorded by the run, and checked where the
//! same data are at hand.

use serde::{Deserialize, Serialize};

use super::{
    decimal::Decimal,
    statement::{Digests, RecordedMeasurement},
};
use crate::{
    classes::Labels,
    error::Error,
    evaluate::{DEFINITIONS, Data, Evaluation, Labelled, Record},
    evidence::{BoundSide, Check, Definition, Figure, legacy::v1_name},
};

const TIER: &str = "T2";
/// Names of the data in a claim; whose data they are is part of the name.
const TEST: &str = "user-test";
const TRAIN: &str = "user-train";
const BOTH: &str = "user-test and user-train";

/// Figures on labelled embeddings that the user brought.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedEvaluation {
    /// `T2`.
    pub tier: String,
    /// Seed of everything that was drawn.
    pub seed: String,
    /// The embeddings: `user-test`, and `user-train` if there were any.
    pub data: Vec<UserData>,
    /// Every metric.
    pub metrics: Vec<RecordedMetric>,
    /// Metrics that could not be measured, by their stable names.
    pub not_run: Vec<String>,
}

/// A file of labelled embeddings, by its digest: its name on somebody's disk is nobody's business.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserData {
    /// `user-test` or `user-train`.
    pub name: String,
    /// Digest of the file.
    pub digest: Digests,
    /// Number of embeddings.
    pub rows: u64,
    /// Width of an embedding.
    pub width: usize,
    /// Number of embeddings of each of the input's classes.
    pub per_class: Vec<u64>,
}

/// One metric as recorded.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedMetric {
    /// Its stable name.
    pub id: String,
    /// Number of its definition.
    pub definition: String,
    /// Its definition.
    pub formula: String,
    /// The figures; no words about them, since without the data nobody could check those.
    pub measurements: Vec<RecordedMeasurement>,
    /// Where they come from, by the names of the data.
    pub data: String,
    /// What they show.
    pub shows: String,
    /// What they do not show.
    pub not_shown: String,
}

impl RecordedEvaluation {
    pub(super) fn of(evaluation: &Evaluation) -> Self {
        let labels = evaluation.labels.as_ref();
        let train = evaluation.train_data.iter().map(|data| UserData::of(TRAIN, data));
        Self {
            tier: TIER.into(),
            seed: evaluation.seed.to_string(),
            data: std::iter::once(UserData::of(TEST, &evaluation.data)).chain(train).collect(),
            metrics: evaluation
                .metrics
                .iter()
                .map(|metric| RecordedMetric::of(metric, evaluation, labels))
                .collect(),
            not_run: evaluation.not_run.iter().map(|metric| metric.id.into()).collect(),
        }
    }

    /// Fails unless its words are those of this version: without the data only these can be checked.
    pub(super) fn require_words(&self) -> Result<(), String> {
        let names: Vec<&str> = self.data.iter().map(|data| data.name.as_str()).collect();
        if !matches!(names.as_slice(), [TEST] | [TEST, TRAIN]) {
            return Err(format!("its evaluation is on `{}`, expected `{TEST}`", names.join(" and ")));
        }
        if self.tier != TIER || self.seed.parse::<u64>().is_err() {
            return Err(format!("its evaluation is of tier `{}` and seed `{}`", self.tier, self.seed));
        }
        let id_of = |metric: &RecordedMetric| metric.id.clone();
        let mut ids = self.metrics.iter().map(id_of).chain(self.not_run.iter().cloned());
        if let Some(id) = ids.find(|id| DEFINITIONS.iter().all(|definition| definition.id != id)) {
            return Err(format!("its evaluation has a metric `{id}` that this version does not know"));
        }
        match self.metrics.iter().find(|metric| !metric.is_defined()) {
            Some(metric) => Err(format!("its evaluation describes `{}` in other words", metric.id)),
            None => Ok(()),
        }
    }

    /// Fails unless the given data are those of the claim.
    pub(super) fn require(&self, data: &Data) -> Result<(), Error> {
        let pairs = [(TEST, Some(&data.test)), (TRAIN, data.train.as_ref())];
        for (name, given) in pairs {
            let claimed = self.data.iter().find(|data| data.name == name);
            match (claimed, given) {
                (Some(claimed), Some(given)) if claimed.digest.sha256 != given.sha256.to_string() => {
                    return Err(other(given, &claimed.digest.sha256));
                }
                (Some(_), None) => return Err(without_train(&data.test)),
                (None, Some(given)) => return Err(unclaimed(given)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Number of figures.
    pub(super) fn figures(&self) -> usize {
        self.metrics.iter().map(|metric| metric.measurements.len()).sum()
    }

    /// The data, shortly.
    pub(super) fn describe_data(&self) -> String {
        let short = |digest: &str| digest.chars().take(16).collect::<String>();
        let data = self.data.iter().map(|data| {
            format!("{} ({} rows, sha256 {}...)", data.name, data.rows, short(&data.digest.sha256))
        });
        data.collect::<Vec<_>>().join(" and ")
    }
}

/// The error of data that no figure of the claim is about.
pub(super) fn unclaimed(data: &Labelled) -> Error {
    refused(
        data,
        "the claim has no figures on such data".into(),
        "leave it out; `declass evaluate` measures on any data",
    )
}

fn other(data: &Labelled, claimed: &str) -> Error {
    let reason = format!("they are not those of the claim: sha256 {}, claimed is {claimed}", data.sha256);
    refused(data, reason, "give the file of the claim, or none; `declass evaluate` measures on other data")
}

fn without_train(data: &Labelled) -> Error {
    let reason = "the figures of the claim are about training embeddings too".into();
    refused(data, reason, "give the training embeddings, too")
}

fn refused(data: &Labelled, reason: String, hint: &str) -> Error {
    Error::Embeddings { path: data.path.clone(), reason, hint: Some(hint.into()) }
}

impl UserData {
    fn of(name: &str, record: &Record) -> Self {
        Self {
            name: name.into(),
            digest: Digests { sha256: record.sha256.to_string() },
            rows: record.rows,
            width: record.width,
            per_class: record.per_class.clone(),
        }
    }
}

impl RecordedMetric {
    /// Whether it is one of this version, word for word.
    fn is_defined(&self) -> bool {
        let words = [&self.id, &self.definition, &self.formula, &self.shows, &self.not_shown];
        let has_words = |known: &&Definition| {
            words.iter().map(|word| word.as_str()).eq([
                known.id,
                known.number.unwrap_or_default(),
                known.formula,
                known.shows,
                known.not_shown,
            ])
        };
        [TEST, BOTH].contains(&self.data.as_str()) && DEFINITIONS.into_iter().any(|known| has_words(&known))
    }

    fn of(metric: &Check, evaluation: &Evaluation, labels: Option<&Labels>) -> Self {
        let definition = metric.definition;
        let trained = ["linear-probe", "nearest-centre", "membership"].contains(&definition.id);
        let data = if trained && evaluation.train_data.is_some() { BOTH } else { TEST };
        Self {
            id: definition.id.into(),
            definition: definition.number.unwrap_or_default().into(),
            formula: definition.formula.into(),
            measurements: metric
                .figures
                .iter()
                .map(|figure| measurement(definition.id, figure, labels))
                .collect(),
            data: data.into(),
            shows: definition.shows.into(),
            not_shown: definition.not_shown.into(),
        }
    }
}

fn measurement(check: &str, figure: &Figure, labels: Option<&Labels>) -> RecordedMeasurement {
    let side = |side| match side {
        BoundSide::AtLeast => "at-least",
        BoundSide::AtMost => "at-most",
    };
    RecordedMeasurement {
        name: v1_name(check, figure, labels).unwrap_or_else(|| figure.quantity.to_string()),
        value: Decimal::rounded(figure.value.0),
        unit: figure.unit.to_string(),
        bound95: figure.bound95.map(|bound| Decimal::rounded(bound.value.0)),
        bound_side: figure.bound95.map(|bound| side(bound.side).into()),
        samples: figure.n.map(Decimal::count),
        threshold: None,
    }
}
