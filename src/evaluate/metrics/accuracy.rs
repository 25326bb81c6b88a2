//! M1 and M2: how often the label is the top class.

use super::{USER_TEST, percent};
use crate::evaluate::{
    case::{Case, When},
    report::{Definition, Figure, Metric},
};

pub(super) const FORGOTTEN: Definition = Definition {
    id: "forgotten-accuracy",
    number: "M1",
    formula: "share of the rows of forgotten classes whose top class is their label",
    shows: "whether inputs like these are still given their former class",
    not_shown: "whether the features still hold the class",
};
pub(super) const RETAINED: Definition = Definition {
    id: "retained-accuracy",
    number: "M2",
    formula: "share of the rows of retained classes whose top class is their label",
    shows: "what the removal costs the other classes on inputs like these",
    not_shown: "accuracy on inputs of another kind",
};

pub(super) fn forgotten(case: &Case<'_>) -> Metric {
    let rate = |when| case.accuracy(when, case.forgotten.iter().copied());
    let mut figures: Vec<Figure> = When::BOTH.map(|when| Figure::at_most(when.name(), rate(when))).into();
    if case.pair.forgotten.as_set().len() > 1 {
        for class in case.pair.forgotten.indices() {
            for when in When::BOTH {
                let name = format!("{} {}", case.describe(class), when.name());
                figures.push(Figure::at_most(name, case.accuracy(when, case.rows_of(class))));
            }
        }
    }
    let (before, after) = (rate(When::Before), rate(When::After));
    let bound = figures[1].bound95.map_or(1.0, |bound| bound.value);
    Metric {
        definition: &FORGOTTEN,
        summary: format!(
            "{} of {} right, was {} (<= {}, 95 %)",
            percent(after.value()),
            after.n,
            percent(before.value()),
            percent(bound)
        ),
        data: USER_TEST,
        seed: None,
        figures,
    }
}

pub(super) fn retained(case: &Case<'_>) -> Metric {
    let rate = |when| case.accuracy(when, case.retained.iter().copied());
    let (before, after) = (rate(When::Before), rate(When::After));
    let change = after.value() - before.value();
    let mut figures: Vec<Figure> = When::BOTH.map(|when| Figure::at_least(when.name(), rate(when))).into();
    figures.push(Figure::new("change", change, "difference of rates", case.retained.len()));
    Metric {
        definition: &RETAINED,
        summary: format!(
            "{} of {} right, was {} ({:+.2} points)",
            percent(after.value()),
            after.n,
            percent(before.value()),
            100.0 * change
        ),
        data: USER_TEST,
        seed: None,
        figures,
    }
}
