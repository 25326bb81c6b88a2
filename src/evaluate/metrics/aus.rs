//! M5: the adaptive unlearning score, always with its parts.

use super::USER_TEST;
use crate::evaluate::{
    case::{Case, When},
    report::{Definition, Figure, Metric},
};

pub(super) const DEFINITION: Definition = Definition {
    id: "aus",
    number: "M5",
    formula: "(1 - (A_or - A_t)) / (1 + |A_f|); A_or, A_t: retained accuracy before and after, A_f: \
             forgotten accuracy after",
    shows: "forgetting and retention in one number; 1 is a perfect removal without side effects",
    not_shown: "differences between good removals: nearly all score close to 1, and more than 1 is possible",
};

pub(super) fn measure(case: &Case<'_>) -> Metric {
    let retained = |when| case.accuracy(when, case.retained.iter().copied());
    let (original, after) = (retained(When::Before), retained(When::After));
    let forgotten = case.accuracy(When::After, case.forgotten.iter().copied());
    let (a_or, a_t, a_f) = (original.value(), after.value(), forgotten.value());
    let aus = (1.0 - (a_or - a_t)) / (1.0 + a_f.abs());
    Metric {
        definition: &DEFINITION,
        summary: format!("{aus:.4} (A_or {a_or:.4}, A_t {a_t:.4}, A_f {a_f:.4})"),
        data: USER_TEST,
        seed: None,
        figures: vec![
            Figure::new("AUS", aus, "score", case.data.test.labels.len()),
            Figure::at_least("A_or", original),
            Figure::at_least("A_t", after),
            Figure::at_most("A_f", forgotten),
        ],
    }
}
