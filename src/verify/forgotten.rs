//! Whether the forgotten classes are still recognised.

use super::behaviour::{Behaviour, Tally};
use crate::{
    classes::{Labels, describe},
    embeddings::Stratum,
    evidence::{
        BoundSide, Check, Definition, Figure, Origin, Outcome, Side, thresholds::RECOGNISED, words::grouped,
    },
    removal::Removal,
    statistics::{upper_bound, upper_bound_among},
};

pub(super) static DEFINITION: Definition = Definition {
    id: "forget-rate",
    version: 1,
    number: None,
    formula: "share of the embeddings that the original gives a forgotten class and the candidate still \
              gives a forgotten class (it wins or ties; multi-label: its logit is not negative); <= 0.005 \
              for every class in every stratum; bound of Clopper and Pearson",
    origin: Origin::Synthetic,
    data: "synthetic embeddings that the original gives a forgotten class, by class and stratum; each bound \
           is of its own rate only, and of draws by Markov chains as far as these forgot where they started",
    shows: "that the candidate's outputs no longer recognise the class where the original's did",
    not_shown: "accuracy on real inputs; what the features still encode",
};

pub(super) fn check(behaviour: &Behaviour, removal: &Removal, labels: Option<&Labels>) -> Check {
    let forgotten = removal.forgotten();
    // Nothing has to be shown by samples then: the certificate proves it.
    let sealed = removal.target().is_final();
    let cells = cells(behaviour);
    let reached = |class: &usize| cells.iter().any(|cell| cell.class == *class);
    let (outcome, summary) = match forgotten.indices().find(|class| !reached(class)) {
        Some(class) if !sealed => (
            Outcome::Failed,
            format!("nothing shows it: no stratum reached class {}", describe(class, labels)),
        ),
        _ => verdict(&cells, labels),
    };
    let chained = |&(class, made): &(usize, usize)| {
        Figure::new("markov-chain-draws", made as f64, "embeddings").of_class(class)
    };
    let some = if behaviour.chained.is_empty() { "" } else { "; rare classes by Markov chains" };
    Check {
        definition: &DEFINITION,
        outcome,
        summary: summary + some,
        figures: cells.iter().map(Cell::figure).chain(behaviour.chained.iter().map(chained)).collect(),
    }
}

/// One forgotten class in one stratum that reaches it.
struct Cell {
    stratum: Stratum,
    class: usize,
    count: u64,
    recognised: u64,
}

fn cells(behaviour: &Behaviour) -> Vec<Cell> {
    let of_stratum = |(stratum, tally): &(Stratum, Tally)| {
        let stratum = *stratum;
        let cell = move |(&class, &(count, recognised)): (&usize, &(u64, u64))| Cell {
            stratum,
            class,
            count,
            recognised,
        };
        tally.forgotten.iter().map(cell).collect::<Vec<_>>()
    };
    behaviour.strata.iter().flat_map(of_stratum).collect()
}

impl Cell {
    fn rate(&self) -> f64 {
        self.recognised as f64 / self.count as f64
    }

    fn figure(&self) -> Figure {
        Figure::new("recognised", self.rate(), "rate")
            .of_class(self.class)
            .in_stratum(self.stratum.name())
            .on(Side::After)
            .of(self.count)
            .bounded(BoundSide::AtMost, upper_bound(self.recognised, self.count))
            .against(RECOGNISED)
    }
}

/// The worst class and stratum decide. Where none recognises anything, the bound of the Gaussian stratum
/// stands for them: it is filled by quota, while others hardly reach some classes.
fn verdict(cells: &[Cell], labels: Option<&Labels>) -> (Outcome, String) {
    let Some(worst) = cells.iter().max_by(|a, b| a.rate().total_cmp(&b.rate())) else {
        return (Outcome::Informative, "no stratum reached a removed class".to_owned());
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
        let all = grouped(all);
        format!("0 of {all} recognised in {} strata (<= {bound} of gaussian ones, 95 %)", strata.len())
    };
    (Outcome::of(worst.rate() <= RECOGNISED), summary)
}
