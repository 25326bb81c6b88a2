//! Which inputs get another answer than before.

use super::{Truth, experiment::Experiment, observe::Scores};
use crate::evidence::Side;

/// An input to which the changed head gives another answer than the original.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// What the input is called, or its number, counted from 0.
    pub name: String,
    /// The class that the user says it is of, if it is said.
    pub label: Option<usize>,
    /// The original's answer.
    pub before: Answer,
    /// The answer now.
    pub after: Answer,
}

/// What a head answers to one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The class with the largest logit; of equal ones the first.
    pub class: usize,
    /// Its probability.
    pub probability: f64,
    /// Its logit less the next one, in nats; infinite if there is no other.
    pub margin: f64,
}

pub(super) fn changed(experiment: &Experiment<'_>) -> Vec<Changed> {
    let data = &experiment.data.test;
    let [before, after] = Side::BOTH.map(|side| experiment.test.scores(side));
    let others = before.iter().zip(after).enumerate().filter(|(_, (b, a))| b.top.class != a.top.class);
    let changed = others.map(|(row, (before, after))| Changed {
        name: data.name(row),
        label: (data.truth == Truth::Labels).then(|| data.labels[row]),
        before: answer(before),
        after: answer(after),
    });
    changed.collect()
}

fn answer(scores: &Scores) -> Answer {
    let Scores { top, confidence, .. } = scores;
    Answer {
        class: top.class,
        probability: *confidence,
        margin: top.logit - scores.best_but(top.class).logit,
    }
}
