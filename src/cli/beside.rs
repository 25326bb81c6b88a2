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
    args::EvaluateArgs,
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
    let (Some((model, cut, head)), Some(test)) = (open(args, pair, bars)?, &args.measured_on.examples.data)
    else {
        return Ok(None);
    };
    let of = |path: &Path| -> Result<Labelled, Error> {
        let classes = (through.cut.head.classes, through.labels);
        let keep = kept_in(&args.keep);
        let encoding = encoding(&args.measured_on.examples, path, None, keep.as_deref());
        let encoded = encoding.run_as(classes, &model, &cut, bars)?;
        encoded.assumed.iter().for_each(|said| printer.detail("assumed", format!("retrained: {said}")));
        Ok(encoded.labelled)
    };
    let train = args.measured_on.examples.train_data.as_deref().map(of).transpose()?;
    let retrained = Retrained::new(head, data, of(test)?, train)?;
    let rows = data.drawn(pair, args.seed);
    let names: Vec<String> = rows.sought.iter().map(|row| data.test.name(*row)).collect();
    let classes = (through.cut.head.classes, through.labels);
    let [own, theirs] =
        [through.graph, None].map(|graph| encoding(&args.measured_on.examples, test, graph, None));
    let both = [
        Layered { encoding: &own, classes, model: through.model, cut: through.cut },
        Layered { encoding: &theirs, classes, model: &model, cut: &cut },
    ];
    // Of places only their embeddings are compared.
    let most = if pair.place.is_some() { 0 } else { usize::from(args.layers) };
    let layers = common_layers(both, (&rows, &names), most, bars)?;
    if layers.is_empty() && most > 0 {
        printer.row(
            "layers",
            "the two networks have no layers of the same names: their embeddings alone are compared",
        );
    }
    let retrained = retrained.with_layers(Layers { rows, layers });
    Ok(Some(compare(pair, data, &retrained, args.seed)?))
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
