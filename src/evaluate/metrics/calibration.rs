//! M6: whether confidence means what it says.

use super::{Measured, TEST};
use crate::{
    error::Error,
    evaluate::experiment::Experiment,
    evidence::{Definition, Figure, Origin, Side},
    statistics::mean,
};

/// Bins of equal width.
const BINS: usize = 15;

pub(super) static DEFINITION: Definition = Definition {
    id: "calibration",
    version: 1,
    number: Some("M6"),
    formula: "ECE: sum over 15 bins (lower, upper] of n_b/n |accuracy_b - mean confidence_b|; NLL: mean of \
              -ln p(label); rows of retained classes, softmax over all",
    origin: Origin::UserData,
    data: TEST,
    shows: "whether confidences on retained inputs stay as trustworthy as they were",
    not_shown: "confidence on inputs of the former class",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let n = experiment.retained.len() as u64;
    let errors = Side::BOTH.map(|side| calibration_error(experiment, side));
    let losses = Side::BOTH.map(|side| {
        let scores = experiment.test.scores(side);
        mean(&experiment.retained.iter().map(|&row| -scores[row].log_likelihood).collect::<Vec<_>>())
    });
    let error =
        |side, value| Figure::new("expected-calibration-error", value, "difference of rates").on(side).of(n);
    let loss = |side, value| Figure::new("negative-log-likelihood", value, "nats").on(side).of(n);
    Ok(Measured::Found {
        summary: format!(
            "ECE {:.4}, was {:.4}; NLL {:.4}, was {:.4}",
            errors[1], errors[0], losses[1], losses[0]
        ),
        figures: vec![
            error(Side::Before, errors[0]),
            error(Side::After, errors[1]),
            loss(Side::Before, losses[0]),
            loss(Side::After, losses[1]),
        ],
    })
}

fn calibration_error(experiment: &Experiment<'_>, side: Side) -> f64 {
    let scores = experiment.test.scores(side);
    // Per bin: what is missing to the rows' confidence, added up.
    let mut gaps = [0.0_f64; BINS];
    for &row in &experiment.retained {
        let right = scores[row].top.class == experiment.data.test.labels[row];
        let bin = (scores[row].confidence * BINS as f64).ceil() as usize;
        gaps[bin.clamp(1, BINS) - 1] += f64::from(u8::from(right)) - scores[row].confidence;
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / experiment.retained.len() as f64
}
