//! Whether the forgotten classes are still recognised.

use super::{
    probe::Probe,
    report::{Check, Evidence, Measurement, Outcome},
};
use crate::{
    classes::{Forgotten, Labels, describe},
    embeddings::Stratum,
    statistics::{upper_bound, upper_bound_among},
};

/// Largest share of any stratum's embeddings of any forgotten class that may still be recognised.
const MOST_RECOGNISED: f64 = 0.005;

/// `sealed` if the slots are claimed to be sealed or gone, so that nothing has to be shown by samples.
pub(super) fn check(probe: &Probe, forgotten: &Forgotten, labels: Option<&Labels>, sealed: bool) -> Check {
    let cells = cells(probe);
    let reached = |class: &usize| cells.iter().any(|cell| cell.class == *class);
    let (outcome, summary) = match forgotten.indices().find(|class| !reached(class)) {
        Some(class) if !sealed => (
            Outcome::Failed,
            format!("nothing shows it: no stratum reached class {}", describe(class, labels)),
        ),
        _ => verdict(&cells, labels),
    };
    let chained = |&(class, made): &(usize, usize)| {
        Measurement::new(format!("draws of class {class} by Markov chains"), made as f64, "embeddings")
    };
    let some = if probe.chained.is_empty() { "" } else { "; rare classes by Markov chains" };
    Check {
        id: "forget-rate",
        outcome,
        summary: summary + some,
        measurements: cells.iter().map(Cell::measurement).chain(probe.chained.iter().map(chained)).collect(),
        evidence: Evidence::Synthetic,
        data: "synthetic embeddings that the original gives a forgotten class, by class and stratum; each bound is of its \
               own rate only, and of draws by Markov chains as far as these forgot where they started",
        not_shown: "accuracy on real inputs; what the features still encode",
    }
}

/// One forgotten class in one stratum that reaches it.
struct Cell {
    stratum: Stratum,
    class: usize,
    count: u64,
    recognised: u64,
}

fn cells(probe: &Probe) -> Vec<Cell> {
    let of_stratum = |(stratum, tally): &(Stratum, super::probe::Tally)| {
        let stratum = *stratum;
        let cell = move |(&class, &(count, recognised)): (&usize, &(u64, u64))| Cell {
            stratum,
            class,
            count,
            recognised,
        };
        tally.forgotten.iter().map(cell).collect::<Vec<_>>()
    };
    probe.strata.iter().flat_map(of_stratum).collect()
}

impl Cell {
    fn rate(&self) -> f64 {
        self.recognised as f64 / self.count as f64
    }

    fn measurement(&self) -> Measurement {
        let name = format!("class {} recognised in {}", self.class, self.stratum.name());
        Measurement::new(name, self.rate(), "rate")
            .of(self.count)
            .bounded(upper_bound(self.recognised, self.count))
            .against(MOST_RECOGNISED)
    }
}

/// The worst class and stratum decide. Where none recognises anything, the bound of the Gaussian stratum stands for them:
/// it is filled by quota, while others hardly reach some classes.
fn verdict(cells: &[Cell], labels: Option<&Labels>) -> (Outcome, String) {
    let Some(worst) = cells.iter().max_by(|a, b| a.rate().total_cmp(&b.rate())) else {
        return (Outcome::Informative, "no stratum reached a forgotten class".to_owned());
    };
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let summary = if worst.recognised > 0 {
        let bound = percent(upper_bound_among(worst.recognised, worst.count, cells.len()));
        let (share, n, class) = (percent(worst.rate()), worst.count, describe(worst.class, labels));
        format!(
            "{share} of {n} recognised at worst: class {class} in {} (<= {bound}, 95 %)",
            worst.stratum.name()
        )
    } else {
        let all: u64 = cells.iter().map(|cell| cell.count).sum();
        let gaussian: Vec<&Cell> = cells.iter().filter(|cell| cell.stratum == Stratum::Gaussian).collect();
        let fewest = gaussian.iter().map(|cell| cell.count).min().unwrap_or(0);
        let bound = percent(upper_bound_among(0, fewest, gaussian.len()));
        let mut strata: Vec<Stratum> = cells.iter().map(|cell| cell.stratum).collect();
        strata.dedup();
        format!("0 of {all} recognised in {} strata (<= {bound} of gaussian ones, 95 %)", strata.len())
    };
    (Outcome::of(worst.rate() <= MOST_RECOGNISED), summary)
}
