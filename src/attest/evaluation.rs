//! Figures on labelled embeddings of the user (tier T2): recorded by the run, and checked where the same data
//! are at hand.

use crate::{
    claim::{
        Digests, RecordedEvaluation, RecordedMetric, TEST_DATA, TRAINING_DATA, UNLABELLED_DATA, UserData,
    },
    error::Error,
    evaluate::{Data, Evaluation, Labelled, Record, Truth},
    evidence::{Check, Figure},
};

/// An evaluation as it is recorded.
pub(super) fn recorded(evaluation: &Evaluation) -> RecordedEvaluation {
    let name = if evaluation.has_labels() { TEST_DATA } else { UNLABELLED_DATA };
    let train = evaluation.train_data.iter().map(|data| user_data(TRAINING_DATA, data));
    RecordedEvaluation {
        seed: evaluation.seed.into(),
        data: std::iter::once(user_data(name, &evaluation.data)).chain(train).collect(),
        metrics: evaluation.metrics.iter().map(recorded_metric).collect(),
        not_run: evaluation.not_run.iter().map(|metric| metric.id.into()).collect(),
    }
}

/// Fails unless the given data are those of the claim.
pub(super) fn require(claimed: &RecordedEvaluation, data: &Data) -> Result<(), Error> {
    let name = match data.test.truth {
        Truth::Answers => UNLABELLED_DATA,
        Truth::Labels => TEST_DATA,
    };
    if !claimed.data.iter().any(|data| data.name == name) {
        return Err(unclaimed(&data.test));
    }
    let pairs = [(name, Some(&data.test)), (TRAINING_DATA, data.train.as_ref())];
    for (name, given) in pairs {
        let claimed = claimed.data.iter().find(|data| data.name == name);
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
    Error::TrainingEmbeddingsMissing { path: data.path.clone() }
}

fn refused(data: &Labelled, reason: String, hint: &str) -> Error {
    Error::Embeddings { path: data.path.clone(), reason, hint: Some(hint.into()) }
}

fn user_data(name: &str, record: &Record) -> UserData {
    UserData {
        name: name.into(),
        digest: Digests { sha256: record.sha256.to_string() },
        rows: record.rows,
        width: record.width,
        per_class: record.per_class.clone(),
    }
}

fn recorded_metric(metric: &Check) -> RecordedMetric {
    RecordedMetric {
        id: metric.definition.id.into(),
        version: metric.definition.version,
        figures: metric.figures.iter().cloned().map(Figure::rounded).collect(),
    }
}
