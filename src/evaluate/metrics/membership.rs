//! M17: whether the model's answers tell training members from others.

use super::Measured;
use crate::{
    error::Error,
    evaluate::{
        experiment::{Experiment, shuffled},
        figures::selected,
        observe::Scores,
    },
    evidence::{Definition, Figure, Origin, Side},
    rng::Purpose,
    statistics::{Separation, separation},
};

/// Share of non-members that an attack may take for members.
pub(super) const FALSE_POSITIVES: f64 = 0.01;
/// What members are expected to have more of.
pub(super) type Score = fn(&Scores) -> f64;
pub(super) const ATTACKS: [(&str, Score); 4] = [
    ("confidence", |scores| scores.log_likelihood.exp()),
    ("entropy", |scores| -scores.entropy),
    ("modified-entropy", |scores| -scores.modified_entropy),
    ("loss", |scores| scores.log_likelihood),
];
/// The attack that needs no label.
pub(super) const ENTROPY: std::ops::Range<usize> = 1..2;

pub(super) static DEFINITION: Definition = Definition {
    id: "membership",
    version: 1,
    number: Some("M17"),
    formula: "threshold attacks on confidence of the label, entropy, modified entropy and loss; as many \
              members as non-members of each class; AUC (ties half), TPR at the best threshold with FPR <= 1 \
              %; chance: AUC 0.5, TPR 0.01",
    origin: Origin::UserData,
    data: "as many of the user's training as of the test embeddings, class by class",
    shows: "whether the head's answers tell training members from others of the same classes",
    not_shown: "stronger attacks (shadow models, the features themselves); no claim about influence of \
                training data",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let Some(groups) = groups(experiment) else {
        return Ok(Measured::NotRun("it needs training embeddings".into()));
    };
    if groups[0].members.is_empty() {
        return Ok(Measured::NotRun("no training row is labelled with a removed class".into()));
    }
    let (mut figures, mut lines) = (Vec::new(), Vec::new());
    for group in groups.iter().filter(|group| !group.members.is_empty()) {
        let mut best = [0.0_f64; 2];
        for (side, best) in Side::BOTH.into_iter().zip(&mut best) {
            for (attack, score) in ATTACKS {
                let train = experiment.train.as_ref().map_or(&[][..], |train| train.scores(side));
                let found = group.attack(experiment.test.scores(side), train, score);
                let members = 2 * group.members.len() as u64;
                let area = Figure::new(group.area, found.area, "area").of(members);
                let both = [area, selected(group.found, found.found)];
                figures.extend(both.map(|figure| figure.in_stratum(attack).on(side)));
                *best = best.max(found.area);
            }
        }
        lines.push(format!("{} {:.3}, was {:.3}", group.name, best[1], best[0]));
    }
    Ok(Measured::Found { summary: format!("best AUC (chance 0.5): {}", lines.join("; ")), figures })
}

/// Members and non-members of some classes, equally many of each class.
pub(super) struct Group {
    pub(super) name: &'static str,
    /// The quantities of its figures.
    pub(super) area: &'static str,
    pub(super) found: &'static str,
    pub(super) gap: &'static str,
    /// Rows of the training embeddings.
    pub(super) members: Vec<usize>,
    /// Rows of the test embeddings.
    pub(super) others: Vec<usize>,
}

pub(super) fn groups(experiment: &Experiment<'_>) -> Option<[Group; 2]> {
    let train = experiment.data.train.as_ref()?;
    let group =
        |name, area, found, gap| Group { name, area, found, gap, members: Vec::new(), others: Vec::new() };
    let mut groups = [
        group("forgotten", "forgotten-auc", "forgotten-tpr", "forgotten-auc-gap"),
        group("retained", "retained-auc", "retained-tpr", "retained-auc-gap"),
    ];
    for class in 0..experiment.counts.len() {
        let stream = 2 * class as u64;
        let members = shuffled(train, class, experiment.seed, Purpose::Balancing, stream);
        let others = shuffled(&experiment.data.test, class, experiment.seed, Purpose::Balancing, stream + 1);
        let each = members.len().min(others.len());
        let group = &mut groups[usize::from(!experiment.pair.forgotten.contains(class))];
        group.members.extend(&members[..each]);
        group.others.extend(&others[..each]);
    }
    Some(groups)
}

impl Group {
    /// How well a score tells the members, by what a head says of the training rows, from the others.
    pub(super) fn attack(&self, test: &[Scores], train: &[Scores], score: Score) -> Separation {
        let members: Vec<f64> = self.members.iter().filter_map(|&row| train.get(row)).map(score).collect();
        let others: Vec<f64> = self.others.iter().map(|&row| score(&test[row])).collect();
        separation(&members, &others, FALSE_POSITIVES)
    }
}
