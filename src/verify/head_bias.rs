//! How plainly the biases alone tell which class was removed.
//!
//! With `F` the forgotten and `R` the retained classes and `σ` the logistic function:
//!
//! - bias score `1 / (1 + |mean b_F - mean b_R|)`: 1 where the biases tell nothing, near 0 where they are far apart;
//! - gap of the median `σ(median b_F - min b_R)` and of the least `σ(min b_F - min b_R)`: below 1/2 if the forgotten biases lie
//!   below every retained one.
//!
//! They are the scores BSC, MBG and MBS of arXiv:2605.08730, with the signs of its code. What share of the
//! change is due to the bias follows from the margin to the mean retained logit,
//! `m(z) = (w_f - mean w_R)·z + (b_f - mean b_R)`: with `Δ` the difference between candidate and original,
//! `|Δb| / (|Δb| + |Δw·mean z|)`, the mean over embeddings that the original gives `f`.

use super::sample::Sample;
use crate::{
    classes::Forgotten,
    evidence::{Change, Check, Definition, Figure, Origin, Outcome, Side},
    head::{LinearHead, Slot},
    removal::Removal,
    statistics::{mean, quantile},
};

pub(super) static DEFINITION: Definition = Definition {
    id: "head-bias",
    version: 1,
    number: None,
    formula: "score 1 / (1 + |mean b_F - mean b_R|); gaps sigma(median b_F - min b_R) and sigma(min b_F - \
              min b_R), below 1/2 where the forgotten biases lie below every retained one; share of the bias \
              |db| / (|db| + |dw mean z|) in the change of the margin to the mean retained logit",
    origin: Origin::Synthetic,
    data: "biases as stored; shares on gaussian synthetic embeddings that the original gives the class",
    shows: "how plainly the biases alone tell which class was removed",
    not_shown: "a defect: a kept slot tells an auditor which class was removed, by design",
};

pub(super) fn check(heads: &Change<LinearHead>, sample: &Sample, removal: &Removal) -> Check {
    let Change { before: original, after: candidate } = heads;
    let (summary, figures) = match removal.slot() {
        Slot::Drop => ("does not apply: the slots are gone".to_owned(), Vec::new()),
        Slot::Keep if !candidate.has_bias => ("does not apply: the head has no bias".to_owned(), Vec::new()),
        Slot::Keep => {
            let scores = Scores::of(candidate, removal.forgotten());
            let shares = shares(heads, sample, removal.forgotten());
            (scores.summary(&Scores::of(original, removal.forgotten()), &shares), scores.figures(&shares))
        }
    };
    Check { definition: &DEFINITION, outcome: Outcome::Informative, summary, figures }
}

/// What the biases of a head tell.
struct Scores {
    /// Mean of the forgotten less mean of the retained biases.
    difference: f64,
    score: f64,
    median_gap: f64,
    least_gap: f64,
    /// Whether every forgotten bias lies below all retained ones.
    lowest: bool,
}

impl Scores {
    fn of(head: &LinearHead, classes: &Forgotten) -> Self {
        let bias = |class: usize| f64::from(head.bias[class]);
        let forgotten: Vec<f64> = classes.indices().map(bias).collect();
        let retained: Vec<f64> = classes.retained().map(bias).collect();
        let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        let difference = mean(&forgotten) - mean(&retained);
        Self {
            difference,
            score: 1.0 / (1.0 + difference.abs()),
            median_gap: logistic(quantile(&forgotten, 0.5) - least(&retained)),
            least_gap: logistic(least(&forgotten) - least(&retained)),
            lowest: forgotten.iter().all(|&own| own < least(&retained)),
        }
    }

    fn summary(&self, before: &Self, shares: &[Share]) -> String {
        let verdict = match (self.lowest, before.lowest) {
            (true, _) => "anyone who reads the biases sees which classes were removed, as is intended",
            (false, true) => "the biases no longer tell",
            (false, false) => "the biases alone do not tell which slots were emptied",
        };
        let share = shares.iter().map(|found| found.share).fold(f64::NAN, f64::max);
        let due = if share.is_nan() {
            String::new()
        } else {
            format!(", {:.0} % of the lost margin is the bias", 100.0 * share)
        };
        format!(
            "{verdict}: {:+.2} nats against the mean, originally {:+.2}{due}",
            self.difference, before.difference
        )
    }

    fn figures(&self, shares: &[Share]) -> Vec<Figure> {
        let mut figures = vec![
            Figure::new("mean-bias-difference", self.difference, "nats").on(Side::After),
            Figure::new("bias-score", self.score, "score").on(Side::After),
            Figure::new("median-bias-gap", self.median_gap, "score").on(Side::After).against(0.5),
            Figure::new("least-bias-gap", self.least_gap, "score").on(Side::After).against(0.5),
        ];
        figures.extend(shares.iter().map(|found| {
            let figure = Figure::new("bias-share-of-lost-margin", found.share, "share");
            figure.of_class(found.class).of(found.n as u64)
        }));
        figures
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What part of a forgotten class's lost margin is due to the bias.
struct Share {
    class: usize,
    /// Embeddings of the class in the sample.
    n: usize,
    share: f64,
}

/// That of every forgotten class that the sample reaches.
fn shares(heads: &Change<LinearHead>, sample: &Sample, forgotten: &Forgotten) -> Vec<Share> {
    let Change { before: original, after: candidate } = heads;
    let before = original.mean(forgotten.retained());
    let after = candidate.mean(forgotten.retained());
    let share = |class: usize| {
        let embeddings = sample.gaussian_of(class);
        let n = embeddings.len();
        let mut centre = vec![0.0f64; original.width];
        for row in embeddings.values.chunks_exact(original.width) {
            centre.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x) / n as f64);
        }
        let part = |head: &LinearHead, mean: &[f64]| -> f64 {
            let gaps = head.row(class).iter().zip(mean).map(|(&w, m)| f64::from(w) - m);
            gaps.zip(&centre).map(|(gap, z)| gap * z).sum()
        };
        let weights = (part(candidate, &after.0) - part(original, &before.0)).abs();
        let level = |head: &LinearHead, mean: f64| f64::from(head.bias[class]) - mean;
        let bias = (level(candidate, after.1) - level(original, before.1)).abs();
        (n > 0 && bias + weights > 0.0).then(|| Share { class, n, share: bias / (bias + weights) })
    };
    forgotten.indices().filter_map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of numpy: `b = [-2, 1, 0.5, 3]`, classes 0 and 3 forgotten; then classes 0 only.
    #[test]
    fn scores_follow_their_formulas() {
        let head = LinearHead {
            classes: 4,
            width: 1,
            weight: vec![0.0; 4],
            bias: vec![-2.0, 1.0, 0.5, 3.0],
            has_bias: true,
        };
        let scores = |named: &[&str]| {
            let forgotten = Forgotten::resolve(named, 4, None).unwrap();
            let found = Scores::of(&head, &forgotten);
            (found.score, found.median_gap, found.least_gap, found.lowest)
        };
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-8, "{a} {b}");
        let two = scores(&["0", "3"]);
        near(two.0, 0.8);
        near(two.1, 0.5);
        near(two.2, 0.075_858_18);
        assert!(!two.3 && scores(&["0"]).3);
        near(scores(&["0"]).0, 1.0 / 4.5);
    }
}
