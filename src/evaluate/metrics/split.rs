//! What probes are fitted on and judged on.

use crate::{
    evaluate::{
        Labelled, Retrained,
        experiment::{Experiment, shuffled},
        figures::{at_least, at_most},
    },
    evidence::Figure,
    rng::Purpose,
    statistics::{Rate, mean},
};

/// Splits that are drawn where there are no training embeddings, by their names in figures.
const DRAWS: [&str; 3] = ["draw-1", "draw-2", "draw-3"];

/// Fitted rows, and the rows to judge on: the training and the test embeddings, or two halves of the test
/// ones.
pub(super) struct Split<'a> {
    pub(super) fit: &'a Labelled,
    pub(super) fit_rows: Vec<usize>,
    pub(super) test: &'a Labelled,
    pub(super) test_rows: Vec<usize>,
}

/// The splits of an experiment, and how they were made.
pub(super) struct Splits<'a> {
    pub(super) all: Vec<Split<'a>>,
    /// Whether they were drawn: one alone has no name.
    are_drawn: bool,
    /// How they were made in words, for summaries.
    pub(super) how: &'static str,
}

/// How often a probe is right.
pub(super) struct Judged {
    pub(super) forgotten: Rate,
    pub(super) retained: Rate,
}

impl<'a> Splits<'a> {
    /// # Errors
    /// What stands in the way of them: a forgotten class with too few rows.
    pub(super) fn of(experiment: &'a Experiment<'_>) -> Result<Self, String> {
        let (counts, least, rows) = match &experiment.train_counts {
            Some(counts) => (counts, 1, "training rows"),
            None => (&experiment.counts, 2, "rows"),
        };
        if let Some(class) = experiment.pair.forgotten.indices().find(|&class| counts[class] < least) {
            return Err(format!("{} has {} {rows}", experiment.describe(class), counts[class]));
        }
        Ok(match &experiment.data.train {
            Some(train) => {
                let known = |row: &usize| counts[experiment.data.test.labels[*row]] > 0;
                let test_rows = (0..experiment.data.test.labels.len()).filter(known).collect();
                let (fit_rows, test) = ((0..train.labels.len()).collect(), &experiment.data.test);
                let split = Split { fit: train, fit_rows, test, test_rows };
                Self { all: vec![split], are_drawn: false, how: "fitted on training rows" }
            }
            None => {
                let all = (0..DRAWS.len() as u64).map(|repetition| halves(experiment, repetition)).collect();
                Self { all, are_drawn: true, how: "halves, 3 draws" }
            }
        })
    }

    /// The same splits of the same examples, as embeddings of a retrained model.
    pub(super) fn of_retrained(&self, retrained: &'a Retrained) -> Option<Vec<Split<'a>>> {
        let test = retrained.test();
        let fit = if self.are_drawn { test } else { retrained.train()? };
        let split = |own: &Split<'_>| {
            let (fit_rows, test_rows) = (own.fit_rows.clone(), own.test_rows.clone());
            Split { fit, fit_rows, test, test_rows }
        };
        Some(self.all.iter().map(split).collect())
    }

    /// One figure per split and kind, and the mean accuracies on forgotten and on retained rows.
    pub(super) fn figures(&self, judged: &[Judged]) -> ([f64; 2], Vec<Figure>) {
        let mut figures = Vec::new();
        for (split, draw) in judged.iter().zip(DRAWS) {
            let name = |figure: Figure| if self.are_drawn { figure.in_stratum(draw) } else { figure };
            figures.push(name(at_most("forgotten-accuracy", split.forgotten)));
            figures.push(name(at_least("retained-accuracy", split.retained)));
        }
        let average = |rate: fn(&Judged) -> Rate| {
            mean(&judged.iter().map(|split| rate(split).value()).collect::<Vec<_>>())
        };
        ([average(|split| split.forgotten), average(|split| split.retained)], figures)
    }
}

impl Split<'_> {
    /// Holds the classes that a probe gives the test rows against their labels.
    pub(super) fn judge(&self, experiment: &Experiment<'_>, given: &[usize]) -> Judged {
        let rate = |forgotten: bool| {
            let rows = self.test_rows.iter().zip(given);
            let labelled = rows.map(|(&row, &given)| (experiment.data.test.labels[row], given));
            let chosen =
                labelled.filter(|(label, _)| experiment.pair.forgotten.contains(*label) == forgotten);
            Rate::count(chosen.map(|(label, given)| label == given))
        };
        Judged { forgotten: rate(true), retained: rate(false) }
    }
}

/// Half of each class, rounded down, to fit on; classes of a single row take no part.
fn halves<'a>(experiment: &'a Experiment<'_>, repetition: u64) -> Split<'a> {
    let (mut fit_rows, mut test_rows) = (Vec::new(), Vec::new());
    for class in (0..experiment.counts.len()).filter(|&class| experiment.counts[class] > 1) {
        let index = class as u64 * DRAWS.len() as u64 + repetition;
        let rows = shuffled(&experiment.data.test, class, experiment.seed, Purpose::Splitting, index);
        let (fit, test) = rows.split_at(rows.len() / 2);
        fit_rows.extend(fit);
        test_rows.extend(test);
    }
    let test = &experiment.data.test;
    Split { fit: test, fit_rows, test, test_rows }
}
