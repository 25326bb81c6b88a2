//! M3, second part: where the inputs of a former class go.

use super::{Measured, TEST, percent};
use crate::{
    error::Error,
    evaluate::{experiment::Experiment, figures::at_most},
    evidence::{Definition, Origin, Side},
    statistics::Rate,
};

/// Destinations named in the summary.
const NAMED: usize = 3;

pub(super) static DEFINITION: Definition = Definition {
    id: "routing",
    version: 1,
    number: Some("M3"),
    formula: "share of a forgotten class's rows that each class gets after the removal; classes that get \
              none are left out",
    origin: Origin::UserData,
    data: TEST,
    shows: "what the model now says of inputs of the former class",
    not_shown: "whether that answer is a sensible one",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for class in experiment.pair.forgotten.indices().filter(|&class| experiment.counts[class] > 0) {
        let shares = destinations(experiment, class);
        let named: Vec<String> = shares
            .iter()
            .take(NAMED)
            .map(|(to, rate)| format!("{} {}", experiment.describe(*to), percent(rate.value())))
            .collect();
        lines.push(format!("{} -> {}", experiment.describe(class), named.join(", ")));
        let figure = |(to, rate)| at_most("share", rate).of_class(class).towards(to).on(Side::After);
        figures.extend(shares.into_iter().map(figure));
    }
    Ok(Measured::Found { summary: lines.join("; "), figures })
}

/// The top classes of a class's rows, most frequent first.
fn destinations(experiment: &Experiment<'_>, class: usize) -> Vec<(usize, Rate)> {
    let scores = experiment.test.scores(Side::After);
    let mut hits = vec![0_u64; experiment.pair.before.classes];
    experiment.rows_of(class).for_each(|row| hits[scores[row].top.class] += 1);
    let n = experiment.counts[class];
    let mut shares: Vec<(usize, Rate)> = hits
        .into_iter()
        .enumerate()
        .filter(|(_, hits)| *hits > 0)
        .map(|(to, hits)| (to, Rate { hits, n }))
        .collect();
    shares.sort_by_key(|(to, rate)| (std::cmp::Reverse(rate.hits), *to));
    shares
}
