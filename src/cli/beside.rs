//! `--retrained`: the release beside a model that was trained without the classes.

use std::path::Path;

use anyhow::Result;
use declass::{
    claim::names::open_model,
    cut::Cut,
    error::Error,
    evaluate::{Compared, Data, Labelled, Layers, Pair, Retrained, compare},
    fetch::Wanted,
    formats::Artifact,
    head::{Hints, LinearHead},
    pipeline::{Layered, common_layers},
};

use super::{
    args::{EvaluateArgs, ExampleArgs},
    bars::Bars,
    hub,
    labelled::{Through, encoding, kept_in},
    output::Printer,
};

/// The retrained model, if one is named, with its head over the original's classes.
pub(super) fn open(
    args: &EvaluateArgs,
    pair: &Pair,
    bars: &Bars,
) -> Result<Option<(Artifact, Cut, LinearHead)>> {
    let Some(named) = &args.retrained else { return Ok(None) };
    let located = hub::locate(named, Wanted::Model, args.hub.offline, bars)?;
    let model = open_model(&located.path).map_err(Error::from)?;
    let cut = Cut::locate(&model, &Hints::default())?;
    let head = Retrained::head(pair, &model, &cut)?;
    Ok(Some((model, cut, head)))
}

/// Runs the retrained model on the same examples, if one is named.
pub(super) fn measure(
    args: &EvaluateArgs,
    through: &Through<'_>,
    (pair, data): (&Pair, &Data),
    bars: &Bars,
    printer: &Printer,
) -> Result<Option<Compared>> {
    let Some((model, cut, head)) = open(args, pair, bars)? else { return Ok(None) };
    let keep = kept_in(&args.keep);
    let asked = Asked {
        examples: &args.measured_on.examples,
        keep: keep.as_deref(),
        layers: args.layers,
        seed: args.seed,
    };
    let (test, train, layers) = embedded(&asked, through, (pair, data), (&model, &cut), (bars, printer))?;
    let retrained = Retrained::new(head, data, test, train)?.with_layers(layers);
    Ok(Some(compare(pair, data, &retrained, args.seed)?))
}

/// What another model is run on, and what is looked at.
pub(super) struct Asked<'a> {
    pub(super) examples: &'a ExampleArgs,
    pub(super) keep: Option<&'a Path>,
    /// Layers that are compared, at most.
    pub(super) layers: u16,
    pub(super) seed: u64,
}

/// What another model makes of the same examples: embeddings of test and of training examples, and the layers that it has in
/// common with the first.
pub(super) fn embedded(
    asked: &Asked<'_>,
    through: &Through<'_>,
    (pair, data): (&Pair, &Data),
    (model, cut): (&Artifact, &Cut),
    (bars, printer): (&Bars, &Printer),
) -> Result<(Labelled, Option<Labelled>, Layers), Error> {
    let classes = (through.cut.head.classes, through.labels);
    let of = |path: &Path| -> Result<Labelled, Error> {
        let encoded = encoding(asked.examples, path, None, asked.keep).run_as(classes, model, cut, bars)?;
        let name = model.path().display();
        encoded.assumed.iter().for_each(|said| printer.detail("assumed", format!("{name}: {said}")));
        Ok(encoded.labelled)
    };
    let train = asked.examples.train_data.as_deref().map(of).transpose()?;
    let path = asked.examples.data.as_deref().unwrap_or(Path::new(""));
    let test = of(path)?;
    let rows = data.drawn(pair, asked.seed);
    let names: Vec<String> = rows.sought.iter().map(|row| data.test.name(*row)).collect();
    let [own, theirs] = [through.graph, None].map(|graph| encoding(asked.examples, path, graph, None));
    let both = [
        Layered { encoding: &own, classes, model: through.model, cut: through.cut },
        Layered { encoding: &theirs, classes, model, cut },
    ];
    // Of places only their embeddings are compared.
    let most = if pair.place.is_some() { 0 } else { usize::from(asked.layers) };
    let layers = common_layers(both, (&rows, &names), most, bars)?;
    if layers.is_empty() && most > 0 {
        printer.row(
            "layers",
            "the two networks have no layers of the same names: their embeddings alone are compared",
        );
    }
    Ok((test, train, Layers { rows, layers }))
}

/// How far the release is from it.
pub(super) fn print(args: &EvaluateArgs, compared: &Compared, pair: &Pair, printer: &Printer) {
    let name = args.retrained.as_ref().map_or_else(String::new, |path| path.display().to_string());
    let classes = compared.classes;
    printer.row("retrained", format!("{name} ({classes} classes), on the same examples (tier T3)"));
    for metric in &compared.metrics {
        printer.row("", format!("{:<20} {}", metric.definition.id, metric.summary));
        printer.figures(&metric.figures, pair.labels.as_ref());
    }
    for missing in &compared.not_run {
        printer.row("", format!("{:<20} not run: {}", missing.id, missing.reason));
    }
}
