//! M5: the adaptive unlearning score, always with its parts.

use super::{Measured, TEST};
use crate::{
    error::Error,
    evaluate::{
        experiment::Experiment,
        figures::{at_least, at_most},
    },
    evidence::{Definition, Figure, Origin, Side},
};

pub(super) static DEFINITION: Definition = Definition {
    id: "aus",
    version: 1,
    number: Some("M5"),
    formula: "(1 - (A_or - A_t)) / (1 + |A_f|); A_or, A_t: retained accuracy before and after, A_f: \
              forgotten accuracy after",
    origin: Origin::UserData,
    data: TEST,
    shows: "forgetting and retention in one number; 1 is a perfect removal without side effects",
    not_shown: "differences between good removals: nearly all score close to 1, and more than 1 is possible",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let retained = |side| experiment.accuracy(side, experiment.retained.iter().copied());
    let (original, after) = (retained(Side::Before), retained(Side::After));
    let forgotten = experiment.accuracy(Side::After, experiment.forgotten.iter().copied());
    let (a_or, a_t, a_f) = (original.value(), after.value(), forgotten.value());
    let aus = (1.0 - (a_or - a_t)) / (1.0 + a_f.abs());
    Ok(Measured::Found {
        summary: format!("{aus:.4} (A_or {a_or:.4}, A_t {a_t:.4}, A_f {a_f:.4})"),
        figures: vec![
            Figure::new("aus", aus, "score").of(experiment.data.test.labels.len() as u64),
            at_least("retained-accuracy", original).on(Side::Before),
            at_least("retained-accuracy", after).on(Side::After),
            at_most("forgotten-accuracy", forgotten).on(Side::After),
        ],
    })
}
