//! M1, second part: how far the inputs of a former class are from being recognised.

use super::{Measured, TEST};
use crate::{
    error::Error,
    evaluate::experiment::Experiment,
    evidence::{Definition, Figure, Origin, Side},
    statistics::mean,
};

pub(super) static DEFINITION: Definition = Definition {
    id: "forgotten-margin",
    version: 1,
    number: Some("M1"),
    formula: "on rows of forgotten classes: logit of the label less the largest retained logit",
    origin: Origin::UserData,
    data: TEST,
    shows: "how much is missing until the class would be the top class again",
    not_shown: "inputs that are unlike these",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let margins = |side: Side| -> Vec<f64> {
        let scores = experiment.test.scores(side);
        experiment.forgotten.iter().map(|&row| scores[row].margin).collect()
    };
    let largest = |margins: &[f64]| margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (before, after) = (margins(Side::Before), margins(Side::After));
    if largest(&after) == f64::NEG_INFINITY {
        return Ok(Measured::NotRun("the slots were dropped: there are no such logits".into()));
    }
    let n = experiment.forgotten.len() as u64;
    let mut figures = Vec::new();
    for (side, margins) in [(Side::Before, &before), (Side::After, &after)] {
        let nats = |quantity, value| Figure::new(quantity, value, "nats").on(side).of(n);
        figures.push(nats("mean-margin", mean(margins)));
        figures.push(nats("largest-margin", largest(margins)));
    }
    Ok(Measured::Found {
        summary: format!(
            "mean {:.2} nats, was {:.2}; closest {:.2}, was {:.2}",
            mean(&after),
            mean(&before),
            largest(&after),
            largest(&before)
        ),
        figures,
    })
}
