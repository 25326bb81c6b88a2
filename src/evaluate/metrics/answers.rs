//! What can be said of inputs without labels: how the answers of the changed head stand to the original's, which
//! take the place of labels here. Nothing of it is an accuracy.

use super::{Measured, confusion, divergence, margin, percent, routing};
use crate::{
    error::Error,
    evaluate::{
        experiment::Experiment,
        figures::{at_least, at_most},
    },
    evidence::{Definition, Figure, Origin, Side},
    statistics::{Rate, quantile},
};

const DATA: &str = "the user's test inputs, which have no labels";

/// A definition of a metric on the original's answers.
const fn on_answers(
    id: &'static str,
    number: &'static str,
    formula: &'static str,
    shows: &'static str,
) -> Definition {
    Definition {
        id,
        version: 1,
        number: Some(number),
        formula,
        origin: Origin::UserData,
        data: DATA,
        shows,
        not_shown: "whether either answer is right: without labels nothing is known of accuracy",
    }
}

pub(super) static REMOVED: Definition = on_answers(
    "removed-answers",
    "M1",
    "share of all rows that get a forgotten class, before and after; of those that got one before, the share \
     that still does",
    "whether inputs that the original gave a removed class still get it",
);
pub(super) static AGREEMENT: Definition = on_answers(
    "answer-agreement",
    "M2",
    "of the rows that the original gives a retained class, the share that keeps it",
    "how far the other answers stay what they were on inputs like these",
);
pub(super) static DRIFT: Definition = on_answers(
    "answer-drift",
    "M3",
    "the same share for each retained class that the original gives; percentiles interpolated",
    "damage to single classes that an average hides",
);
pub(super) static ROUTING: Definition = on_answers(
    "answer-routing",
    "M3",
    "of the rows that the original gives a forgotten class, the share that each class gets after the removal; \
     classes that get none are left out",
    "what the model now says where it said the former class",
);
pub(super) static CHANGES: Definition = on_answers(
    "answer-changes",
    "M3",
    "rows by the original's answer and the one after; cells without rows are left out; share of all rows whose \
     answer is another",
    "which answers turned into which others",
);
pub(super) static MARGIN: Definition = on_answers(
    "answer-margin",
    "M1",
    "on rows that the original gives a removed class: logit of that class less the largest retained logit",
    "how much is missing until the class would be the top class again",
);
pub(super) static DIVERGENCE: Definition = on_answers(
    "answer-divergence",
    "M4",
    "KL(before || after) on rows that the original gives a retained class, both softmaxes over the retained \
     classes only; percentile interpolated",
    "how like the original's the probabilities of such inputs are",
);

pub(super) fn removed(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let is_forgotten = |class| experiment.pair.forgotten.contains(class);
    let given = |side| {
        let scores = experiment.test.scores(side).iter();
        Rate::count(scores.map(|scores| is_forgotten(scores.top.class)))
    };
    let scores = experiment.test.scores(Side::After);
    let still = |rows: &[usize]| Rate::count(rows.iter().map(|&row| is_forgotten(scores[row].top.class)));
    let mut figures: Vec<Figure> = Side::BOTH.map(|side| at_most("share-given", given(side)).on(side)).into();
    let (before, all) = (given(Side::Before), still(&experiment.forgotten));
    if all.n > 0 {
        figures.push(at_most("still-given", all));
    }
    for class in experiment.pair.forgotten.indices().filter(|&class| experiment.counts[class] > 0) {
        let rows: Vec<usize> = experiment.rows_of(class).collect();
        figures.push(at_most("still-given", still(&rows)).of_class(class));
    }
    let gave = format!("the original gave it to {} of {}", percent(before.value()), before.n);
    let summary = match all.n {
        0 => gave,
        n => format!("{gave}; of these {n}, {} still get it", percent(all.value())),
    };
    Ok(Measured::Found { summary, figures })
}

pub(super) fn agreement(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    if experiment.retained.is_empty() {
        return Ok(no_retained());
    }
    let rate = experiment.accuracy(Side::After, experiment.retained.iter().copied());
    let summary = format!("{} of {} keep their answer", percent(rate.value()), rate.n);
    Ok(Measured::Found { summary, figures: vec![at_least("agreement", rate)] })
}

pub(super) fn drift(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let classes = experiment.pair.forgotten.retained().filter(|&class| experiment.counts[class] > 0);
    let rates: Vec<(usize, Rate)> =
        classes.map(|class| (class, experiment.accuracy(Side::After, experiment.rows_of(class)))).collect();
    let worst = rates.iter().min_by(|a, b| a.1.value().total_cmp(&b.1.value()));
    let Some((class, worst)) = worst else { return Ok(no_retained()) };
    let p5 = quantile(&rates.iter().map(|(_, rate)| rate.value()).collect::<Vec<_>>(), 0.05);
    let p5_figure = Figure::new("p5-agreement", p5, "share").of(experiment.retained.len() as u64);
    let mut figures = vec![p5_figure];
    figures.extend(rates.iter().map(|(class, rate)| at_least("agreement", *rate).of_class(*class)));
    let summary = format!(
        "worst class {}: {} of {} keep their answer; 5th percentile of {} classes {}",
        experiment.describe(*class),
        percent(worst.value()),
        worst.n,
        rates.len(),
        percent(p5)
    );
    Ok(Measured::Found { summary, figures })
}

pub(super) fn routed(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    if experiment.forgotten.is_empty() { Ok(no_forgotten()) } else { routing::measure(experiment) }
}

pub(super) fn changes(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    confusion::sides(experiment, &[Side::After])
}

pub(super) fn margins(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    if experiment.forgotten.is_empty() { Ok(no_forgotten()) } else { margin::measure(experiment) }
}

pub(super) fn divergences(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    if experiment.retained.is_empty() { Ok(no_retained()) } else { divergence::measure(experiment) }
}

fn no_forgotten() -> Measured {
    Measured::NotRun("the original gives none of these inputs a removed class".into())
}

fn no_retained() -> Measured {
    Measured::NotRun("the original gives none of these inputs another class".into())
}
