//! An evaluation for people: what happened to whose inputs in a few words, and tables of which class gets what.

use std::collections::{BTreeMap, BTreeSet};

use declass::{
    classes::{Labels, describe},
    evaluate::Evaluation,
    evidence::{Check, Figure, Side, reading},
};

use super::output::{Printer, counted};

/// Classes that a table has room for.
const TABLE: usize = 20;
/// Forgotten classes that are told of one by one, and destinations of each.
const TOLD: usize = 5;
const DESTINATIONS: usize = 3;
/// Widest label in front of a row.
const LABEL: usize = 24;

/// What happened to the inputs of the removed classes, and to all others.
pub(super) fn in_words(evaluation: &Evaluation, printer: &Printer) {
    let labels = evaluation.labels.as_ref();
    for class in evaluation.forgotten.iter().copied().take(TOLD) {
        let name = describe(class, labels);
        printer.row(
            "removed",
            match removed(evaluation, class) {
                Some(told) => format!("{name}: {told}"),
                None => format!("{name}: none of these inputs is of that class"),
            },
        );
        if let Some(told) = destinations(evaluation, class) {
            printer.row("", format!("where they go now: {told}"));
        }
    }
    if let Some(more) = evaluation.forgotten.len().checked_sub(TOLD).filter(|more| *more > 0) {
        printer.row("", format!("and {more} more removed classes, which the figures name"));
    }
    if let Some(told) = others(evaluation) {
        printer.row("others", told);
    }
}

/// How many inputs of a removed class still get it.
fn removed(evaluation: &Evaluation, class: usize) -> Option<String> {
    let shares = reading::still_given(evaluation, class, evaluation.forgotten.len() == 1)?;
    let (share, n) = (percent(shares.after.value.0), inputs(evaluation, shares.after));
    Some(match shares.before {
        Some(before) => format!("{share} of its {n} still get it, {} before", percent(before.value.0)),
        None => format!("{share} of the {n} that the original gives it still get a removed class"),
    })
}

/// The classes that most inputs of a removed class get now.
fn destinations(evaluation: &Evaluation, class: usize) -> Option<String> {
    let shares = reading::destinations(evaluation, class);
    let named = |(to, share): &(usize, f64)| {
        format!("{} {}", describe(*to, evaluation.labels.as_ref()), percent(*share))
    };
    let mut told: Vec<String> = shares.iter().take(DESTINATIONS).map(named).collect();
    if let Some(rest) = shares.get(DESTINATIONS..).filter(|rest| !rest.is_empty()) {
        let share: f64 = rest.iter().map(|(_, share)| share).sum();
        told.push(format!("{} others {}", rest.len(), percent(share)));
    }
    (!told.is_empty()).then(|| told.join(", "))
}

/// What became of the inputs of all other classes.
fn others(evaluation: &Evaluation) -> Option<String> {
    let shares = reading::others(evaluation)?;
    let (share, n) = (percent(shares.after.value.0), inputs(evaluation, shares.after));
    Some(match shares.before {
        Some(before) => format!("{share} of {n} are right, {} before", percent(before.value.0)),
        None => {
            format!("{share} of {n} keep their answer; whether it is right nobody knows without labels")
        }
    })
}

fn inputs(evaluation: &Evaluation, figure: &Figure) -> String {
    let unit = evaluation.place.map_or("input", |place| place.name());
    counted(usize::try_from(figure.n.unwrap_or_default()).unwrap_or(usize::MAX), unit)
}

/// `71.3 %`.
fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The tables behind a metric, for those who want to see them; false if it has none or they are too large.
pub(super) fn tables(metric: &Check, labels: Option<&Labels>, printer: &Printer) -> bool {
    let cells: Vec<(&Figure, usize, usize)> = metric
        .figures
        .iter()
        .filter(|figure| figure.unit == "rows")
        .filter_map(|figure| Some((figure, figure.class?, figure.to?)))
        .collect();
    let classes: BTreeSet<usize> = cells.iter().flat_map(|(_, class, to)| [*class, *to]).collect();
    if cells.is_empty() || classes.len() > TABLE {
        return false;
    }
    for side in Side::BOTH {
        let of_side: BTreeMap<(usize, usize), u64> = cells
            .iter()
            .filter(|(figure, ..)| figure.side == Some(side))
            .map(|(figure, class, to)| ((*class, *to), figure.value.0 as u64))
            .collect();
        if !of_side.is_empty() {
            table(side, &of_side, &classes, labels, printer);
        }
    }
    true
}

/// A line for each label, a column for each answer.
fn table(
    side: Side,
    cells: &BTreeMap<(usize, usize), u64>,
    classes: &BTreeSet<usize>,
    labels: Option<&Labels>,
    printer: &Printer,
) {
    let short = |class: usize| describe(class, labels).chars().take(LABEL).collect::<String>();
    let width = classes.iter().map(|class| short(*class).chars().count()).max().unwrap_or_default();
    let most = cells.values().copied().max().unwrap_or_default().to_string().len().max(2) + 1;
    let heading: String = classes.iter().map(|class| format!("{class:>most$}")).collect();
    printer.detail("", format!("  {:width$}{heading}   answers {}", "", side.name()));
    for class in classes {
        let cell = |to: &usize| cells.get(&(*class, *to)).map_or_else(|| ".".into(), u64::to_string);
        let line: String = classes.iter().map(|to| format!("{:>most$}", cell(to))).collect();
        printer.detail("", format!("  {:width$}{line}", short(*class)));
    }
}
