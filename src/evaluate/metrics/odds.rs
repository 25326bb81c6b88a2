//! How clear the answers are: not on average, but how they are spread.

use super::{Measured, TEST};
use crate::{
    error::Error,
    evaluate::experiment::Experiment,
    evidence::{Definition, Figure, Origin, Side},
    statistics::quantile,
};

pub(super) static DEFINITION: Definition = Definition {
    id: "log-odds",
    version: 1,
    number: None,
    formula: "percentiles (interpolated) of ln(p / (1 - p)), p the probability of the label, on rows of forgotten and of retained \
              classes",
    origin: Origin::UserData,
    data: TEST,
    shows: "how clear the answers are, and how near to another one: 0 is a label as likely as all others together",
    not_shown: "inputs that are unlike these",
};

/// The percentiles, and what they are called.
const PERCENTILES: [(&str, f64); 5] =
    [("p5", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)];

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let groups = [("forgotten-log-odds", &experiment.forgotten), ("retained-log-odds", &experiment.retained)];
    let mut figures = Vec::new();
    let mut medians = Vec::new();
    for (quantity, rows) in groups {
        for side in Side::BOTH {
            let scores = experiment.test.scores(side);
            let odds: Vec<f64> = rows.iter().map(|&row| scores[row].log_odds).collect();
            // A slot that was dropped has no odds.
            if odds.is_empty() || odds.iter().any(|odds| !odds.is_finite()) {
                continue;
            }
            figures.extend(PERCENTILES.map(|(name, p)| {
                let figure = Figure::new(quantity, quantile(&odds, p), "nats");
                figure.in_stratum(name).on(side).of(odds.len() as u64)
            }));
            if quantity.starts_with("retained") {
                medians.push(quantile(&odds, 0.5));
            }
        }
    }
    Ok(match medians[..] {
        [before, after] => Measured::Found {
            summary: format!("median of the retained {after:.2} nats, was {before:.2}"),
            figures,
        },
        _ => Measured::NotRun("some rows of retained classes have odds that are not finite".into()),
    })
}
