//! M17: whether the model's answers tell training members from others.

use super::{Outcome, USER_BOTH};
use crate::{
    evaluate::{
        case::{Case, When, shuffled},
        observe::Scores,
        report::{Definition, Figure, Metric, NotRun},
    },
    rng::Purpose,
    statistics::{Separation, separation},
};

const ID: &str = "membership";
/// Share of non-members that an attack may take for members.
const FALSE_POSITIVES: f64 = 0.01;
/// What members are expected to have more of.
type Score = fn(&Scores) -> f64;
const ATTACKS: [(&str, Score); 4] = [
    ("confidence", |scores| scores.log_likelihood.exp()),
    ("entropy", |scores| -scores.entropy),
    ("modified entropy", |scores| -scores.modified_entropy),
    ("loss", |scores| scores.log_likelihood),
];

pub(super) const DEFINITION: Definition = Definition {
    id: ID,
    number: "M17",
    formula: "threshold attacks on confidence of the label, entropy, modified entropy and loss; as many \
             members as non-members of each class; AUC (ties half), TPR at the best threshold with FPR <= \
             1 %; chance: AUC 0.5, TPR 0.01",
    shows: "whether the head's answers tell training members from others of the same classes",
    not_shown: "stronger attacks (shadow models, the features themselves); no claim about influence of \
             training data",
};

pub(super) fn measure(case: &Case<'_>) -> Outcome {
    let Some(groups) = groups(case) else {
        return Err(NotRun { id: ID, reason: "it needs --train-embeddings".into() });
    };
    if groups[0].members.is_empty() {
        return Err(NotRun { id: ID, reason: "no training row is labelled with a forgotten class".into() });
    }
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for group in groups.iter().filter(|group| !group.members.is_empty()) {
        let mut best = [0.0_f64; 2];
        for (when, best) in When::BOTH.into_iter().zip(&mut best) {
            for (attack, score) in ATTACKS {
                let found = group.attack(case, when, score);
                let name = format!("{} {}, {attack}", group.name, when.name());
                figures.push(Figure::new(
                    format!("{name}: AUC"),
                    found.area,
                    "area",
                    2 * group.members.len(),
                ));
                figures.push(Figure::selected(format!("{name}: TPR at 1 % FPR"), found.found));
                *best = best.max(found.area);
            }
        }
        lines.push(format!("{} {:.3}, was {:.3}", group.name, best[1], best[0]));
    }
    Ok(Metric {
        definition: &DEFINITION,
        summary: format!("best AUC (chance 0.5): {}", lines.join("; ")),
        data: USER_BOTH,
        seed: Some(case.seed),
        figures,
    })
}

/// Members and non-members of some classes, equally many of each class.
struct Group {
    name: &'static str,
    /// Rows of the training embeddings.
    members: Vec<usize>,
    /// Rows of the test embeddings.
    others: Vec<usize>,
}

fn groups(case: &Case<'_>) -> Option<[Group; 2]> {
    let train = case.data.train.as_ref()?;
    let mut groups =
        ["forgotten", "retained"].map(|name| Group { name, members: Vec::new(), others: Vec::new() });
    for class in 0..case.counts.len() {
        let stream = 2 * class as u64;
        let members = shuffled(train, class, case.seed, Purpose::Balancing, stream);
        let others = shuffled(&case.data.test, class, case.seed, Purpose::Balancing, stream + 1);
        let each = members.len().min(others.len());
        let group = &mut groups[usize::from(!case.pair.forgotten.contains(class))];
        group.members.extend(&members[..each]);
        group.others.extend(&others[..each]);
    }
    Some(groups)
}

impl Group {
    fn attack(&self, case: &Case<'_>, when: When, score: Score) -> Separation {
        let test = case.test.scores(when);
        let train = case.train.as_ref().map_or(&[][..], |train| train.scores(when));
        let members: Vec<f64> = self.members.iter().filter_map(|&row| train.get(row)).map(score).collect();
        let others: Vec<f64> = self.others.iter().map(|&row| score(&test[row])).collect();
        separation(&members, &others, FALSE_POSITIVES)
    }
}
