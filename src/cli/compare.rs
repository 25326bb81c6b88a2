//! `declass compare`: models side by side, as a table, a page or JSON.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use declass::{
    claim::names::open_model,
    classes::{Forgotten, describe},
    compare::{Answers, Beside, Comparison, Encoder, Instance, Summary},
    error::Error,
    evaluate::{Answer, Data, Evaluation},
    evidence::{Side, words::grouped},
    export::compared,
    head::Hints,
    pipeline::{Comparing, Contestant, compare_models},
};
use serde_json::{Value, json};

use super::{
    Exit,
    args::CompareArgs,
    bars::Bars,
    hub, labelled,
    output::{Printer, Verbosity, counted},
    outside::{require_new, require_outside, write_new},
    schema::Schema,
};

/// Removed classes that are named.
const NAMED: usize = 8;

pub(super) fn run(args: &CompareArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let silent = Printer::new(Verbosity::Quiet);
    let out = if args.json { &silent } else { printer };
    let retrained = examples::retrained(args);
    let named: Vec<&PathBuf> = args.models.iter().chain(retrained).collect();
    let all = named.iter().map(|path| open(path, args, &bars)).collect::<Result<Vec<_>>>()?;
    let [reference, others @ ..] = all.as_slice() else { bail!("name two models at least") };
    if let Some(page) = &args.out {
        all.iter().filter_map(Contestant::own_folder).try_for_each(|folder| require_outside(page, folder))?;
        require_new(page)?;
    }
    let (artifact, cut) = (reference.artifact(), reference.cut());
    let through = labelled::Through::of(artifact, cut, args.graph.as_deref());
    let through = labelled::Through { keep: labelled::kept_in(&args.keep), ..through };
    let data = labelled::open_if_named(&args.measured_on, &through, &bars, out)?;
    let forgotten = match &args.forget[..] {
        [] => None,
        named => {
            let found = Forgotten::resolve(named, cut.head.classes, cut.labels.as_ref());
            Some(found.map_err(Error::from)?)
        }
    };
    let how = Comparing {
        forgotten,
        data: data.as_ref(),
        encode: &|pair, head, model| {
            examples::encode(args, &through, data.as_ref(), (pair, head, model), (&bars, out))
        },
        retrained: retrained.map(|_| others.len() - 1),
        seed: args.seed,
    };
    let comparison = compare_models(reference, others, &how, &bars)?;
    print(&comparison, data.as_ref(), out);
    if let Some(page) = &args.out {
        let thumbnails = examples::thumbnails(args, &through, &comparison)?;
        write_new(page, compared(&comparison, &thumbnails).as_bytes())?;
        out.row("wrote", format!("{}: open it in a browser, or print it", page.display()));
    }
    if args.json {
        printer.answer(Schema::Compare, &as_json(&comparison)?)?;
    }
    Ok(Exit::Yes)
}

fn open(path: &Path, args: &CompareArgs, bars: &Bars) -> Result<Contestant> {
    let located = hub::locate_release(path, args.hub.offline, bars)?;
    let artifact = open_model(&located.path).map_err(Error::from)?;
    let hints = if args.head.is_empty() { Hints::default() } else { Hints::naming(&args.head) };
    Ok(Contestant::of(located.name(), artifact, &hints)?)
}

fn print(comparison: &Comparison, data: Option<&Data>, printer: &Printer) {
    let Comparison { reference, labels, removed, models, .. } = comparison;
    printer.row("reference", format!("{} ({} classes)", reference.name, reference.classes));
    let gone = removed.iter().take(NAMED).map(|class| describe(*class, labels.as_ref()));
    let gone = gone.collect::<Vec<_>>().join(", ");
    let more = removed.len().saturating_sub(NAMED);
    match (removed.len(), more) {
        (0, _) => printer.row("removed", "no class, as far as claims and names tell"),
        (_, 0) => printer.row("removed", gone),
        _ => printer.row("removed", format!("{gone} and {more} more")),
    }
    for model in models {
        printer.row("model", told(model));
        printer.row("  files", on_disk(model));
        printer.row("  synthetic", answers(&model.synthetic));
        if let Some(found) = &model.data {
            printer.row("  your data", answers(found));
        }
        let measured = [Some(&model.synthetic), model.data.as_ref()].into_iter().flatten();
        for evaluation in measured.filter_map(Answers::measured) {
            metrics(evaluation, printer);
        }
        for metric in model.retrained.iter().flat_map(|compared| &compared.metrics) {
            printer.row("", format!("{:<20} {}", metric.definition.id, metric.summary));
        }
    }
    if data.is_some() {
        let count = comparison.instances().len();
        printer.row("inputs", format!("{} get another answer from one of the models", grouped(count as u64)));
    }
    printer.limit("limits", "no verdict: what a claim says is not checked here, `declass verify` does that");
}

fn as_json(comparison: &Comparison) -> Result<Value> {
    let answer = |it: &Answer| json!({"class": it.class, "probability": it.probability});
    let input = |it: Instance| {
        let after: Vec<Option<Value>> = it.after.iter().map(|after| after.as_ref().map(answer)).collect();
        json!({"name": it.name, "label": it.label, "before": answer(&it.before), "after": after})
    };
    let mut json = serde_json::to_value(comparison)?;
    json["inputs"] = comparison.instances().into_iter().map(input).collect();
    Ok(json)
}

fn told(model: &Beside) -> String {
    let method =
        model.described.removal.as_ref().map(|it| format!(", method `{}`", it.method)).unwrap_or_default();
    let encoder = match model.encoder {
        Encoder::Same => "the same encoder",
        Encoder::Other => "another encoder",
    };
    format!("{} ({} classes{method}, {encoder})", model.described.name, model.described.classes)
}

