//! The further files of the model in which the same was done: each is measured as the main one is, and has the same
//! head before and after.

use declass_formats::Dtype;

use super::{
    executed,
    models::Models,
    report::{OtherReport, Report},
};
use crate::{
    cut::alike,
    error::Error,
    evidence::{Change, Check, Definition, Figure, Origin, Outcome},
    head::{LinearHead, Target},
    removal::{OtherFile, Removal},
};

pub(super) static DEFINITION: Definition = Definition {
    id: "other-files",
    version: 1,
    number: None,
    formula: "of every further file in which the removal was done: the numbers of the original's head are those of the main \
              file, rounded to the type that either is stored in, or at most one step of whole numbers away; the retained \
              rows that changed are the same ones and agree again; and every check of the main file holds for it",
    origin: Origin::ModelFiles,
    data: "every byte of these files, in the original and in the candidate",
    shows: "that whichever of the files is loaded has lost the classes",
    not_shown: "that the files are the same in front of the head",
};

/// Measures each of the further files that a removal names, alone and beside the main one.
pub(super) fn measure(
    models: &Models<'_>,
    removal: &Removal,
    measured: &dyn Fn(Models<'_>, &Removal) -> Result<Report, Error>,
) -> Result<Vec<OtherReport>, Error> {
    let Change { before, after } = &models.models;
    let one = |other: &OtherFile| {
        let (original, candidate) = (before.artifact.twin(&other.path)?, after.artifact.twin(&other.path)?);
        let removal = removal.of_file(other);
        let twins = Models::open(&original, &candidate, removal.target())?;
        let head = &twins.models.before.cut.head;
        let apart = match before.cut.head.apart_from(before.artifact, (head, &original))? {
            Some(apart) => Some(apart),
            None => unlike(models, &twins, removal.target()),
        };
        Ok(OtherReport::new(&other.path, measured(twins, &removal)?, apart))
    };
    removal.others().iter().map(one).collect()
}

/// The first retained class whose row changed in one file and not, or otherwise, in the other.
fn unlike(main: &Models<'_>, twin: &Models<'_>, target: &Target) -> Option<String> {
    let stored = |models: &Models<'_>| {
        let branch = models.models.after.cut.head.branches.first()?;
        Some((branch.weight.info.dtype, branch.bias.as_ref().map_or(Dtype::F32, |bias| bias.info.dtype)))
    };
    let (mine, theirs) = (stored(main)?, stored(twin)?);
    let numbers = |head: &LinearHead, class: usize| [head.row(class), &head.bias[class..=class]].concat();
    let is_like = |class: &usize| {
        let of = |heads: &Change<LinearHead>| (numbers(&heads.before, *class), numbers(&heads.after, *class));
        let ((old, new), (their_old, their_new)) = (of(&main.heads), of(&twin.heads));
        let places = 0..new.len().min(their_new.len());
        let moved = |old: &[f32], new: &[f32], at: usize| old[at].to_bits() != new[at].to_bits();
        places.into_iter().all(|at| {
            let types = if at + 1 == new.len() { (mine.1, theirs.1) } else { (mine.0, theirs.0) };
            let agree = alike((new[at].into(), types.0), (their_new[at].into(), types.1));
            if moved(&old, &new, at) { agree } else { agree || !moved(&their_old, &their_new, at) }
        })
    };
    let class = target.forgotten().retained().find(|class| !is_like(class))?;
    Some(format!("class {class} did not change as it did in the main file"))
}

/// What was found of one, in a line.
fn describe(other: &OtherReport) -> String {
    let failed = other.checks().iter().find(|check| check.outcome == Outcome::Failed);
    let what = match (other.apart(), failed) {
        (Some(apart), _) => apart.to_owned(),
        (None, Some(check)) => format!("{}: {}", check.definition.id, check.summary),
        (None, None) => {
            let changes = other.changes();
            let ran = executed(other).map_or("", |check| &check.summary);
            format!("same head, {} of {} tensors; {ran}", changes.tensors.len(), changes.tensor_count)
        }
    };
    format!("`{}`: {what}", other.path())
}

fn executed(other: &OtherReport) -> Option<&Check> {
    other.checks().iter().find(|check| check.definition.id == executed::DEFINITION.id)
}

/// What was found of all of them; none if there are none.
pub(super) fn check(others: &[OtherReport]) -> Option<Check> {
    if others.is_empty() {
        return None;
    }
    let failed = others.iter().find(|other| !other.passed());
    let summary = match failed {
        Some(other) => describe(other),
        None => others.iter().map(describe).collect::<Vec<_>>().join("; "),
    };
    let ran = |other: &&OtherReport| executed(other).is_some_and(|check| check.outcome == Outcome::Passed);
    let figures = vec![
        Figure::new("files", others.len() as f64, "files"),
        Figure::new("executed", others.iter().filter(ran).count() as f64, "files").of(others.len() as u64),
    ];
    Some(Check { definition: &DEFINITION, outcome: Outcome::of(failed.is_none()), summary, figures })
}
