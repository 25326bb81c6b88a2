//! Tier T3: how a changed head stands to a model that was trained without the forgotten classes.

use serde::Serialize;

use super::{
    Data, Labelled, Pair, Record, Retrained, beside::Beside, experiment::Experiment, metrics, observe::said,
};
use crate::{
    error::Error,
    evidence::{Check, NotRun},
};

/// How a changed head stands to a retrained model.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// `T3`: a retrained model was needed.
    pub tier: &'static str,
    /// How many of the original's classes the retrained model has.
    pub classes: usize,
    /// The test examples, as embeddings of the retrained model.
    pub data: Record,
    /// In the order in which they are shown; none has a verdict.
    pub metrics: Vec<Check>,
    /// What could not be measured, and why.
    pub not_run: Vec<NotRun>,
}

/// Holds the changed head of a pair against a retrained model, with what `seed` draws in an evaluation.
///
/// # Errors
/// As [`evaluate`](super::evaluate).
pub fn compare(pair: &Pair, data: &Data, retrained: &Retrained, seed: u64) -> Result<Compared, Error> {
    let experiment = Experiment::observe(pair, data, seed)?;
    let said = |rows: &Labelled| said(retrained.own_head(), rows, &pair.forgotten);
    let test = said(retrained.test())?;
    let train = retrained.train().map(said).transpose()?;
    let (metrics, not_run) = metrics::beside(&Beside { experiment: &experiment, retrained, test, train })?;
    let data = Record::of(retrained.test(), &experiment.counts);
    Ok(Compared { tier: "T3", classes: retrained.classes(), data, metrics, not_run })
}
