//! M1, second part: how far the inputs of a former class are from being recognised.

use super::{Outcome, USER_TEST};
use crate::{
    evaluate::{
        case::{Case, When},
        report::{Definition, Figure, Metric, NotRun},
    },
    statistics::mean,
};

const ID: &str = "forgotten-margin";

pub(super) const DEFINITION: Definition = Definition {
    id: ID,
    number: "M1",
    formula: "on rows of forgotten classes: logit of the label less the largest retained logit",
    shows: "how much is missing until the class would be the top class again",
    not_shown: "inputs that are unlike these",
};

pub(super) fn measure(case: &Case<'_>) -> Outcome {
    let margins = |when: When| -> Vec<f64> {
        let scores = case.test.scores(when);
        case.forgotten.iter().map(|&row| scores[row].margin).collect()
    };
    let largest = |margins: &[f64]| margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (before, after) = (margins(When::Before), margins(When::After));
    if largest(&after) == f64::NEG_INFINITY {
        return Err(NotRun { id: ID, reason: "the slots were dropped: there are no such logits".into() });
    }
    let n = case.forgotten.len();
    let mut figures = Vec::new();
    for (when, margins) in [(When::Before, &before), (When::After, &after)] {
        figures.push(Figure::new(format!("mean {}", when.name()), mean(margins), "nats", n));
        figures.push(Figure::new(format!("largest {}", when.name()), largest(margins), "nats", n));
    }
    Ok(Metric {
        definition: &DEFINITION,
        summary: format!(
            "mean {:.2} nats, was {:.2}; closest {:.2}, was {:.2}",
            mean(&after),
            mean(&before),
            largest(&after),
            largest(&before)
        ),
        data: USER_TEST,
        seed: None,
        figures,
    })
}
