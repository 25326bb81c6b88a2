//! What is fitted anew on features of the original's encoder, less the same on those of a retrained model: the reference that a
//! probe alone lacks.

use super::{
    Measured, centre, neighbours, percent, probe,
    split::{Judged, Split, Splits},
};
use crate::{
    error::Error,
    evaluate::{beside::Beside, experiment::Experiment},
    evidence::{Definition, Figure, Origin, Side},
    statistics::mean,
};

const DATA: &str =
    "the splits of `nearest-neighbours`, of the original's features and of the retrained model's";
const SHOWS: &str = "how much more of the class the features hold than those of a model that never learnt it";
const NOT_SHOWN: &str = "what another training run would give: one retrained model is one draw";

pub(super) static NEIGHBOURS: Definition = Definition {
    id: "retrained-neighbours",
    version: 1,
    number: Some("M8"),
    formula: "accuracy of `nearest-neighbours` less the same on the retrained model's features; means of the draws",
    origin: Origin::UserData,
    data: DATA,
    shows: SHOWS,
    not_shown: NOT_SHOWN,
};
pub(super) static PROBE: Definition = Definition {
    id: "retrained-probe",
    version: 1,
    number: Some("M7"),
    formula: "accuracy of `linear-probe` less the same on the retrained model's features; means of the draws",
    origin: Origin::UserData,
    data: DATA,
    shows: SHOWS,
    not_shown: NOT_SHOWN,
};
pub(super) static CENTRE: Definition = Definition {
    id: "retrained-centre",
    version: 1,
    number: Some("M8"),
    formula: "accuracy of `nearest-centre` less the same on the retrained model's features; means of the draws",
    origin: Origin::UserData,
    data: DATA,
    shows: SHOWS,
    not_shown: NOT_SHOWN,
};

pub(super) fn neighbours(beside: &Beside<'_>) -> Result<Measured, Error> {
    fitted(beside, |_, split| neighbours::obstacle(split), |_, split| neighbours::voted(split))
}

pub(super) fn probe(beside: &Beside<'_>) -> Result<Measured, Error> {
    fitted(beside, probe::obstacle, |_, split| probe::found(split))
}

pub(super) fn centre(beside: &Beside<'_>) -> Result<Measured, Error> {
    fitted(beside, |_, _| None, centre::nearest)
}

/// What each row of a split is taken for.
type Given = fn(&Experiment<'_>, &Split<'_>) -> Result<Vec<usize>, Error>;

fn fitted(
    beside: &Beside<'_>,
    obstacle: fn(&Experiment<'_>, &Split<'_>) -> Option<String>,
    given: Given,
) -> Result<Measured, Error> {
    let experiment = beside.experiment;
    if !experiment.is_labelled() {
        return Ok(Measured::NotRun("it needs labels".into()));
    }
    let splits = match Splits::of(experiment) {
        Err(reason) => return Ok(Measured::NotRun(reason)),
        Ok(splits) => splits,
    };
    let Some(theirs) = splits.of_retrained(beside.retrained) else {
        return Ok(Measured::NotRun("the retrained model has no features of the training examples".into()));
    };
    if let Some(reason) = splits.all.iter().chain(&theirs).find_map(|split| obstacle(experiment, split)) {
        return Ok(Measured::NotRun(reason));
    }
    let judged = |splits: &[Split<'_>]| -> Result<Vec<Judged>, Error> {
        splits.iter().map(|split| Ok(split.judge(experiment, &given(experiment, split)?))).collect()
    };
    let (own, theirs) = (judged(&splits.all)?, judged(&theirs)?);
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    let parts: [(_, _, _, fn(&Judged) -> _); 2] = [
        ("forgotten-accuracy", "forgotten-accuracy-gap", "forgotten", |it| it.forgotten),
        ("retained-accuracy", "retained-accuracy-gap", "retained", |it| it.retained),
    ];
    for (accuracy, gap, name, rate) in parts {
        let of = |judged: &[Judged]| mean(&judged.iter().map(|it| rate(it).value()).collect::<Vec<_>>());
        let (own_rate, their_rate) = (of(&own), of(&theirs));
        let n = own.first().map_or(0, |first| rate(first).n);
        let figure = |quantity, value, unit| Figure::new(quantity, value, unit).of(n);
        figures.push(figure(accuracy, own_rate, "mean rate").on(Side::After));
        figures.push(figure(accuracy, their_rate, "mean rate").in_stratum("retrained"));
        figures.push(figure(gap, own_rate - their_rate, "difference of rates"));
        let points = 100.0 * (own_rate - their_rate);
        lines.push(format!(
            "{name} {}, retrained {} ({points:+.2} points)",
            percent(own_rate),
            percent(their_rate)
        ));
    }
    Ok(Measured::Found { summary: format!("{} ({})", lines.join("; "), splits.how), figures })
}
