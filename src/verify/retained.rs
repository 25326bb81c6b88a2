//! What became of the retained classes.

use super::behaviour::{Behaviour, Tally};
use crate::{
    classes::{Labels, describe},
    evidence::{
        BoundSide, Check, Definition, Figure, Origin, Outcome,
        thresholds::{ENOUGH, RETAINED_AGREEMENT, RETAINED_DIVERGENCE, WORST_CLASS_AGREEMENT},
    },
    methods::Kind,
    removal::Removal,
    statistics::lower_bound,
};

pub(super) static AGREEMENT: Definition = Definition {
    id: "retained-agreement",
    version: 1,
    number: None,
    formula: "share of the embeddings that the original gives a retained class and the candidate gives the \
              same one; >= 0.93 over all strata, >= 0.85 for the worst class of those with at least 20 \
              embeddings; bound of Clopper and Pearson",
    origin: Origin::Synthetic,
    data: "synthetic embeddings that the original gives a retained class; figures over all strata and of the \
           worst class have no bound, for strata share draws and the worst is selected",
    shows: "that the other classes are still told apart as before",
    not_shown: "accuracy on real inputs",
};

pub(super) static DIVERGENCE: Definition = Definition {
    id: "retained-divergence",
    version: 1,
    number: None,
    formula: "KL(before || after) of each embedding; mean <= 0.1",
    origin: Origin::Synthetic,
    data: "synthetic embeddings that the original gives a retained class, all strata; both softmaxes over \
           the retained classes",
    shows: "how like the original's the probabilities of the retained classes are",
    not_shown: "calibration on real inputs",
};

pub(super) static LOGITS: Definition = Definition {
    id: "retained-logits",
    version: 1,
    number: None,
    formula: "retained rows and biases that differ in any bit of what is stored, none where only the seal \
              was applied; largest |logit after - logit before| of any retained class",
    origin: Origin::Synthetic,
    data: "weights as stored; logits recomputed from both files on synthetic embeddings",
    shows: "whether the outputs of the other classes are computed as before",
    not_shown: "whether a change of a logit matters",
};

pub(super) fn agreement(behaviour: &Behaviour, labels: Option<&Labels>) -> Check {
    let total = behaviour.total();
    let (n, same) = sum(&total);
    let rate = same as f64 / n.max(1) as f64;
    let mut figures = vec![Figure::new("agreement", rate, "rate").of(n).against(RETAINED_AGREEMENT)];
    for (stratum, tally) in &behaviour.strata {
        let (n, same) = sum(tally);
        let rate = same as f64 / n.max(1) as f64;
        let figure = Figure::new("agreement", rate, "rate").in_stratum(stratum.name()).of(n);
        figures.push(figure.bounded(BoundSide::AtLeast, lower_bound(same, n)));
    }
    let worst = (0..total.retained.len())
        .filter(|&class| total.retained[class].0 >= ENOUGH)
        .map(|class| (total.retained[class].1 as f64 / total.retained[class].0 as f64, class))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let mut summary = match n {
        0 => "no stratum reached a retained class".to_owned(),
        _ => format!("{:.2} % of synthetic embeddings keep their class", 100.0 * rate),
    };
    let mut holds = rate >= RETAINED_AGREEMENT;
    if let Some((worst, class)) = worst {
        let (n, _) = total.retained[class];
        summary += &format!(" (worst class {}: {:.2} %)", describe(class, labels), 100.0 * worst);
        let figure = Figure::new("worst-class-agreement", worst, "rate").of_class(class).of(n);
        figures.push(figure.against(WORST_CLASS_AGREEMENT));
        holds &= worst >= WORST_CLASS_AGREEMENT;
    }
    if !holds {
        let (all, each) = (100.0 * RETAINED_AGREEMENT, 100.0 * WORST_CLASS_AGREEMENT);
        summary += &format!("; required: at least {all:.0} % overall and {each:.0} % for every class");
    }
    Check {
        definition: &AGREEMENT,
        outcome: if n == 0 { Outcome::Failed } else { Outcome::of(holds) },
        summary,
        figures,
    }
}

pub(super) fn divergence(behaviour: &Behaviour) -> Check {
    let mut nats = behaviour.total().divergence;
    nats.sort_by(f32::total_cmp);
    let n = nats.len();
    let mean = nats.iter().map(|&x| f64::from(x)).sum::<f64>() / n.max(1) as f64;
    let p99 = nats.get((n * 99 / 100).min(n.saturating_sub(1))).map_or(0.0, |&x| f64::from(x));
    Check {
        definition: &DIVERGENCE,
        outcome: Outcome::of(mean <= RETAINED_DIVERGENCE),
        summary: format!("mean {mean:.2e} nats, 99th percentile {p99:.2e}"),
        figures: vec![
            Figure::new("mean-divergence", mean, "nats").of(n as u64).against(RETAINED_DIVERGENCE),
            Figure::new("p99-divergence", p99, "nats").of(n as u64),
        ],
    }
}

/// How far the retained logits moved: on the samples, and whether their weights moved at all, which the seal
/// alone may not do.
pub(super) fn logits(behaviour: &Behaviour, moved: &[usize], removal: &Removal) -> Check {
    let (forgotten, moved) = (removal.forgotten(), moved.len());
    let total = behaviour.total();
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
        definition: &LOGITS,
        outcome: if may_move { Outcome::Informative } else { Outcome::of(moved == 0) },
        summary,
        figures: vec![
            Figure::new("rows-moved", moved as f64, "rows").of(all as u64),
            Figure::new("largest-logit-change", if moved == 0 { 0.0 } else { change }, "logit")
                .of(sum(&total).0),
        ],
    }
}

fn sum(tally: &Tally) -> (u64, u64) {
    tally.retained.iter().fold((0, 0), |(n, same), &(a, b)| (n + a, same + b))
}