fn on_disk(model: &Beside) -> String {
    let changes = &model.changes;
    if changes.files.is_empty() {
        return "all the same".to_owned();
    }
    format!(
        "{} differ (the reference has {}), {} (of {}); {} differ",
        counted(changes.tensors.len(), "tensor"),
        grouped(changes.tensor_count as u64),
        counted(usize::try_from(changes.values).unwrap_or(usize::MAX), "value"),
        grouped(changes.value_count),
        counted(changes.files.len(), "file")
    )
}

fn answers(answers: &Answers) -> String {
    let evaluation = match answers {
        Answers::Measured(evaluation) => evaluation,
        Answers::NotRun(reason) => return format!("not measured: {reason}"),
    };
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let [before, after] = Side::BOTH.map(|side| Summary::of(evaluation, side));
    let has_labels = evaluation.has_labels();
    let line = |name: &str, before: Option<f64>, after: Option<f64>| {
        let was = before.filter(|_| has_labels).map(|was| format!(", {} in the reference", percent(was)));
        after.map(|after| format!("{name} {}{}", percent(after), was.unwrap_or_default()))
    };
    let verb = if has_labels { "right" } else { "as before" };
    let parts = [
        line(&format!("removed classes {verb}:"), before.removed, after.removed),
        line(&format!("others {verb}:"), before.others, after.others),
        after.same.map(|same| format!("same answer: {}", percent(same))),
        after.divergence.map(|nats| {
            if nats == 0.0 { "no divergence".to_owned() } else { format!("divergence {nats:.1e} nats") }
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Every figure, to those who want to see them all.
fn metrics(evaluation: &Evaluation, printer: &Printer) {
    for metric in &evaluation.metrics {
        printer.detail("", format!("{:<20} {}", metric.definition.id, metric.summary));
        printer.figures(&metric.figures, evaluation.labels.as_ref());
    }
}

/// What is there where examples can be run.
#[cfg(feature = "inputs")]
mod examples {
    use std::path::PathBuf;

    use declass::{
        compare::Comparison,
        error::Error,
        evaluate::{Data, Pair, Retrained},
        export::{Thumbnail, compared_inputs},
        head::LinearHead,
        pipeline::Contestant,
    };

    use crate::cli::{
        args::CompareArgs,
        bars::Bars,
        beside::{Asked, embedded},
        labelled::{Through, encoding, kept_in},
        output::Printer,
    };

    /// Pixels of a thumbnail along its longer side.
    const EXTENT: usize = 96;

    pub(super) fn retrained(args: &CompareArgs) -> Option<&PathBuf> {
        args.retrained.as_ref()
    }

    /// Runs a model with an encoder of its own on the same examples.
    pub(super) fn encode(
        args: &CompareArgs,
        through: &Through<'_>,
        data: Option<&Data>,
        (pair, head, model): (&Pair, LinearHead, &Contestant),
        (bars, printer): (&Bars, &Printer),
    ) -> Result<Option<Retrained>, Error> {
        let (Some(data), Some(_)) = (data, &args.measured_on.examples.data) else { return Ok(None) };
        let keep = kept_in(&args.keep);
        let asked = Asked {
            examples: &args.measured_on.examples,
            keep: keep.as_deref(),
            layers: args.layers,
            seed: args.seed,
        };
        let run = (model.artifact(), model.cut());
        let (test, train, layers) = embedded(&asked, through, (pair, data), run, (bars, printer))?;
        Ok(Some(Retrained::new(head, data, test, train)?.with_layers(layers)))
    }

    /// Small pictures of the inputs that the page shows.
    pub(super) fn thumbnails(
        args: &CompareArgs,
        through: &Through<'_>,
        comparison: &Comparison,
    ) -> Result<Vec<Thumbnail>, Error> {
        let Some(path) = &args.measured_on.examples.data else { return Ok(Vec::new()) };
        let shown = compared_inputs(comparison);
        let names: Vec<&str> = shown.iter().map(|it| it.name.as_str()).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let encoding = encoding(&args.measured_on.examples, path, through.graph, None);
        let classes = (through.cut.head.classes, through.labels);
        let found = encoding.thumbnails(classes, through.model, through.cut, &names, EXTENT)?;
        let both = names.into_iter().zip(found);
        Ok(both.filter_map(|(name, png)| Some(Thumbnail { name: name.to_owned(), png: png? })).collect())
    }
}

/// This build runs no examples.
#[cfg(not(feature = "inputs"))]
mod examples {
    use std::path::PathBuf;

    use declass::{
        compare::Comparison,
        error::Error,
        evaluate::{Data, Pair, Retrained},
        export::Thumbnail,
        head::LinearHead,
        pipeline::Contestant,
    };

    use crate::cli::{args::CompareArgs, bars::Bars, labelled::Through, output::Printer};

    pub(super) fn retrained(_: &CompareArgs) -> Option<&PathBuf> {
        None
    }

    pub(super) fn encode(
        _: &CompareArgs,
        _: &Through<'_>,
        _: Option<&Data>,
        _: (&Pair, LinearHead, &Contestant),
        _: (&Bars, &Printer),
    ) -> Result<Option<Retrained>, Error> {
        Ok(None)
    }

    pub(super) fn thumbnails(
        _: &CompareArgs,
        _: &Through<'_>,
        _: &Comparison,
    ) -> Result<Vec<Thumbnail>, Error> {
        Ok(Vec::new())
    }
}
