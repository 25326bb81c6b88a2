//! Labelled embeddings of the user: opened, and what was measured on them as a table.

use std::path::Path;

use declass::{
    error::Error,
    evaluate::{Data, Evaluation, Labelled, Part, Record},
};

use super::{
    args::DataArgs,
    output::{Printer, grouped},
};

/// Reads the embeddings that the user named.
pub(super) fn open(test: &Path, train: Option<&Path>) -> Result<Data, Error> {
    let test = Labelled::open(test, Part::Test)?;
    let train = train.map(|path| Labelled::open(path, Part::Train)).transpose()?;
    Ok(Data { test, train })
}

/// The same where naming any is left to the user.
pub(super) fn open_if_named(args: &DataArgs) -> Result<Option<Data>, Error> {
    let test = args.eval_embeddings.as_deref();
    test.map(|test| open(test, args.train_embeddings.as_deref())).transpose()
}

/// What was measured on, and every figure.
pub(super) fn print(evaluation: &Evaluation, printer: &Printer) {
    printer.row("embeddings", data(&evaluation.data));
    if let Some(train) = &evaluation.train_data {
        printer.row("training", data(train));
    }
    printer.row("measured", "on these real inputs (tier T2); the backbone was not run");
    for metric in &evaluation.metrics {
        printer.row("", format!("{:<20} {}", metric.definition.id, metric.summary));
        printer.figures(&metric.figures, evaluation.labels.as_ref());
    }
    for missing in &evaluation.not_run {
        printer.row("", format!("{:<20} not run: {}", missing.id, missing.reason));
    }
}

fn data(record: &Record) -> String {
    let digest = record.sha256.to_string();
    format!("{}, {} x {} (sha256 {}...)", record.name, grouped(record.rows), record.width, &digest[..16])
}
