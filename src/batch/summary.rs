//! What came of all tasks.

use serde::Serialize;

use super::{Outcome, Task};
use crate::{claim::Statement, evidence::Number};

/// One task and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The model, as the plan names it or a pattern found it.
    pub model: String,
    /// The classes that are named.
    pub classes: Vec<String>,
    /// Whether those are the ones that stay.
    pub keeps: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, if there is no release.
    pub reason: Option<String>,
    /// The whole address; null if the model could not be read.
    pub address: Option<String>,
    /// Where the release lies, from the fleet's folder.
    pub release: Option<String>,
    /// SHA-256 of all files of the release, the card left out.
    pub root: Option<String>,
    /// Share of the synthetic embeddings of other classes that keep their answer, by the claim.
    pub agreement: Option<Number>,
    /// What is answered most in place of each removed class, by the claim.
    pub instead: Vec<Instead>,
}

/// What is answered in place of a removed class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Instead {
    /// The removed class, by index.
    pub class: usize,
    /// What synthetic embeddings of it get most.
    pub to: usize,
    /// How many of them.
    pub share: Number,
}

impl Row {
    /// A task without a release.
    #[must_use]
    pub fn without(task: &Task, outcome: Outcome, reason: String) -> Self {
        Self {
            model: task.model().to_owned(),
            classes: task.classes().to_vec(),
            keeps: task.keeps(),
            outcome,
            reason: Some(reason),
            address: None,
            release: None,
            root: None,
            agreement: None,
            instead: Vec::new(),
        }
    }

    /// A task with a release, and what its claim says.
    #[must_use]
    pub fn done(task: &Task, release: String, statement: &Statement) -> Self {
        let checks = &statement.predicate.verification.checks;
        let figures = |id: &str| checks.iter().find(|check| check.id == id).map(|check| &check.figures[..]);
        let kept = figures("retained-agreement").unwrap_or_default();
        let agreement = kept.iter().find(|it| it.quantity == "agreement" && it.class.is_none());
        let mut instead: Vec<Instead> = Vec::new();
        for figure in figures("forgotten-routing").unwrap_or_default() {
            let (Some(class), Some(to)) = (figure.class, figure.to) else { continue };
            match instead.iter_mut().find(|it| it.class == class) {
                Some(most) if most.share.0 >= figure.value.0 => {}
                Some(most) => (most.to, most.share) = (to, figure.value),
                None => instead.push(Instead { class, to, share: figure.value }),
            }
        }
        Self {
            outcome: Outcome::Done,
            reason: None,
            release: Some(release),
            root: statement.subject.first().and_then(|all| Some(all.digest.as_ref()?.sha256.clone())),
            agreement: agreement.map(|it| it.value),
            instead,
            ..Self::without(task, Outcome::Done, String::new())
        }
    }

    /// The same at an address.
    #[must_use]
    pub fn at(self, address: &str) -> Self {
        Self { address: Some(address.to_owned()), ..self }
    }
}

/// All tasks of a run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The version of this program.
    pub version: &'static str,
    /// Which part of the plan; null if it is all of it.
    pub shard: Option<String>,
    /// How many came to which end: done, already, failed, refused, unknown.
    pub counts: Counts,
    /// In the order of the plan.
    pub releases: Vec<Row>,
}

/// How many tasks came to which end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Releases that passed.
    pub done: usize,
    /// Models that were without the classes before.
    pub already: usize,
    /// Removals that failed.
    pub failed: usize,
    /// Removals that do not fit the model.
    pub refused: usize,
    /// Models that could not be read.
    pub unknown: usize,
}

impl Summary {
    /// Of these tasks.
    #[must_use]
    pub fn of(releases: Vec<Row>, shard: Option<String>) -> Self {
        let count = |outcome| releases.iter().filter(|row| row.outcome == outcome).count();
        let counts = Counts {
            done: count(Outcome::Done),
            already: count(Outcome::Already),
            failed: count(Outcome::Failed),
            refused: count(Outcome::Refused),
            unknown: count(Outcome::Unknown),
        };
        Self { version: env!("CARGO_PKG_VERSION"), shard, counts, releases }
    }
}
