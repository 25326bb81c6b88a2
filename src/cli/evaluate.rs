//! `declass evaluate`: the table for people, the figures for machines.

use anyhow::{Context, Result};
use declass::{
    classes::Forgotten,
    cut::Cut,
    error::Error,
    evaluate::{Data, Evaluation, Labelled, Metric, Pair, Part, Record, Side, evaluate},
    formats::Artifact,
};

use super::{
    Exit,
    args::EvaluateArgs,
    output::{Printer, grouped},
    verify::read_claim,
};

pub(super) fn run(args: &EvaluateArgs, printer: &Printer) -> Result<Exit> {
    let pair = load(args)?;
    let test = Labelled::open(&args.eval_embeddings, Part::Test)?;
    let train = args.train_embeddings.as_deref();
    let train = train.map(|path| Labelled::open(path, Part::Train)).transpose()?;
    let evaluation = evaluate(&pair, &Data { test, train }, args.seed)?;
    if args.json {
        printer.json(&evaluation)?;
    } else {
        print(args, &evaluation, printer);
    }
    Ok(Exit::Yes)
}

/// Both heads; which classes are forgotten the user says, or else the claim.
fn load(args: &EvaluateArgs) -> Result<Pair> {
    let release = Artifact::open(&args.release).map_err(Error::from)?;
    let original = Artifact::open(&args.original).map_err(Error::from)?;
    let claimed = match args.forget[..] {
        [] => Some(
            read_claim(&release)
                .context("name the forgotten classes with --forget where there is no claim")?,
        ),
        _ => None,
    };
    let request = claimed.as_ref().map(|claimed| claimed.request(None));
    let head = args.head.as_deref().or(request.as_ref().and_then(|request| request.head));
    let cut = Cut::locate(&original, head)?;
    let forgotten = match request {
        Some(request) => request.forgotten.clone(),
        None => Forgotten::resolve(&args.forget, cut.head.classes, cut.labels.as_ref())?,
    };
    Ok(Pair::load((&original, &cut), &release, head, forgotten)?)
}

fn print(args: &EvaluateArgs, evaluation: &Evaluation, printer: &Printer) {
    printer.row("release", args.release.display().to_string());
    printer.row("original", args.original.display().to_string());
    printer.row("embeddings", data(&evaluation.data));
    if let Some(train) = &evaluation.train_data {
        printer.row("training", data(train));
    }
    printer.row("measured", "on these real inputs (tier T2); the backbone was not run");
    evaluation.metrics.iter().for_each(|metric| show(metric, printer));
    for missing in &evaluation.not_run {
        printer.row("", format!("{:<20} not run: {}", missing.id, missing.reason));
    }
    printer.row(
        "not shown",
        "the features are unchanged; only a model retrained without the class says what restoring or \
             probing would find without it",
    );
}

fn data(record: &Record) -> String {
    let digest = record.sha256.to_string();
    format!("{}, {} x {} (sha256 {}...)", record.name, grouped(record.rows), record.width, &digest[..16])
}

fn show(metric: &Metric, printer: &Printer) {
    printer.row("", format!("{:<20} {}", metric.id, metric.summary));
    for figure in &metric.figures {
        let bound = figure.bound95.map_or_else(String::new, |bound| {
            let side = if bound.side == Side::AtMost { "<=" } else { ">=" };
            format!(" ({side} {:.4}, 95 %)", bound.value)
        });
        let text = format!("{:.6} {} of {}{bound}", figure.value, figure.unit, grouped(figure.n));
        printer.detail("", format!("  {}: {text}", figure.name));
    }
}
