//! M11, restoration R2: the class put back by a row built from a few labelled embeddings.
//!
//! Prototype row from `k` embeddings of class `f`: with `w0`, `b0` the means of the retained rows and biases of the
//! changed head, `s` the mean of `|w_r - w0|` over the retained rows, `m` the mean embedding of all rows of retained
//! classes and `p` that of the `k`: weights `w0 + s (p - m) / |p - m|`, bias `b0`. It needs no training and no look at
//! the original head.

use rayon::prelude::*;

use super::{Outcome, USER_TEST, percent};
use crate::{
    evaluate::{
        case::{Case, When, shuffled},
        report::{Definition, Figure, Metric, NotRun},
    },
    rng::Purpose,
    statistics::{Rate, mean},
};

const ID: &str = "relearning";
/// Labelled embeddings that the class is put back with.
const SHOTS: [usize; 3] = [1, 5, 10];
/// Draws of each number of them.
const REPETITIONS: u64 = 10;
const FORMULA: &str = "forgotten accuracy on the class's other rows once its slot holds a prototype row of k of its \
                       embeddings (weights w0 + s (p - m)/|p - m|, bias b0); restoration: (A_f restored - A_f after) / \
                       (A_f before - A_f after) on the same rows";

pub(super) const DEFINITION: Definition = Definition {
    id: ID,
    number: "M11-R2",
    formula: FORMULA,
    shows: "how easily a few examples bring the class back: the features still hold it",
    not_shown: "what the same would do to a model retrained without the class, without which this is no verdict",
};

pub(super) fn measure(case: &Case<'_>) -> Outcome {
    let scarce = case.pair.forgotten.indices().find(|&class| case.counts[class] <= SHOTS[2] as u64);
    if let Some(class) = scarce {
        let rows = case.counts[class];
        let reason =
            format!("{} has {rows} rows: {} shots leave none to judge", case.describe(class), SHOTS[2]);
        return Err(NotRun { id: ID, reason });
    }
    let start = Start::of(case);
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for class in case.pair.forgotten.indices() {
        let mut line = Vec::new();
        for shots in SHOTS {
            let draws = start.draws(case, class, shots);
            let of_class = format!("{} {shots}-shot:", case.describe(class));
            line.push(percent(average(&draws, |draw| draw.forgotten.value())));
            figures.extend(figures_of(
                &draws,
                &of_class,
                case.counts[class] as usize - shots,
                case.retained.len(),
            ));
        }
        lines.push(format!("{} {}", case.describe(class), line.join(", ")));
    }
    Ok(Metric {
        definition: &DEFINITION,
        summary: format!("restored by 1, 5, 10 labelled embeddings: {}", lines.join("; ")),
        data: USER_TEST,
        seed: Some(case.seed),
        figures,
    })
}

/// Means of the draws, and the draws that restored least and most; `n` and `retained` rows were judged.
fn figures_of(draws: &[Restored], of_class: &str, n: usize, retained: usize) -> Vec<Figure> {
    let name = |what: &str| format!("{of_class} {what}");
    let (unit, forgotten) = ("mean rate of 10 draws", |draw: &Restored| draw.forgotten.value());
    let mut figures = vec![
        Figure::new(name("forgotten accuracy"), average(draws, forgotten), unit, n),
        Figure::new(name("retained accuracy"), average(draws, |draw| draw.retained.value()), unit, retained),
    ];
    let by_hits = |draw: &&Restored| draw.forgotten.hits;
    for (what, draw) in
        [("least", draws.iter().min_by_key(by_hits)), ("largest", draws.iter().max_by_key(by_hits))]
    {
        let rate =
            draw.map(|draw| Figure::selected(name(&format!("{what} forgotten accuracy")), draw.forgotten));
        figures.extend(rate);
    }
    if draws.iter().all(|draw| draw.restoration.is_some()) {
        let share = average(draws, |draw| draw.restoration.unwrap_or(0.0));
        figures.push(Figure::new(name("restoration"), share, "mean ratio of 10 draws", n));
    }
    figures
}

fn average(draws: &[Restored], value: impl Fn(&Restored) -> f64) -> f64 {
    mean(&draws.iter().map(value).collect::<Vec<_>>())
}

/// What every prototype row starts from, at the changed head.
struct Start {
    weight: Vec<f64>,
    bias: f64,
    length: f64,
    /// Mean embedding of the rows of retained classes.
    middle: Vec<f64>,
}

/// What one prototype row did.
struct Restored {
    forgotten: Rate,
    retained: Rate,
    /// Absent if there is nothing to be restored.
    restoration: Option<f64>,
}

impl Start {
    fn of(case: &Case<'_>) -> Self {
        let head = &case.pair.after;
        let retained: Vec<usize> = case.pair.forgotten.retained().collect();
        let weight = centre(head.width, retained.iter().map(|&class| head.row(class)));
        let lengths: Vec<f64> = retained.iter().map(|&class| distance(head.row(class), &weight)).collect();
        let biases: Vec<f64> = retained.iter().map(|&class| f64::from(head.bias[class])).collect();
        let middle = centre(head.width, case.retained.iter().map(|&row| case.data.test.row(row)));
        Self { weight, bias: mean(&biases), length: mean(&lengths), middle }
    }

    fn draws(&self, case: &Case<'_>, class: usize, shots: usize) -> Vec<Restored> {
        (0..REPETITIONS)
            .into_par_iter()
            .map(|repetition| self.restore(case, class, shots, repetition))
            .collect()
    }

    fn restore(&self, case: &Case<'_>, class: usize, shots: usize, repetition: u64) -> Restored {
        let index = class as u64 * REPETITIONS + repetition;
        let rows = shuffled(&case.data.test, class, case.seed, Purpose::Shots, index);
        let (shots, others) = rows.split_at(shots);
        let prototype = centre(self.weight.len(), shots.iter().map(|&row| case.data.test.row(row)));
        let direction: Vec<f64> = prototype.iter().zip(&self.middle).map(|(p, m)| p - m).collect();
        let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        let scale = if norm > 0.0 { self.length / norm } else { 0.0 };
        let weight: Vec<f64> = self.weight.iter().zip(&direction).map(|(w, d)| w + scale * d).collect();
        let scores = case.test.scores(When::After);
        let wins = |row: usize| {
            let embedding = case.data.test.row(row).iter().zip(&weight);
            let logit = embedding.map(|(z, w)| f64::from(*z) * w).sum::<f64>() + self.bias;
            logit > scores[row].best_but(class).logit
        };
        let forgotten = Rate::of(others.iter().map(|&row| wins(row)));
        let right = |row: usize| scores[row].best_but(class).class == case.data.test.labels[row];
        let retained = Rate::of(case.retained.iter().map(|&row| right(row) && !wins(row)));
        let [before, after] = When::BOTH.map(|when| case.accuracy(when, others.iter().copied()).value());
        let restoration = (before > after).then(|| (forgotten.value() - after) / (before - after));
        Restored { forgotten, retained, restoration }
    }
}

/// The mean of some rows.
fn centre<'a>(width: usize, rows: impl Iterator<Item = &'a [f32]>) -> Vec<f64> {
    let mut sum = vec![0.0; width];
    let mut count = 0.0;
    for row in rows {
        sum.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
        count += 1.0;
    }
    sum.iter_mut().for_each(|sum| *sum /= f64::max(count, 1.0));
    sum
}

fn distance(row: &[f32], from: &[f64]) -> f64 {
    row.iter().zip(from).map(|(&x, y)| (f64::from(x) - y).powi(2)).sum::<f64>().sqrt()
}
