//! Labelled embeddings of the user: opened, and what was measured on them as a table.

use std::path::Path;

use declass::{
    error::Error,
    evaluate::{Data, Evaluation, Labelled, Metric, Part, Record, Side},
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
    evaluation.metrics.iter().for_each(|metric| show(metric, printer));
    for missing in &evaluation.not_run {
        printer.row("", format!("{:<20} not run: {}", missing.id, missing.reason));
    }
}

fn data(record: &Record) -> String {
    let digest = record.sha256.to_string();
    format!("{}, {} x {} (sha256 {}...)", record.name, grouped(record.rows), record.width, &digest[..16])
}

fn show(metric: &Metric, printer: &Printer) {
    printer.row("", format!("{:<20} {}", metric.definition.id, metric.summary));
    for figure in &metric.figures {
        let bound = figure.bound95.map_or_else(String::new, |bound| {
            let side = if bound.side == Side::AtMost { "<=" } else { ">=" };
            format!(" ({side} {:.4}, 95 %)", bound.value)
        });
        let text = format!("{:.6} {} of {}{bound}", figure.value, figure.unit, grouped(figure.n));
        printer.detail("", format!("  {}: {text}", figure.name));
    }
}
