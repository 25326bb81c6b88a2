//! What only a retrained model can tell: how far a removal is from never having learnt the classes.

use super::{
    Measured,
    membership::{ATTACKS, ENTROPY, groups},
    percent,
};
use crate::{
    error::Error,
    evaluate::{Truth, beside::Beside, figures::at_least},
    evidence::{Definition, Figure, Origin, Side},
    statistics::Rate,
};

const DATA: &str = "the user's test examples, as embeddings of the original and of the retrained model";
const NOT_SHOWN: &str = "what another training run would give: one retrained model is one draw";

pub(super) static ROUTING: Definition = Definition {
    id: "retrained-routing",
    version: 1,
    number: Some("M3"),
    formula: "per forgotten class: half the sum over all classes of the difference between the shares of its rows that \
              the changed head and the retrained model give that class",
    origin: Origin::UserData,
    data: DATA,
    shows: "whether inputs of the class go where they go in a model that never learnt it; 0 is the same, 1 nothing in \
            common",
    not_shown: NOT_SHOWN,
};
pub(super) static AGREEMENT: Definition = Definition {
    id: "retrained-agreement",
    version: 1,
    number: Some("M2"),
    formula: "share of the rows of forgotten, and of retained, classes to which both give the same class",
    origin: Origin::UserData,
    data: DATA,
    shows: "on how many single inputs both say the same",
    not_shown: NOT_SHOWN,
};
pub(super) static ACCURACY: Definition = Definition {
    id: "retrained-accuracy",
    version: 1,
    number: Some("M2"),
    formula: "accuracy of the changed head less that of the retrained model, on rows of forgotten and of retained \
              classes",
    origin: Origin::UserData,
    data: DATA,
    shows: "what retraining would have cost, or gained, on the same inputs",
    not_shown: NOT_SHOWN,
};
pub(super) static MEMBERSHIP: Definition = Definition {
    id: "retrained-membership",
    version: 1,
    number: Some("M17"),
    formula: "AUC of a threshold attack on the changed head less that on the retrained model, members and non-members as \
              in `membership`; on forgotten classes entropy alone, since a model without them has no probability for \
              their labels",
    origin: Origin::UserData,
    data: "as many of the user's training as of the test examples, class by class",
    shows: "whether training members of a class are better told from others than in a model that never learnt it",
    not_shown: "stronger attacks (shadow models, the features themselves); whether the retrained model saw the same \
                members of the other classes",
};

pub(super) fn routing(beside: &Beside<'_>) -> Result<Measured, Error> {
    let experiment = beside.experiment;
    let after = experiment.test.scores(Side::After);
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for class in experiment.pair.forgotten.indices().filter(|&class| experiment.counts[class] > 0) {
        let mut apart = vec![0_i64; experiment.counts.len()];
        for row in experiment.rows_of(class) {
            apart[after[row].top.class] += 1;
            apart[beside.test[row].top.class] -= 1;
        }
        let n = experiment.counts[class];
        let distance = apart.iter().map(|rows| rows.unsigned_abs()).sum::<u64>() as f64 / (2 * n) as f64;
        figures.push(Figure::new("total-variation", distance, "distance").of_class(class).of(n));
        lines.push(format!("{} {distance:.3}", experiment.describe(class)));
    }
    if figures.is_empty() {
        return Ok(Measured::NotRun("there are no inputs of a removed class".into()));
    }
    Ok(Measured::Found { summary: format!("total variation (0 to 1): {}", lines.join(", ")), figures })
}

pub(super) fn agreement(beside: &Beside<'_>) -> Result<Measured, Error> {
    let after = beside.experiment.test.scores(Side::After);
    let rate = |rows: &[usize]| {
        Rate::count(rows.iter().map(|&row| after[row].top.class == beside.test[row].top.class))
    };
    let parts = [
        ("forgotten-agreement", "forgotten", rate(&beside.experiment.forgotten)),
        ("retained-agreement", "retained", rate(&beside.experiment.retained)),
    ];
    let parts = parts.into_iter().filter(|(.., rate)| rate.n > 0);
    let (figures, lines): (Vec<Figure>, Vec<String>) = parts
        .map(|(quantity, name, rate)| {
            let line = format!("{} of {} {name}", percent(rate.value()), rate.n);
            (at_least(quantity, rate), line)
        })
        .unzip();
    Ok(Measured::Found { summary: format!("same answer to {}", lines.join(", ")), figures })
}

pub(super) fn accuracy(beside: &Beside<'_>) -> Result<Measured, Error> {
    let experiment = beside.experiment;
    if experiment.data.test.truth == Truth::Answers {
        return Ok(Measured::NotRun("it needs labels".into()));
    }
    let own = |rows: &[usize]| experiment.accuracy(Side::After, rows.iter().copied());
    let theirs = |rows: &[usize]| {
        let labels = &experiment.data.test.labels;
        Rate::count(rows.iter().map(|&row| beside.test[row].top.class == labels[row]))
    };
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for (accuracy, gap, name, rows) in [
        ("forgotten-accuracy", "forgotten-accuracy-gap", "forgotten", &experiment.forgotten),
        ("retained-accuracy", "retained-accuracy-gap", "retained", &experiment.retained),
    ] {
        let (own, theirs) = (own(rows), theirs(rows));
        let difference = own.value() - theirs.value();
        figures.push(at_least(accuracy, own).on(Side::After));
        figures.push(at_least(accuracy, theirs).in_stratum("retrained"));
        figures.push(Figure::new(gap, difference, "difference of rates").of(rows.len() as u64));
        lines.push(format!(
            "{name} {}, retrained {} ({:+.2} points)",
            percent(own.value()),
            percent(theirs.value()),
            100.0 * difference
        ));
    }
    Ok(Measured::Found { summary: lines.join("; "), figures })
}

pub(super) fn membership(beside: &Beside<'_>) -> Result<Measured, Error> {
    let experiment = beside.experiment;
    let (Some(groups), Some(own), Some(theirs)) = (groups(experiment), &experiment.train, &beside.train)
    else {
        return Ok(Measured::NotRun("it needs training examples".into()));
    };
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for (group, attacks) in groups.iter().zip([&ATTACKS[ENTROPY], &ATTACKS[..]]) {
        if group.members.is_empty() {
            continue;
        }
        let mut largest = 0.0_f64;
        for (attack, score) in attacks {
            let own = group.attack(experiment.test.scores(Side::After), own.scores(Side::After), *score).area;
            let gap = own - group.attack(&beside.test, theirs, *score).area;
            let members = 2 * group.members.len() as u64;
            figures.push(Figure::new(group.gap, gap, "difference of areas").in_stratum(*attack).of(members));
            largest = if gap.abs() > largest.abs() { gap } else { largest };
        }
        lines.push(format!("{} {largest:+.3}", group.name));
    }
    if figures.is_empty() {
        return Ok(Measured::NotRun("no class has both training and test examples".into()));
    }
    Ok(Measured::Found { summary: format!("largest difference of AUC: {}", lines.join(", ")), figures })
}
