//! What probes are fitted on and judged on.

use super::{USER_BOTH, USER_TEST};
use crate::{
    evaluate::{
        Labelled,
        case::{Case, shuffled},
        report::{Figure, NotRun},
    },
    rng::Purpose,
    statistics::{Rate, mean},
};

/// Splits that are drawn where there are no training embeddings.
const REPETITIONS: u64 = 3;

/// Fitted rows, and the rows to judge on: the training and the test embeddings, or two halves of the test ones.
pub(super) struct Split<'a> {
    pub(super) fit: &'a Labelled,
    pub(super) fit_rows: Vec<usize>,
    pub(super) test_rows: Vec<usize>,
}

/// The splits of a case, and how they were made.
pub(super) struct Splits<'a> {
    pub(super) all: Vec<Split<'a>>,
    pub(super) data: &'static str,
    pub(super) seed: Option<u64>,
    /// In words, for summaries.
    pub(super) how: &'static str,
}

/// How often a probe is right.
pub(super) struct Judged {
    forgotten: Rate,
    retained: Rate,
}

impl<'a> Splits<'a> {
    pub(super) fn of(case: &'a Case<'_>, id: &'static str) -> Result<Self, NotRun> {
        let (counts, least, rows) = match &case.train_counts {
            Some(counts) => (counts, 1, "training rows"),
            None => (&case.counts, 2, "rows"),
        };
        if let Some(class) = case.pair.forgotten.indices().find(|&class| counts[class] < least) {
            let reason = format!("{} has {} {rows}", case.describe(class), counts[class]);
            return Err(NotRun { id, reason });
        }
        Ok(match &case.data.train {
            Some(train) => {
                let known = |row: &usize| counts[case.data.test.labels[*row]] > 0;
                let test_rows = (0..case.data.test.labels.len()).filter(known).collect();
                let split = Split { fit: train, fit_rows: (0..train.labels.len()).collect(), test_rows };
                Self { all: vec![split], data: USER_BOTH, seed: None, how: "fitted on training rows" }
            }
            None => {
                let all = (0..REPETITIONS).map(|repetition| halves(case, repetition)).collect();
                let how = "halves, 3 draws";
                Self { all, data: USER_TEST, seed: Some(case.seed), how }
            }
        })
    }

    /// One figure per split and kind, and the mean accuracies on forgotten and on retained rows.
    pub(super) fn figures(&self, judged: &[Judged]) -> ([f64; 2], Vec<Figure>) {
        let mut figures = Vec::new();
        for (number, split) in judged.iter().enumerate() {
            let name = |what: &str| match self.seed {
                Some(_) => format!("{what}, draw {}", number + 1),
                None => what.to_owned(),
            };
            figures.push(Figure::at_most(name("forgotten accuracy"), split.forgotten));
            figures.push(Figure::at_least(name("retained accuracy"), split.retained));
        }
        let average = |rate: fn(&Judged) -> Rate| {
            mean(&judged.iter().map(|split| rate(split).value()).collect::<Vec<_>>())
        };
        ([average(|split| split.forgotten), average(|split| split.retained)], figures)
    }
}

impl Split<'_> {
    /// Holds the classes that a probe gives the test rows against their labels.
    pub(super) fn judge(&self, case: &Case<'_>, given: &[usize]) -> Judged {
        let rate = |forgotten: bool| {
            let rows = self.test_rows.iter().zip(given);
            let labelled = rows.map(|(&row, &given)| (case.data.test.labels[row], given));
            let chosen = labelled.filter(|(label, _)| case.pair.forgotten.contains(*label) == forgotten);
            Rate::of(chosen.map(|(label, given)| label == given))
        };
        Judged { forgotten: rate(true), retained: rate(false) }
    }
}

/// Half of each class, rounded down, to fit on; classes of a single row take no part.
fn halves<'a>(case: &'a Case<'_>, repetition: u64) -> Split<'a> {
    let (mut fit_rows, mut test_rows) = (Vec::new(), Vec::new());
    for class in (0..case.counts.len()).filter(|&class| case.counts[class] > 1) {
        let index = class as u64 * REPETITIONS + repetition;
        let rows = shuffled(&case.data.test, class, case.seed, Purpose::Splitting, index);
        let (fit, test) = rows.split_at(rows.len() / 2);
        fit_rows.extend(fit);
        test_rows.extend(test);
    }
    Split { fit: &case.data.test, fit_rows, test_rows }
}
