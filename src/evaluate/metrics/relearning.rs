//! M11, restoration R2: the class put back by a row built from a few labelled embeddings.
//!
//! Prototype row from `k` embeddings of class `f`: with `w0`, `b0` the means of the retained rows and biases
//! of the changed head, `s` the mean of `|w_r - w0|` over the retained rows, `m` the mean embedding of all
//! rows of retained classes and `p` that of the `k`: weights `w0 + s (p - m) / |p - m|`, bias `b0`. It needs
//! no training and no look at the original head.

use rayon::prelude::*;

use super::{Measured, TEST, percent};
use crate::{
    error::Error,
    evaluate::{
        experiment::{Experiment, shuffled},
        figures::selected,
    },
    evidence::{Definition, Figure, Origin, Side},
    rng::Purpose,
    statistics::{Rate, mean},
};

/// Labelled embeddings that the class is put back with, and the name that such figures have.
const SHOTS: [(usize, &str); 3] = [(1, "1-shot"), (5, "5-shot"), (MOST_SHOTS, "10-shot")];
const MOST_SHOTS: usize = 10;
/// Draws of each number of them.
const REPETITIONS: u64 = 10;

pub(super) static DEFINITION: Definition = Definition {
    id: "relearning",
    version: 1,
    number: Some("M11-R2"),
    formula: "forgotten accuracy on the class's other rows once its slot holds a prototype row of k of its \
              embeddings (weights w0 + s (p - m)/|p - m|, bias b0); restoration: (A_f restored - A_f after) \
              / (A_f before - A_f after) on the same rows",
    origin: Origin::UserData,
    data: TEST,
    shows: "how easily a few examples bring the class back: the features still hold it",
    not_shown: "what the same would do to a model retrained without the class, without which this is no \
                verdict",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let scarce =
        experiment.pair.forgotten.indices().find(|&class| experiment.counts[class] <= MOST_SHOTS as u64);
    if let Some(class) = scarce {
        let rows = experiment.counts[class];
        let class = experiment.describe(class);
        let reason = format!("{class} has {rows} rows: {MOST_SHOTS} shots leave none to judge");
        return Ok(Measured::NotRun(reason));
    }
    let start = Start::of(experiment);
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for class in experiment.pair.forgotten.indices() {
        let mut line = Vec::new();
        for (shots, stratum) in SHOTS {
            let draws = start.draws(experiment, class, shots);
            line.push(percent(average(&draws, |draw| draw.forgotten.value())));
            let rows = Rows {
                forgotten: experiment.counts[class] - shots as u64,
                retained: experiment.retained.len() as u64,
            };
            let figures_of = figures_of(&draws, &rows).into_iter();
            figures.extend(figures_of.map(|it| it.of_class(class).in_stratum(stratum).on(Side::After)));
        }
        lines.push(format!("{} {}", experiment.describe(class), line.join(", ")));
    }
    Ok(Measured::Found {
        summary: format!("restored by 1, 5, 10 labelled embeddings: {}", lines.join("; ")),
        figures,
    })
}

/// How many rows were judged.
struct Rows {
    forgotten: u64,
    retained: u64,
}

/// Means of the draws, and the draws that restored least and most.
fn figures_of(draws: &[Restored], rows: &Rows) -> Vec<Figure> {
    let mean = |quantity, value: fn(&Restored) -> f64, unit, n| {
        Figure::new(quantity, average(draws, value), unit).of(n)
    };
    let unit = "mean rate of 10 draws";
    let mut figures = vec![
        mean("forgotten-accuracy", |draw| draw.forgotten.value(), unit, rows.forgotten),
        mean("retained-accuracy", |draw| draw.retained.value(), unit, rows.retained),
    ];
    let by_hits = |draw: &&Restored| draw.forgotten.hits;
    let (least, most) = (draws.iter().min_by_key(by_hits), draws.iter().max_by_key(by_hits));
    figures.extend(least.map(|draw| selected("least-forgotten-accuracy", draw.forgotten)));
    figures.extend(most.map(|draw| selected("largest-forgotten-accuracy", draw.forgotten)));
    // Where nothing was lost in some draw, there is no mean of what came back.
    if draws.iter().all(|draw| draw.restoration.is_some()) {
        let share = |draw: &Restored| draw.restoration.unwrap_or(0.0);
        figures.push(mean("restoration", share, "mean ratio of 10 draws", rows.forgotten));
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
    fn of(experiment: &Experiment<'_>) -> Self {
        let head = &experiment.pair.after;
        let retained: Vec<usize> = experiment.pair.forgotten.retained().collect();
        let weight = centre(head.width, retained.iter().map(|&class| head.row(class)));
        let lengths: Vec<f64> = retained.iter().map(|&class| distance(head.row(class), &weight)).collect();
        let biases: Vec<f64> = retained.iter().map(|&class| f64::from(head.bias[class])).collect();
        let middle = centre(head.width, experiment.retained.iter().map(|&row| experiment.data.test.row(row)));
        Self { weight, bias: mean(&biases), length: mean(&lengths), middle }
    }

    fn draws(&self, experiment: &Experiment<'_>, class: usize, shots: usize) -> Vec<Restored> {
        (0..REPETITIONS)
            .into_par_iter()
            .map(|repetition| self.restore(experiment, class, shots, repetition))
            .collect()
    }

    fn restore(&self, experiment: &Experiment<'_>, class: usize, shots: usize, repetition: u64) -> Restored {
        let index = class as u64 * REPETITIONS + repetition;
        let rows = shuffled(&experiment.data.test, class, experiment.seed, Purpose::Shots, index);
        let (shots, others) = rows.split_at(shots);
        let prototype = centre(self.weight.len(), shots.iter().map(|&row| experiment.data.test.row(row)));
        let direction: Vec<f64> = prototype.iter().zip(&self.middle).map(|(p, m)| p - m).collect();
        let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        let scale = if norm > 0.0 { self.length / norm } else { 0.0 };
        let weight: Vec<f64> = self.weight.iter().zip(&direction).map(|(w, d)| w + scale * d).collect();
        let scores = experiment.test.scores(Side::After);
        let wins = |row: usize| {
            let embedding = experiment.data.test.row(row).iter().zip(&weight);
            let logit = embedding.map(|(z, w)| f64::from(*z) * w).sum::<f64>() + self.bias;
            logit > scores[row].best_but(class).logit
        };
        let forgotten = Rate::count(others.iter().map(|&row| wins(row)));
        let right = |row: usize| scores[row].best_but(class).class == experiment.data.test.labels[row];
        let retained = Rate::count(experiment.retained.iter().map(|&row| right(row) && !wins(row)));
        let [before, after] =
            Side::BOTH.map(|side| experiment.accuracy(side, others.iter().copied()).value());
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
