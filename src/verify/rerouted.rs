//! Which classes take the place of a forgotten one.

use super::behaviour::Behaviour;
use crate::{
    classes::{Labels, describe},
    embeddings::Stratum,
    evidence::{Check, Definition, Figure, Origin, Outcome, Side},
    head::Link,
};

pub(super) static DEFINITION: Definition = Definition {
    id: "forgotten-routing",
    version: 1,
    number: None,
    formula: "share of the embeddings that the original gives a forgotten class which the candidate gives each class; the \
              five largest",
    origin: Origin::Synthetic,
    data: "synthetic embeddings of the gaussian stratum that the original gives a forgotten class",
    shows: "what the candidate answers near the middle of where the original answered with the class",
    not_shown: "where real inputs of the class go, which may be elsewhere; whether that answer is a sensible one",
};

/// Destinations that are recorded of each class, and named in the summary.
const RECORDED: usize = 5;
const NAMED: usize = 3;
/// Forgotten classes that the summary tells of.
const TOLD: usize = 2;

/// Where embeddings of the `removed` classes go; nothing where classes do not compete: no other class takes over then.
pub(super) fn check(
    behaviour: &Behaviour,
    removed: usize,
    link: Link,
    labels: Option<&Labels>,
) -> Option<Check> {
    if link == Link::Sigmoid {
        return None;
    }
    let tally = behaviour.strata.iter().find(|(stratum, _)| *stratum == Stratum::Gaussian);
    let (mut figures, mut told) = (Vec::new(), Vec::new());
    for (&class, hits) in tally.iter().flat_map(|(_, tally)| &tally.routing) {
        let n: u64 = hits.values().sum();
        let mut shares: Vec<(usize, u64)> = hits.iter().map(|(to, hits)| (*to, *hits)).collect();
        shares.sort_by_key(|(to, hits)| (std::cmp::Reverse(*hits), *to));
        let share = |hits: u64| hits as f64 / n as f64;
        let named: Vec<String> = shares
            .iter()
            .take(NAMED)
            .map(|(to, hits)| format!("{} {:.1} %", describe(*to, labels), 100.0 * share(*hits)))
            .collect();
        told.push((class, named.join(", ")));
        figures.extend(shares.into_iter().take(RECORDED).map(|(to, hits)| {
            Figure::new("share", share(hits), "rate").of_class(class).towards(to).on(Side::After).of(n)
        }));
    }
    let summary = in_words(&told, removed, labels);
    Some(Check { definition: &DEFINITION, outcome: Outcome::Informative, summary, figures })
}

fn in_words(told: &[(usize, String)], removed: usize, labels: Option<&Labels>) -> String {
    let all = match told {
        [] => return "no synthetic embedding reached a removed class".to_owned(),
        [(_, to)] if removed == 1 => to.clone(),
        more => {
            let line = |(class, to): &(usize, String)| format!("{}: {to}", describe(*class, labels));
            more.iter().take(TOLD).map(line).collect::<Vec<_>>().join("; ")
        }
    };
    let rest = match told.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more classes"),
    };
    let unreached = match removed.saturating_sub(told.len()) {
        0 => String::new(),
        more => format!("; {more} that no embedding reached"),
    };
    format!("{all}{rest}{unreached}, of synthetic embeddings")
}
