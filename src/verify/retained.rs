//! What became of the retained classes.

use super::{
    probe::{Probe, Tally},
    report::{Check, Evidence, Measurement, Outcome},
};
use crate::{
    classes::{Labels, describe},
    methods::Kind,
    removal::Removal,
    statistics::lower_bound,
};

/// Least share of retained embeddings that keep their class, over all classes and for the worst one.
const LEAST_AGREEMENT: f64 = 0.93;
const LEAST_WORST_CLASS: f64 = 0.85;
/// Fewest embeddings of a class that tell how it fares.
const ENOUGH: u64 = 20;
/// Largest mean divergence, in nats.
const MOST_DIVERGENCE: f64 = 0.1;

pub(super) fn agreement(probe: &Probe, labels: Option<&Labels>) -> Check {
    let total = probe.total();
    let (n, same) = sum(&total);
    let rate = same as f64 / n.max(1) as f64;
    let mut measurements = vec![Measurement::new("agreement", rate, "rate").of(n).against(LEAST_AGREEMENT)];
    for (stratum, tally) in &probe.strata {
        let (n, same) = sum(tally);
        let rate = same as f64 / n.max(1) as f64;
        let name = format!("agreement in {}", stratum.name());
        measurements.push(Measurement::new(name, rate, "rate").of(n).bounded(lower_bound(same, n)));
    }
    let worst = (0..total.retained.len())
        .filter(|&class| total.retained[class].0 >= ENOUGH)
        .map(|class| (total.retained[class].1 as f64 / total.retained[class].0 as f64, class))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let mut summary = match n {
        0 => "no stratum reached a retained class".to_owned(),
        _ => format!("{:.2} % keep their class", 100.0 * rate),
    };
    let mut holds = rate >= LEAST_AGREEMENT;
    if let Some((worst, class)) = worst {
        let (n, _) = total.retained[class];
        let name = format!("worst class {}", describe(class, labels));
        summary += &format!(" ({name}: {:.2} %)", 100.0 * worst);
        measurements.push(Measurement::new(name, worst, "rate").of(n).against(LEAST_WORST_CLASS));
        holds &= worst >= LEAST_WORST_CLASS;
    }
    Check {
        id: "retained-agreement",
        outcome: if n == 0 { Outcome::Failed } else { Outcome::of(holds) },
        summary,
        measurements,
        evidence: Evidence::Synthetic,
        data: "synthetic embeddings that the original gives a retained class; figures over all strata and of the worst class have \
               no bound, for strata share draws and the worst is selected",
        not_shown: "accuracy on real inputs",
    }
}

pub(super) fn divergence(probe: &Probe) -> Check {
    let mut nats = probe.total().divergence;
    nats.sort_by(f32::total_cmp);
    let n = nats.len();
    let mean = nats.iter().map(|&x| f64::from(x)).sum::<f64>() / n.max(1) as f64;
    let p99 = nats.get((n * 99 / 100).min(n.saturating_sub(1))).map_or(0.0, |&x| f64::from(x));
    Check {
        id: "retained-divergence",
        outcome: Outcome::of(mean <= MOST_DIVERGENCE),
        summary: format!("mean {mean:.2e} nats, 99th percentile {p99:.2e}"),
        measurements: vec![
            Measurement::new("mean", mean, "nats").of(n as u64).against(MOST_DIVERGENCE),
            Measurement::new("99th percentile", p99, "nats").of(n as u64),
        ],
        evidence: Evidence::Synthetic,
        data: "synthetic embeddings that the original gives a retained class, all strata; both softmaxes over the \
               retained classes",
        not_shown: "calibration on real inputs",
    }
}

/// How far the retained logits moved: on the samples, and whether their weights moved at all, which the seal alone may not do.
pub(super) fn logits(probe: &Probe, moved: &[usize], removal: &Removal) -> Check {
    let (forgotten, moved) = (removal.forgotten(), moved.len());
    let total = probe.total();
    let change = f64::from(total.logit_change);
    let all = forgotten.retained().count();
    // The seal alone has no business with them.
    let may_move = !matches!(removal.method().kind, Kind::SealOnly);
    let summary = match moved {
        0 => format!(
            "all {all} retained rows are bit-identical: retained logits are unchanged for every input"
        ),
        _ => format!("{moved} of {all} retained rows moved; largest change of a retained logit {change:.3}"),
    };
    Check {
        id: "retained-logits",
        outcome: if may_move { Outcome::Informative } else { Outcome::of(moved == 0) },
        summary,
        measurements: vec![
            Measurement::new("retained rows moved", moved as f64, "rows").of(all as u64),
            Measurement::new("largest change", if moved == 0 { 0.0 } else { change }, "logit")
                .of(sum(&total).0),
        ],
        evidence: Evidence::Synthetic,
        data: "weights as stored; logits recomputed from both files on synthetic embeddings",
        not_shown: "whether a change of a logit matters",
    }
}

fn sum(tally: &Tally) -> (u64, u64) {
    tally.retained.iter().fold((0, 0), |(n, same), &(a, b)| (n + a, same + b))
}
