//! M4: how far the probabilities of retained inputs moved.

use super::USER_TEST;
use crate::{
    evaluate::{
        case::Case,
        report::{Definition, Figure, Metric},
    },
    statistics::{mean, quantile},
};

pub(super) const DEFINITION: Definition = Definition {
    id: "retained-divergence",
    number: "M4",
    formula: "KL(before || after) on rows of retained classes, both softmaxes over the retained classes \
             only; percentile interpolated",
    shows: "how like the original's the probabilities of retained inputs are",
    not_shown: "whether either is well calibrated; a small divergence is not enough by itself",
};

pub(super) fn measure(case: &Case<'_>) -> Metric {
    let n = case.retained.len();
    let rows = || case.retained.iter().map(|&row| case.test.divergence[row]);
    let retained: Vec<f64> = rows().map(|row| row.retained).collect();
    let (average, p99) = (mean(&retained), quantile(&retained, 0.99));
    let mut figures =
        vec![Figure::new("mean", average, "nats", n), Figure::new("99th percentile", p99, "nats", n)];
    // A dropped slot has no probability, which is infinitely far from some.
    let all = mean(&rows().map(|row| row.all).collect::<Vec<_>>());
    if all.is_finite() {
        figures.push(Figure::new("mean over all classes", all, "nats", n));
    }
    Metric {
        definition: &DEFINITION,
        summary: format!("mean {average:.2e} nats, 99th percentile {p99:.2e}"),
        data: USER_TEST,
        seed: None,
        figures,
    }
}
