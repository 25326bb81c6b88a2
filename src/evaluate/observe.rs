//! What the heads say of every embedding, in double precision; logits are kept for one batch of rows at a
//! time.

use candle_core::Result;
use rayon::prelude::*;

use super::{Labelled, Pair, double_head::DoubleHead};
use crate::{
    classes::Forgotten,
    error::Error,
    evidence::{Change, Side},
    head::LinearHead,
};

/// What both heads say.
pub(super) struct Observed {
    before: Vec<Scores>,
    after: Vec<Scores>,
    /// How far the second is from the first, per row.
    pub(super) divergence: Vec<Divergence>,
}

/// What one head says of one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scores {
    /// The largest logit and the one behind it; of equal ones the first counts as larger.
    pub(super) top: Candidate,
    second: Candidate,
    /// Probability of the top class.
    pub(super) confidence: f64,
    /// Logarithm of the probability of the row's label; minus infinity if its slot was dropped.
    pub(super) log_likelihood: f64,
    /// Entropy of all probabilities, in nats.
    pub(super) entropy: f64,
    /// `-(1 - p_y) ln p_y - sum over the others of p ln(1 - p)`: small where the label is rightly believed.
    pub(super) modified_entropy: f64,
    /// Logit of the label less the largest retained logit.
    pub(super) margin: f64,
    /// `ln p/(1 - p)` of the label; minus infinity if its slot was dropped.
    pub(super) log_odds: f64,
}

/// A class with its logit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) class: usize,
    pub(super) logit: f64,
}

/// `KL(before || after)` of one row, in nats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divergence {
    /// Both softmaxes over the retained classes only.
    pub(super) retained: f64,
    /// Over all classes; infinite if a slot was dropped.
    pub(super) all: f64,
}

impl Observed {
    pub(super) fn scores(&self, side: Side) -> &[Scores] {
        match side {
            Side::After => &self.after,
            Side::Before => &self.before,
        }
    }
}

impl Scores {
    /// The largest logit but for one class.
    pub(super) fn best_but(&self, class: usize) -> Candidate {
        if self.top.class == class { self.second } else { self.top }
    }
}

/// What both heads of a pair say of examples, each of its own embeddings of them.
pub(super) fn observe(pair: &Pair, rows: Change<&Labelled>) -> std::result::Result<Observed, Error> {
    batches(pair, rows).map_err(Error::compute("evaluating"))
}

/// What a single head says of every row.
pub(super) fn said(
    head: &LinearHead,
    data: &Labelled,
    forgotten: &Forgotten,
) -> std::result::Result<Vec<Scores>, Error> {
    let of = || -> Result<Vec<Scores>> {
        let head = DoubleHead::of(head)?;
        let (rows, classes) = (head.batch(), forgotten.classes());
        let mut all = Vec::with_capacity(data.labels.len());
        for (embeddings, labels) in data.embeddings.chunks(rows * data.width).zip(data.labels.chunks(rows)) {
            let logits = head.logits(embeddings)?;
            let rows = logits.par_chunks(classes).zip(labels);
            all.extend(rows.map(|(logits, &label)| scores(logits, label, forgotten)).collect::<Vec<_>>());
        }
        Ok(all)
    };
    of().map_err(Error::compute("evaluating"))
}

fn batches(pair: &Pair, data: Change<&Labelled>) -> Result<Observed> {
    let (before, after) = (DoubleHead::of(&pair.before)?, DoubleHead::of(&pair.after)?);
    let retained: Vec<usize> = pair.forgotten.retained().collect();
    let all: Vec<usize> = (0..pair.before.classes).collect();
    let mut observed = Observed { before: Vec::new(), after: Vec::new(), divergence: Vec::new() };
    let rows = before.batch();
    let embeddings = data.map(|data| data.embeddings.chunks(rows * data.width));
    let both = embeddings.before.zip(embeddings.after).zip(data.before.labels.chunks(rows));
    for ((own, other), labels) in both {
        let (before, after) = (before.logits(own)?, after.logits(other)?);
        let score = |logits: &[f64]| -> Vec<Scores> {
            let rows = logits.par_chunks(all.len()).zip(labels);
            rows.map(|(logits, &label)| scores(logits, label, &pair.forgotten)).collect()
        };
        observed.before.extend(score(&before));
        observed.after.extend(score(&after));
        let pairs = before.par_chunks(all.len()).zip(after.par_chunks(all.len()));
        let apart = pairs.map(|(before, after)| Divergence {
            retained: divergence(before, after, &retained),
            all: divergence(before, after, &all),
        });
        observed.divergence.extend(apart.collect::<Vec<_>>());
    }
    Ok(observed)
}

