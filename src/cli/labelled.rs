//! Embeddings of the user: opened, and what was measured on them as a table.

use std::path::{Path, PathBuf};

use anyhow::Result;
use declass::{
    claim::Tier,
    classes::Labels,
    cut::Cut,
    error::Error,
    evaluate::{Data, Evaluation, Labelled, Part, Record, Truth},
    formats::Artifact,
};

use super::{
    args::{DataArgs, KeepArgs},
    bars::Bars,
    output::{Printer, counted, grouped},
    told,
};

/// Reads the embeddings that the user named; where they have no labels, the original's answers take their place.
fn open(test: &Path, train: Option<&Path>, through: &Through<'_>) -> Result<Data, Error> {
    let test = match Labelled::open(test, Part::Test)? {
        test if test.truth == Truth::Answers => test.answered_by(&through.cut.head.load(through.model)?)?,
        test => test,
    };
    let train = train.map(|path| Labelled::open(path, Part::Train)).transpose()?;
    Ok(Data { test, train })
}

/// The model that examples are run through.
#[cfg_attr(not(feature = "inputs"), expect(dead_code, reason = "this build runs no examples"))]
pub(super) struct Through<'a> {
    pub(super) model: &'a Artifact,
    pub(super) cut: &'a Cut,
    pub(super) labels: Option<&'a Labels>,
    /// The ONNX file that it is run by, if one is named.
    pub(super) graph: Option<&'a Path>,
    /// The folder in which embeddings are kept, if they are.
    pub(super) keep: Option<PathBuf>,
}

/// The folder in which embeddings of examples are kept, if they are.
#[cfg(feature = "inputs")]
pub(super) fn kept_in(args: &KeepArgs) -> Option<PathBuf> {
    let usual = || super::hub::caches().map(|caches| caches.join("declass"));
    if args.no_cache { None } else { args.cache.clone().or_else(usual) }
}

/// This build makes no embeddings.
#[cfg(not(feature = "inputs"))]
pub(super) fn kept_in(_: &KeepArgs) -> Option<PathBuf> {
    None
}

impl<'a> Through<'a> {
    /// A model with the labels that it has itself, of which nothing is kept.
    pub(super) fn of(model: &'a Artifact, cut: &'a Cut, graph: Option<&'a Path>) -> Self {
        Self { model, cut, labels: cut.labels.as_ref(), graph, keep: None }
    }
}

/// What the user named to measure on, if anything: embeddings, or examples that the model is run on.
pub(super) fn open_if_named(
    args: &DataArgs,
    through: &Through<'_>,
    bars: &Bars,
    printer: &Printer,
) -> Result<Option<Data>> {
    if let Some(data) = encoded::open_if_named(&args.examples, through, bars, printer)? {
        return Ok(Some(data));
    }
    let test = args.eval_embeddings.as_deref();
    Ok(test.map(|test| open(test, args.train_embeddings.as_deref(), through)).transpose()?)
}

#[cfg(feature = "inputs")]
pub(super) use encoded::encoding;

#[cfg(feature = "inputs")]
mod encoded {
    use std::path::Path;

    use anyhow::Result;
    use declass::{
        error::Error,
        evaluate::{Data, Labelled},
        inputs::Columns,
        pipeline::{Encoded, Encoding},
    };

    use super::Through;
    use crate::cli::{
        args::ExampleArgs,
        bars::Bars,
        output::{Printer, counted, grouped},
    };

    /// Runs the model on the examples that the user named, if any.
    pub(super) fn open_if_named(
        args: &ExampleArgs,
        through: &Through<'_>,
        bars: &Bars,
        printer: &Printer,
    ) -> Result<Option<Data>> {
        let Some(test) = &args.data else { return Ok(None) };
        let of = |path: &Path| -> Result<Labelled, Error> {
            let encoding = encoding(args, path, through.graph, through.keep.as_deref());
            let encoded = encoding.run(through.model, through.cut, through.labels, bars)?;
            tell(&encoded, path, printer);
            Ok(encoded.labelled)
        };
        let test = of(test)?;
        let train = args.train_data.as_deref().map(of).transpose()?;
        Ok(Some(Data { test, train }))
    }

