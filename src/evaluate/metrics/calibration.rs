//! M6: whether confidence means what it says.

use super::USER_TEST;
use crate::{
    evaluate::{
        case::{Case, When},
        report::{Definition, Figure, Metric},
    },
    statistics::mean,
};

/// Bins of equal width.
const BINS: usize = 15;

pub(super) const DEFINITION: Definition = Definition {
    id: "calibration",
    number: "M6",
    formula: "ECE: sum over 15 bins (lower, upper] of n_b/n |accuracy_b - mean confidence_b|; NLL: mean of \
             -ln p(label); rows of retained classes, softmax over all",
    shows: "whether confidences on retained inputs stay as trustworthy as they were",
    not_shown: "confidence on inputs of the former class",
};

pub(super) fn measure(case: &Case<'_>) -> Metric {
    let n = case.retained.len();
    let errors = When::BOTH.map(|when| calibration_error(case, when));
    let losses = When::BOTH.map(|when| {
        let scores = case.test.scores(when);
        mean(&case.retained.iter().map(|&row| -scores[row].log_likelihood).collect::<Vec<_>>())
    });
    let figure =
        |name: &str, when: When, value, unit| Figure::new(format!("{name} {}", when.name()), value, unit, n);
    Metric {
        definition: &DEFINITION,
        summary: format!(
            "ECE {:.4}, was {:.4}; NLL {:.4}, was {:.4}",
            errors[1], errors[0], losses[1], losses[0]
        ),
        data: USER_TEST,
        seed: None,
        figures: vec![
            figure("ECE", When::Before, errors[0], "difference of rates"),
            figure("ECE", When::After, errors[1], "difference of rates"),
            figure("NLL", When::Before, losses[0], "nats"),
            figure("NLL", When::After, losses[1], "nats"),
        ],
    }
}

fn calibration_error(case: &Case<'_>, when: When) -> f64 {
    let scores = case.test.scores(when);
    // Per bin: what is missing to the rows' confidence, added up.
    let mut gaps = [0.0_f64; BINS];
    for &row in &case.retained {
        let right = scores[row].top.class == case.data.test.labels[row];
        let bin = (scores[row].confidence * BINS as f64).ceil() as usize;
        gaps[bin.clamp(1, BINS) - 1] += f64::from(u8::from(right)) - scores[row].confidence;
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / case.retained.len() as f64
}
