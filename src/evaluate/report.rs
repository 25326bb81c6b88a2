//! What an evaluation found: every figure with what it was measured on, and what it does and does not show.

use declass_formats::Sha256Digest;
use serde::{Serialize, Serializer};

use super::Labelled;
use crate::statistics::{Rate, lower_bound, upper_bound};

/// All metrics of one pair of heads on one set of labelled embeddings.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// `T2`: labelled data of forgotten and retained classes was needed.
    pub tier: &'static str,
    /// Seed of everything that was drawn.
    pub seed: u64,
    /// The forgotten classes, ascending.
    pub forgotten: Vec<usize>,
    /// The test embeddings.
    pub data: Record,
    /// The training embeddings, if there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_data: Option<Record>,
    /// In the order in which they are shown.
    pub metrics: Vec<Metric>,
    /// What could not be measured, and why.
    pub not_run: Vec<NotRun>,
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
    /// Number of embeddings of each of the original's classes.
    pub per_class: Vec<u64>,
}

/// What a metric is, in words that do not depend on what was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// Stable name.
    pub id: &'static str,
    /// Number of the definition, such as `M5`.
    #[serde(rename = "definition")]
    pub number: &'static str,
    /// The definition.
    pub formula: &'static str,
    /// What the figures show.
    pub shows: &'static str,
    /// What they do not show.
    pub not_shown: &'static str,
}

/// One metric.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    /// What it is.
    #[serde(flatten)]
    pub definition: &'static Definition,
    /// The finding in one line.
    pub summary: String,
    /// Where the data is from: `user-test`, or `user-test and user-train`.
    pub data: &'static str,
    /// Seed, where something was drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// What was measured, unique within its metric.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Unit or kind of the value.
    pub unit: &'static str,
    /// Number of embeddings.
    pub n: u64,
    /// Where the value is a rate: its exact bound on the side that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound95: Option<Bound>,
}

/// A one-sided 95 % confidence bound (Clopper-Pearson).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bound {
    /// Which side.
    pub side: Side,
    /// The bound.
    pub value: f64,
}

/// The side on which a rate is bounded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The rate is not smaller.
    AtLeast,
    /// The rate is not larger.
    AtMost,
}

/// A metric that could not be measured.
#[derive(Clone, Debug, Serialize)]
pub struct NotRun {
    /// Its stable name.
    pub id: &'static str,
    /// What stood in the way.
    pub reason: String,
}

impl Evaluation {
    /// The metric of this name.
    #[must_use]
    pub fn metric(&self, id: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.definition.id == id)
    }
}

impl Metric {
    /// The figure of this name.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

impl Record {
    pub(super) fn of(data: &Labelled, per_class: &[u64]) -> Self {
        let name = data.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let rows = data.labels.len() as u64;
        Self { name, sha256: data.sha256, rows, width: data.width, per_class: per_class.to_vec() }
    }
}

impl Figure {
    /// A figure that is no rate.
    pub(super) fn new(name: impl Into<String>, value: f64, unit: &'static str, n: usize) -> Self {
        Self { name: name.into(), value, unit, n: n as u64, bound95: None }
    }

    /// A rate that was chosen among others after looking at them: a bound of its own would not hold.
    pub(super) fn selected(name: impl Into<String>, rate: Rate) -> Self {
        Self { name: name.into(), value: rate.value(), unit: "selected rate", n: rate.n, bound95: None }
    }

    /// A rate that should be small.
    pub(super) fn at_most(name: impl Into<String>, rate: Rate) -> Self {
        Self::rate(name, rate, Side::AtMost, upper_bound(rate.hits, rate.n))
    }

    /// A rate that should be large.
    pub(super) fn at_least(name: impl Into<String>, rate: Rate) -> Self {
        Self::rate(name, rate, Side::AtLeast, lower_bound(rate.hits, rate.n))
    }

    fn rate(name: impl Into<String>, rate: Rate, side: Side, bound: f64) -> Self {
        let bound95 = Some(Bound { side, value: bound });
        Self { name: name.into(), value: rate.value(), unit: "rate", n: rate.n, bound95 }
    }
}

fn as_text<S: Serializer>(digest: &Sha256Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}