    /// What is run on which examples.
    pub(in crate::cli) fn encoding<'a>(
        args: &ExampleArgs,
        data: &'a Path,
        graph: Option<&'a Path>,
        keep: Option<&'a Path>,
    ) -> Encoding<'a> {
        let columns = Columns {
            content: args.input_column.clone(),
            second: args.second_column.clone(),
            label: args.label_column.clone(),
        };
        let limit = args.limit.map(|limit| limit as usize);
        Encoding { data, graph, columns, limit, seed: 0, strict: args.strict, keep }
    }

    fn tell(encoded: &Encoded, path: &Path, printer: &Printer) {
        let rows = encoded.labelled.labels.len();
        printer.row(
            "ran on",
            format!(
                "{} of `{}`",
                counted(rows, encoded.place.map_or("example", |it| it.name())),
                path.display()
            ),
        );
        if let Some((folder, known @ 1..)) = &encoded.kept {
            printer.row("", format!("{} of them before, kept in `{}`", grouped(*known), folder.display()));
        }
        encoded.ignored.iter().for_each(|said| printer.warn(said));
        for (at, said) in encoded.assumed.iter().enumerate() {
            printer.row(if at == 0 { "assumed" } else { "" }, said);
        }
        if let Some(first) = encoded.unusable.first() {
            let count = counted(encoded.unusable.len(), "example");
            let reason = format!("`{}`: {}", first.id.escape_debug(), first.reason);
            printer.warn(&format!("{count} could not be used and were left out, the first of them {reason}"));
        }
        for (label, count) in &encoded.unknown {
            let (label, count) = (label.escape_debug(), grouped(*count));
            printer.warn(&format!("`{label}` is no class of the model: {count} left out"));
        }
        if encoded.unlabelled > 0 {
            printer.warn(&format!("{} without a label left out", grouped(encoded.unlabelled)));
        }
    }
}

#[cfg(not(feature = "inputs"))]
mod encoded {
    use anyhow::Result;
    use declass::evaluate::Data;

    use super::Through;
    use crate::cli::{args::ExampleArgs, bars::Bars, output::Printer};

    /// This build runs no examples.
    pub(super) fn open_if_named(
        _: &ExampleArgs,
        _: &Through<'_>,
        _: &Bars,
        _: &Printer,
    ) -> Result<Option<Data>> {
        Ok(None)
    }
}

/// What happened to whose inputs, and every figure to those who want to see them all.
pub(super) fn tell(evaluation: &Evaluation, printer: &Printer) {
    printer.row("on real inputs", &evaluation.data.name);
    told::in_words(evaluation, printer);
    measured(evaluation, printer);
}

/// What was measured on, and every figure to those who want to see them all.
pub(super) fn measured(evaluation: &Evaluation, printer: &Printer) {
    let tier = match evaluation.tier {
        "T1" => Tier::T1.meaning(),
        _ => "tier T2",
    };
    let (on, count) = (data(&evaluation.data), counted(evaluation.metrics.len(), "metric"));
    if printer.is_verbose() {
        printer.row("measured", format!("on {on}; {tier}"));
    } else {
        printer.row("measured", format!("{count} on {on}; {tier}; -v shows each"));
    }
    if let Some(train) = &evaluation.train_data {
        printer.row("training", data(train));
    }
    if printer.is_verbose() {
        figures(evaluation, printer);
    }
}

/// Every figure, and why others are missing.
fn figures(evaluation: &Evaluation, printer: &Printer) {
    for metric in &evaluation.metrics {
        printer.row("", format!("{:<20} {}", metric.definition.id, metric.summary));
        if !told::tables(metric, evaluation.labels.as_ref(), printer) {
            printer.figures(&metric.figures, evaluation.labels.as_ref());
        }
    }
    for missing in &evaluation.not_run {
        printer.row("", format!("{:<20} not run: {}", missing.id, missing.reason));
    }
}

fn data(record: &Record) -> String {
    let digest = record.sha256.to_string();
    format!("{}, {} x {} (sha256 {}...)", record.name, grouped(record.rows), record.width, &digest[..16])
}
