//! What an evaluation found: every figure with what it was measured on, and what it does and does not show.

use declass_formats::Sha256Digest;
use serde::{Serialize, Serializer};

use super::{Changed, Labelled, Truth, changed::changed, experiment::Experiment};
use crate::{
    classes::Labels,
    evidence::{Check, Figure, NotRun, reading::Figures},
    head::Place,
};

/// The tier of data without labels, and of those with them.
const UNLABELLED: &str = "T1";
const LABELLED: &str = "T2";

/// All metrics of one pair of heads on one set of embeddings.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// `T2`: labelled data of forgotten and retained classes; `T1`: data without labels, so that nothing is known
    /// of accuracy.
    pub tier: &'static str,
    /// Seed of everything that was drawn.
    pub seed: u64,
    /// Labels of the classes, for those who read.
    #[serde(skip)]
    pub labels: Option<Labels>,
    /// What each embedding is of, if not of a whole input.
    #[serde(skip)]
    pub place: Option<Place>,
    /// The forgotten classes, ascending.
    pub forgotten: Vec<usize>,
    /// The test embeddings.
    pub data: Record,
    /// The training embeddings, if there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_data: Option<Record>,
    /// In the order in which they are shown; none has a verdict.
    pub metrics: Vec<Check>,
    /// What could not be measured, and why.
    pub not_run: Vec<NotRun>,
    /// The inputs to which the two heads give other answers, in their order.
    #[serde(skip)]
    pub changed: Vec<Changed>,
}

/// A set of labelled embeddings by its digest.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// File name, without its folder.
    pub name: String,
    /// Digest of the file.
    #[serde(serialize_with = "as_text")]
    pub sha256: Sha256Digest,
    /// Number of embeddings.
    pub rows: u64,
    /// Width of an embedding.
    pub width: usize,
    /// Number of embeddings of each of the original's classes: by their labels, or without labels by what the
    /// original answers.
    pub per_class: Vec<u64>,
}

impl Evaluation {
    /// What was measured in an experiment, and what could not be.
    pub(super) fn of(experiment: &Experiment<'_>, (metrics, not_run): (Vec<Check>, Vec<NotRun>)) -> Self {
        let Experiment { pair, data, .. } = experiment;
        let train = data.train.as_ref().zip(experiment.train_counts.as_ref());
        Self {
            tier: match data.test.truth {
                Truth::Answers => UNLABELLED,
                Truth::Labels => LABELLED,
            },
            seed: experiment.seed,
            labels: pair.labels.clone(),
            place: pair.place,
            forgotten: pair.forgotten.indices().collect(),
            data: Record::of(&data.test, &experiment.counts),
            train_data: train.map(|(train, counts)| Record::of(train, counts)),
            metrics,
            not_run,
            changed: changed(experiment),
        }
    }

    /// Whether the inputs have labels of the user: their accuracy is known.
    #[must_use]
    pub fn has_labels(&self) -> bool {
        self.tier == LABELLED
    }

    /// The metric of this name.
    #[must_use]
    pub fn metric(&self, id: &str) -> Option<&Check> {
        self.metrics.iter().find(|metric| metric.definition.id == id)
    }
}

impl Record {
    pub(super) fn of(data: &Labelled, per_class: &[u64]) -> Self {
        let name = data.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let rows = data.labels.len() as u64;
        Self { name, sha256: data.sha256, rows, width: data.width, per_class: per_class.to_vec() }
    }
}

fn as_text<S: Serializer>(digest: &Sha256Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

impl Figures for Evaluation {
    fn of(&self, metric: &str) -> Option<&[Figure]> {
        self.metric(metric).map(|metric| &*metric.figures)
    }
}
