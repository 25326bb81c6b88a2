//! M4: how far the probabilities of retained inputs moved.

use super::{Measured, TEST};
use crate::{
    error::Error,
    evaluate::experiment::Experiment,
    evidence::{Definition, Figure, Origin},
    statistics::{mean, quantile},
};

pub(super) static DEFINITION: Definition = Definition {
    id: "retained-divergence",
    version: 1,
    number: Some("M4"),
    formula: "KL(before || after) on rows of retained classes, both softmaxes over the retained classes \
              only; percentile interpolated",
    origin: Origin::UserData,
    data: TEST,
    shows: "how like the original's the probabilities of retained inputs are",
    not_shown: "whether either is well calibrated; a small divergence is not enough by itself",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let nats = |quantity, value| Figure::new(quantity, value, "nats").of(experiment.retained.len() as u64);
    let rows = || experiment.retained.iter().map(|&row| experiment.test.divergence[row]);
    let retained: Vec<f64> = rows().map(|row| row.retained).collect();
    let (average, p99) = (mean(&retained), quantile(&retained, 0.99));
    let mut figures = vec![nats("mean-divergence", average), nats("p99-divergence", p99)];
    // A dropped slot has no probability, which is infinitely far from some.
    let all = mean(&rows().map(|row| row.all).collect::<Vec<_>>());
    if all.is_finite() {
        figures.push(nats("mean-divergence-over-all-classes", all));
    }
    Ok(Measured::Found { summary: format!("mean {average:.2e} nats, 99th percentile {p99:.2e}"), figures })
}
