//! M17, with what one model gives of LiRA: a likelihood ratio of two Gaussians, by class and not by example.

use super::{
    Measured,
    membership::{FALSE_POSITIVES, groups},
};
use crate::{
    error::Error,
    evaluate::{experiment::Experiment, figures::selected, observe::Scores},
    evidence::{Definition, Figure, Origin, Side},
    statistics::separation,
};

/// Members, and others, that a class must have: half of them are fitted.
const LEAST: usize = 16;
/// Variance below which all are taken for equal.
const VARIANCE: f64 = 1e-12;

pub(super) static DEFINITION: Definition = Definition {
    id: "membership-likelihood",
    version: 1,
    number: Some("M17"),
    formula: "ln p/(1 - p) of the label; per class a Gaussian of the members and one of the others, fitted on every other \
              row; score of the rest: difference of their log likelihoods; as many members as non-members of each class, 16 \
              or more; AUC (ties half), TPR at the best threshold with FPR <= 1 %; chance: AUC 0.5, TPR 0.01",
    origin: Origin::UserData,
    data: "as many of the user's training as of the test embeddings, class by class",
    shows: "whether an attacker who knows how members and others of each class usually score tells them apart",
    not_shown: "LiRA itself, which fits both Gaussians for every single example on many models trained with and without \
                it: with one model there are none, and that attack may find more",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let (Some(groups), Some(train)) = (groups(experiment), &experiment.train) else {
        return Ok(Measured::NotRun("it needs training embeddings".into()));
    };
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for group in &groups {
        let mut areas = Vec::new();
        for side in Side::BOTH {
            let scores = (train.scores(side), experiment.test.scores(side));
            let (members, others) = ratios(experiment, (&group.members, &group.others), scores);
            if members.is_empty() {
                continue;
            }
            let found = separation(&members, &others, FALSE_POSITIVES);
            let area = Figure::new(group.area, found.area, "area").of((members.len() + others.len()) as u64);
            figures.extend([area, selected(group.found, found.found)].map(|figure| figure.on(side)));
            areas.push(match side {
                Side::Before => format!("was {:.3}", found.area),
                Side::After => format!("{:.3}", found.area),
            });
        }
        if !areas.is_empty() {
            areas.reverse();
            lines.push(format!("{} {}", group.name, areas.join(", ")));
        }
    }
    if figures.is_empty() {
        return Ok(Measured::NotRun(format!("no class has {LEAST} training and {LEAST} test rows")));
    }
    Ok(Measured::Found { summary: format!("AUC (chance 0.5): {}", lines.join("; ")), figures })
}

/// Log likelihood ratios of the members and of the others, over all classes of a group that have enough of both, and
/// whose labels have a probability at all.
fn ratios(
    experiment: &Experiment<'_>,
    (members, others): (&[usize], &[usize]),
    (train, test): (&[Scores], &[Scores]),
) -> (Vec<f64>, Vec<f64>) {
    let Some(data) = &experiment.data.train else { return (Vec::new(), Vec::new()) };
    let mut ratios = (Vec::new(), Vec::new());
    for class in 0..experiment.counts.len() {
        let odds = |rows: &[usize], labels: &[usize], scores: &[Scores]| -> Vec<f64> {
            let mut rows: Vec<usize> = rows.iter().copied().filter(|row| labels[*row] == class).collect();
            rows.sort_unstable();
            rows.into_iter().map(|row| scores[row].log_odds).collect()
        };
        let members = odds(members, &data.labels, train);
        let others = odds(others, &experiment.data.test.labels, test);
        let is_finite = members.iter().chain(&others).all(|odds| odds.is_finite());
        if members.len() < LEAST || others.len() < LEAST || !is_finite {
            continue;
        }
        let fitted = [&members, &others].map(|odds| Gaussian::of(odds.iter().step_by(2)));
        let ratio = |x: &f64| fitted[0].log_density(*x) - fitted[1].log_density(*x);
        ratios.0.extend(members.iter().skip(1).step_by(2).map(ratio));
        ratios.1.extend(others.iter().skip(1).step_by(2).map(ratio));
    }
    ratios
}

/// How numbers are spread.
struct Gaussian {
    mean: f64,
    variance: f64,
}

impl Gaussian {
    fn of<'a>(values: impl Iterator<Item = &'a f64> + Clone) -> Self {
        let n = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        Self { mean, variance: variance.max(VARIANCE) }
    }

    /// Up to a constant.
    fn log_density(&self, value: f64) -> f64 {
        -((value - self.mean).powi(2) / self.variance + self.variance.ln()) / 2.0
    }
}
