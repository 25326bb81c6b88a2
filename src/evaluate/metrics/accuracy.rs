//! M1 and M2: how often the label is the top class.

use super::{Measured, TEST, percent};
use crate::{
    error::Error,
    evaluate::{
        experiment::Experiment,
        figures::{at_least, at_most},
    },
    evidence::{Definition, Figure, Origin, Side},
};

pub(super) static FORGOTTEN: Definition = Definition {
    id: "forgotten-accuracy",
    version: 1,
    number: Some("M1"),
    formula: "share of the rows of forgotten classes whose top class is their label",
    origin: Origin::UserData,
    data: TEST,
    shows: "whether inputs like these are still given their former class",
    not_shown: "whether the features still hold the class",
};
pub(super) static RETAINED: Definition = Definition {
    id: "retained-accuracy",
    version: 1,
    number: Some("M2"),
    formula: "share of the rows of retained classes whose top class is their label",
    origin: Origin::UserData,
    data: TEST,
    shows: "what the removal costs the other classes on inputs like these",
    not_shown: "accuracy on inputs of another kind",
};

pub(super) fn forgotten(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let rate = |side| experiment.accuracy(side, experiment.forgotten.iter().copied());
    let accuracy = |side, rate| at_most("accuracy", rate).on(side);
    let mut figures: Vec<Figure> = Side::BOTH.map(|side| accuracy(side, rate(side))).into();
    if experiment.pair.forgotten.as_set().len() > 1 {
        for class in experiment.pair.forgotten.indices() {
            for side in Side::BOTH {
                let rate = experiment.accuracy(side, experiment.rows_of(class));
                figures.push(accuracy(side, rate).of_class(class));
            }
        }
    }
    let (before, after) = (rate(Side::Before), rate(Side::After));
    let bound = figures[1].bound95.map_or(1.0, |bound| bound.value.0);
    Ok(Measured::Found {
        summary: format!(
            "{} of {} right, was {} (<= {}, 95 %)",
            percent(after.value()),
            after.n,
            percent(before.value()),
            percent(bound)
        ),
        figures,
    })
}

pub(super) fn retained(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let rate = |side| experiment.accuracy(side, experiment.retained.iter().copied());
    let (before, after) = (rate(Side::Before), rate(Side::After));
    let change = after.value() - before.value();
    let mut figures: Vec<Figure> = Side::BOTH.map(|side| at_least("accuracy", rate(side)).on(side)).into();
    let n = experiment.retained.len() as u64;
    figures.push(Figure::new("accuracy-change", change, "difference of rates").of(n));
    Ok(Measured::Found {
        summary: format!(
            "{} of {} right, was {} ({:+.2} points)",
            percent(after.value()),
            after.n,
            percent(before.value()),
            100.0 * change
        ),
        figures,
    })
}
