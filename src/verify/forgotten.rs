//! Whether the forgotten classes are still recognised.

use super::{
    bounds::upper_bound,
    probe::Probe,
    report::{Check, Measurement, Outcome},
};

/// Largest share of any stratum's embeddings of the forgotten classes that may still be recognised.
const MOST_RECOGNISED: f64 = 0.005;

pub(super) fn check(probe: &Probe) -> Check {
    let reached = || probe.strata.iter().filter(|(_, tally)| tally.forgotten > 0);
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
    let worst = reached()
        .map(|(stratum, tally)| (tally.recognised as f64 / tally.forgotten as f64, tally.forgotten, stratum, tally))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let (outcome, summary) = match worst {
        None => (Outcome::Informative, "no stratum reached a forgotten class".to_owned()),
        Some((rate, n, stratum, tally)) => {
            let bound = upper_bound(tally.recognised, n);
            let place = if rate > 0.0 { format!(" in stratum {}", stratum.name()) } else { String::new() };
            let text = format!("{:.1} % of {n} recognised{place} (<= {:.1} %, 95 %)", 100.0 * rate, 100.0 * bound);
            (Outcome::of(rate <= MOST_RECOGNISED), text)
        }
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
