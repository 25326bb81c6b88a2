//! M3, third part: which class every row gets, and how many changed.

use std::collections::BTreeMap;

use super::{Measured, TEST, percent};
use crate::{
    error::Error,
    evaluate::{experiment::Experiment, figures::at_most},
    evidence::{Definition, Figure, Origin, Side},
    statistics::Rate,
};

/// Most cells that are told: as many as a claim has room for.
const MOST: usize = 4_000;

pub(super) static DEFINITION: Definition = Definition {
    id: "confusion",
    version: 1,
    number: Some("M3"),
    formula: "rows of each label that each class gets, before and after; cells without rows are left out; \
              share of all rows whose top class is another than before",
    origin: Origin::UserData,
    data: TEST,
    shows: "which classes are taken for which others, and what the removal changed there",
    not_shown: "which single inputs they are",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    sides(experiment, &Side::BOTH)
}

/// The cells of some sides, by label and answer.
pub(super) fn sides(experiment: &Experiment<'_>, sides: &[Side]) -> Result<Measured, Error> {
    let mut figures = vec![at_most("answers-changed", changed(experiment))];
    for &side in sides {
        let cells = cells(experiment, side).into_iter();
        figures.extend(cells.map(|((class, to), rows)| {
            let cell = Figure::new("rows", rows as f64, "rows").of_class(class).towards(to).on(side);
            cell.of(experiment.counts[class])
        }));
    }
    if figures.len() > MOST {
        return Ok(Measured::NotRun(format!("its table would have more than {MOST} cells")));
    }
    Ok(Measured::Found { summary: summary(experiment), figures })
}

fn changed(experiment: &Experiment<'_>) -> Rate {
    let [before, after] = Side::BOTH.map(|side| experiment.test.scores(side));
    Rate::count(before.iter().zip(after).map(|(before, after)| before.top.class != after.top.class))
}

fn cells(experiment: &Experiment<'_>, side: Side) -> BTreeMap<(usize, usize), u64> {
    let mut cells = BTreeMap::new();
    let answers = experiment.test.scores(side).iter().map(|scores| scores.top.class);
    for (label, answer) in experiment.data.test.labels.iter().zip(answers) {
        *cells.entry((*label, answer)).or_default() += 1;
    }
    cells
}

/// How many answers changed, and the most frequent change.
fn summary(experiment: &Experiment<'_>) -> String {
    let rate = changed(experiment);
    let [before, after] = Side::BOTH.map(|side| experiment.test.scores(side));
    let mut moves: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (before, after) in before.iter().zip(after).filter(|(b, a)| b.top.class != a.top.class) {
        *moves.entry((before.top.class, after.top.class)).or_default() += 1;
    }
    let most = moves.into_iter().max_by_key(|(change, rows)| (*rows, std::cmp::Reverse(*change)));
    let most = most.map_or_else(String::new, |((from, to), rows)| {
        let [from, to] = [from, to].map(|class| experiment.describe(class));
        format!(", most of them {from} -> {to} ({rows})")
    });
    format!("{} of {} got another answer{most}", percent(rate.value()), rate.n)
}
