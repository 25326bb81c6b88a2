//! Whether the forgotten classes are still recognised.

use super::{
    bounds::upper_bound,
    probe::{Probe, Tally},
    report::{Check, Measurement, Outcome},
};
use crate::classes::Forgotten;

/// Largest share of any stratum's embeddings of the forgotten classes that may still be recognised.
const MOST_RECOGNISED: f64 = 0.005;

/// `sealed` if the slots are claimed to be sealed or gone, so that nothing has to be shown by samples.
pub(super) fn check(probe: &Probe, forgotten: &Forgotten, sealed: bool) -> Check {
    let measurements: Vec<Measurement> = probe
        .strata
        .iter()
        .map(|(stratum, tally)| {
            let rate = tally.recognised as f64 / tally.forgotten.max(1) as f64;
            Measurement::new(format!("recognised in {}", stratum.name()), rate, "rate")
                .of(tally.forgotten)
                .bounded(upper_bound(tally.recognised, tally.forgotten))
                .against(MOST_RECOGNISED)
        })
        .collect();
    let reached = probe.total().reached;
    let (outcome, summary) = match forgotten.indices().find(|class| !reached.contains(class)) {
        Some(class) if !sealed => {
            (Outcome::Failed, format!("nothing shows it: no stratum reached class {class}"))
        }
        _ => verdict(probe),
    };
    Check {
        id: "forget-rate",
        outcome,
        summary,
        measurements,
        data: "synthetic embeddings that the original gives a forgotten class, worst stratum",
        not_shown: "accuracy on real inputs; what the features still encode",
    }
}

/// The worst stratum decides. Where none recognises anything, the first one's bound stands for them: it is filled by
/// quota, while some strata hardly reach some classes.
fn verdict(probe: &Probe) -> (Outcome, String) {
    let rate = |tally: &Tally| tally.recognised as f64 / tally.forgotten as f64;
    let reached: Vec<_> = probe.strata.iter().filter(|(_, tally)| tally.forgotten > 0).collect();
    let Some((stratum, tally)) = reached.iter().max_by(|a, b| rate(&a.1).total_cmp(&rate(&b.1))) else {
        return (Outcome::Informative, "no stratum reached a forgotten class".to_owned());
    };
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let summary = if tally.recognised > 0 {
        let bound = upper_bound(tally.recognised, tally.forgotten);
        let (share, bound, n) = (percent(rate(tally)), percent(bound), tally.forgotten);
        format!("{share} of {n} recognised in the worst stratum, {} (<= {bound}, 95 %)", stratum.name())
    } else {
        let (first, tally) = reached[0];
        let (all, bound) = (probe.total().forgotten, percent(upper_bound(0, tally.forgotten)));
        format!(
            "0 of {all} recognised in {} strata (<= {bound} of {} ones, 95 %)",
            reached.len(),
            first.name()
        )
    };
    (Outcome::of(rate(tally) <= MOST_RECOGNISED), summary)
}
