//! M11, restoration R3: features pushed towards the class.
//!
//! For a forgotten class `f`: `d` is the direction from the mean embedding of the rows of retained classes to that of
//! the rows of `f`, of length one, and `s` the standard deviation of the retained rows along it. What is judged is
//! `z + a s d` for the class's own rows `z`, so that logits move by `a s W d`.

use rayon::prelude::*;

use super::{Measured, TEST, percent};
use crate::{
    error::Error,
    evaluate::{double_head::DoubleHead, experiment::Experiment, figures::same_rows},
    evidence::{Definition, Figure, Origin, Side},
    statistics::Rate,
};

/// How far is pushed, in standard deviations, and the name that such figures have.
const PUSHES: [(f64, &str); 3] = [(1.0, "1-sigma"), (5.0, "5-sigma"), (10.0, "10-sigma")];

pub(super) static DEFINITION: Definition = Definition {
    id: "steering",
    version: 1,
    number: Some("M11-R3"),
    formula: "share of a forgotten class's rows z whose top class it is at z + a s d: d leads from the mean retained \
              row to the mean row of the class, of length 1; s is the standard deviation of retained rows along d; a is \
              1, 5, 10; restoration: (share after - A_f after) / (A_f before - A_f after)",
    origin: Origin::UserData,
    data: TEST,
    shows: "whether a push of the features towards the class brings its answer back",
    not_shown: "pushes along other directions or in front of the embedding; a sealed slot answers to none by proof, which \
                says nothing of the features",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for class in experiment.pair.forgotten.indices().filter(|&class| experiment.counts[class] > 0) {
        let rows: Vec<usize> = experiment.rows_of(class).collect();
        let Some(push) = Push::of(experiment, &rows) else { continue };
        let rates = Side::BOTH.map(|side| push.recognised(experiment, class, &rows, side));
        let [before, after] = rates;
        let (before, after) = (before?, after?);
        let [was, is] = Side::BOTH.map(|side| experiment.accuracy(side, rows.iter().copied()).value());
        for (at, (_, stratum)) in PUSHES.iter().enumerate() {
            let rate =
                |rate, side| same_rows("recognised", rate).in_stratum(*stratum).on(side).of_class(class);
            figures.push(rate(before[at], Side::Before));
            figures.push(rate(after[at], Side::After));
            if was > is {
                let share = (after[at].value() - is) / (was - is);
                let share = Figure::new("restoration", share, "ratio").of(rows.len() as u64);
                figures.push(share.in_stratum(*stratum).on(Side::After).of_class(class));
            }
        }
        let shares: Vec<String> = after.iter().map(|rate| percent(rate.value())).collect();
        lines.push(format!("{} {}", experiment.describe(class), shares.join(", ")));
    }
    if figures.is_empty() {
        let reason = "it needs retained rows, and removed ones that do not lie where these do";
        return Ok(Measured::NotRun(reason.into()));
    }
    Ok(Measured::Found {
        summary: format!("restored by pushes of 1, 5, 10 deviations: {}", lines.join("; ")),
        figures,
    })
}

/// A direction with the length of one standard deviation.
struct Push(Vec<f64>);

impl Push {
    /// None if there is no direction, or no deviation along it.
    fn of(experiment: &Experiment<'_>, rows: &[usize]) -> Option<Self> {
        let data = &experiment.data.test;
        let middle = mean_row(experiment, &experiment.retained);
        let mut direction = mean_row(experiment, rows);
        direction.iter_mut().zip(&middle).for_each(|(to, from)| *to -= from);
        let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        direction.iter_mut().for_each(|x| *x /= norm);
        let along = |row: &usize| -> f64 {
            let apart = data.row(*row).iter().zip(&middle).map(|(&z, m)| f64::from(z) - m);
            apart.zip(&direction).map(|(z, d)| z * d).sum()
        };
        let squares: f64 =
            experiment.retained.par_iter().map(|row| along(row).powi(2)).collect::<Vec<_>>().iter().sum();
        let deviation = (squares / experiment.retained.len() as f64).sqrt();
        let push: Vec<f64> = direction.iter().map(|x| x * deviation).collect();
        (norm > 0.0 && deviation > 0.0 && push.iter().all(|x| x.is_finite())).then_some(Self(push))
    }

    /// How many of a class's rows have it as their top class after each push.
    fn recognised(
        &self,
        experiment: &Experiment<'_>,
        class: usize,
        rows: &[usize],
        side: Side,
    ) -> Result<[Rate; PUSHES.len()], Error> {
        let (pair, data) = (experiment.pair, &experiment.data.test);
        let head = if side == Side::Before { &pair.before } else { &pair.after };
        let shift: Vec<f64> = (0..head.classes)
            .map(|class| head.row(class).iter().zip(&self.0).map(|(&w, d)| f64::from(w) * d).sum())
            .collect();
        let mut rates = [Rate::default(); PUSHES.len()];
        let head = DoubleHead::of(head).map_err(Error::compute("evaluating"))?;
        for batch in rows.chunks(head.batch()) {
            let embeddings: Vec<f32> = batch.iter().flat_map(|&row| data.row(row)).copied().collect();
            let logits = head.logits(&embeddings).map_err(Error::compute("evaluating"))?;
            for logits in logits.chunks(shift.len()) {
                for (rate, (push, _)) in rates.iter_mut().zip(PUSHES) {
                    let pushed = |other: usize| logits[other] + push * shift[other];
                    // Of equal ones the first is the answer.
                    let own = pushed(class);
                    let wins =
                        |other: usize| if other < class { own > pushed(other) } else { own >= pushed(other) };
                    let is_top = (0..shift.len()).filter(|other| *other != class).all(wins);
                    *rate = Rate { hits: rate.hits + u64::from(is_top), n: rate.n + 1 };
                }
            }
        }
        Ok(rates)
    }
}

fn mean_row(experiment: &Experiment<'_>, rows: &[usize]) -> Vec<f64> {
    let data = &experiment.data.test;
    let mut sum = vec![0.0; data.width];
    for &row in rows {
        sum.iter_mut().zip(data.row(row)).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    sum.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f64);
    sum
}
