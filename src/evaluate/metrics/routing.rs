//! M3, second part: where the inputs of a former class go.

use super::{USER_TEST, percent};
use crate::{
    evaluate::{
        case::{Case, When},
        report::{Definition, Figure, Metric},
    },
    statistics::Rate,
};

/// Destinations named in the summary.
const NAMED: usize = 3;

pub(super) const DEFINITION: Definition = Definition {
    id: "routing",
    number: "M3",
    formula: "share of a forgotten class's rows that each class gets after the removal; classes that get \
             none are left out",
    shows: "what the model now says of inputs of the former class",
    not_shown: "whether that answer is a sensible one",
};

pub(super) fn measure(case: &Case<'_>) -> Metric {
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for class in case.pair.forgotten.indices() {
        let shares = destinations(case, class);
        let named: Vec<String> = shares
            .iter()
            .take(NAMED)
            .map(|(to, rate)| format!("{} {}", case.describe(*to), percent(rate.value())))
            .collect();
        lines.push(format!("{} -> {}", case.describe(class), named.join(", ")));
        figures.extend(shares.into_iter().map(|(to, rate)| {
            Figure::at_most(format!("{} to {}", case.describe(class), case.describe(to)), rate)
        }));
    }
    Metric { definition: &DEFINITION, summary: lines.join("; "), data: USER_TEST, seed: None, figures }
}

/// The top classes of a class's rows, most frequent first.
fn destinations(case: &Case<'_>, class: usize) -> Vec<(usize, Rate)> {
    let scores = case.test.scores(When::After);
    let mut hits = vec![0_u64; case.pair.before.classes];
    case.rows_of(class).for_each(|row| hits[scores[row].top.class] += 1);
    let n = case.counts[class];
    let mut shares: Vec<(usize, Rate)> = hits
        .into_iter()
        .enumerate()
        .filter(|(_, hits)| *hits > 0)
        .map(|(to, hits)| (to, Rate { hits, n }))
        .collect();
    shares.sort_by_key(|(to, rate)| (std::cmp::Reverse(rate.hits), *to));
    shares
}