fn scores(logits: &[f64], label: usize, forgotten: &Forgotten) -> Scores {
    let nothing = Candidate { class: 0, logit: f64::NEG_INFINITY };
    let (mut top, mut second) = (nothing, nothing);
    for (class, &logit) in logits.iter().enumerate() {
        if class == 0 || logit > top.logit {
            (second, top) = (top, Candidate { class, logit });
        } else if class == 1 || logit > second.logit {
            second = Candidate { class, logit };
        }
    }
    let sum = log_sum(logits.iter().copied(), top.logit);
    let best = forgotten.retained().map(|class| logits[class]).fold(f64::NEG_INFINITY, f64::max);
    let probabilities: Vec<f64> = logits.iter().map(|logit| (logit - sum).exp()).collect();
    let entropy = |(&p, &logit): (&f64, &f64)| if p > 0.0 { p * (sum - logit) } else { 0.0 };
    Scores {
        top,
        second,
        confidence: probabilities[top.class],
        log_likelihood: logits[label] - sum,
        entropy: probabilities.iter().zip(logits).map(entropy).sum(),
        modified_entropy: modified_entropy(&probabilities, label, logits[label] - sum),
        margin: logits[label] - best,
        log_odds: log_odds(logits, label),
    }
}

/// The label's logit less the logarithm of what the others sum up to, which is exact close to certainty, too.
fn log_odds(logits: &[f64], label: usize) -> f64 {
    let others = || logits.iter().enumerate().filter(|(class, _)| *class != label).map(|(_, &logit)| logit);
    let largest = others().fold(f64::NEG_INFINITY, f64::max);
    logits[label] - log_sum(others(), largest)
}

fn modified_entropy(probabilities: &[f64], label: usize, log_likelihood: f64) -> f64 {
    let rest = |class: usize| -> f64 {
        let others = probabilities.iter().enumerate().filter(|(other, _)| *other != class);
        others.map(|(_, p)| p).sum()
    };
    let term = |(class, &p): (usize, &f64)| match class {
        _ if class == label => {
            let missing = rest(class);
            if missing > 0.0 { -missing * log_likelihood } else { 0.0 }
        }
        _ if p == 0.0 => 0.0,
        // Close to 1 the difference to it is what the others sum up to, and nothing else is exact.
        _ if p > 0.5 => -p * rest(class).ln(),
        _ => -p * (-p).ln_1p(),
    };
    probabilities.iter().enumerate().map(term).sum()
}

/// `KL(before || after)` with both softmaxes over some classes only.
fn divergence(before: &[f64], after: &[f64], classes: &[usize]) -> f64 {
    let sum = |logits: &[f64]| {
        let largest = classes.iter().map(|&class| logits[class]).fold(f64::NEG_INFINITY, f64::max);
        log_sum(classes.iter().map(|&class| logits[class]), largest)
    };
    let (before_sum, after_sum) = (sum(before), sum(after));
    let term = |&class: &usize| {
        let (p, q) = (before[class] - before_sum, after[class] - after_sum);
        let weight = p.exp();
        if weight > 0.0 { weight * (p - q) } else { 0.0 }
    };
    classes.iter().map(term).sum::<f64>().max(0.0)
}

/// `ln Σ exp(x)`, given the largest `x`.
fn log_sum(values: impl Iterator<Item = f64>, largest: f64) -> f64 {
    largest + values.map(|value| (value - largest).exp()).sum::<f64>().ln()
}
