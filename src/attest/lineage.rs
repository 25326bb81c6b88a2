//! Whether the removals of a release continue each other.

use std::path::Path;

use declass_formats::Artifact;

use crate::{
    claim::{History, Statement},
    error::Error,
    evidence::{Check, Definition, Origin, Outcome},
};

static DEFINITION: Definition = Definition {
    id: "lineage",
    version: 1,
    number: None,
    formula: "each claim names the files of the one before as its input, and the original, if it is a release, has the latest of them",
    origin: Origin::ModelFiles,
    data: "the claims of this and of earlier releases, by their digests",
    shows: "that this release and the earlier ones continue each other",
    not_shown: "whether the figures of earlier claims hold; that the first input was no release itself",
};

/// The check that a release's claim and the earlier ones continue each other, and that of the original, if
/// that is a release, is the latest of them.
///
/// # Errors
/// [`Error::NotAClaim`] if an earlier claim cannot be read, [`Error::BrokenLineage`] if those of the original
/// do not continue each other.
pub fn check_lineage(release: &Path, present: &Statement, original: &Artifact) -> Result<Check, Error> {
    let (history, input) = (History::of_release(release)?, History::of_input(original)?);
    let mut problems = history.problems(present);
    let digests = |history: &History| history.claims().first().map(|claim| claim.digest);
    if !input.claims().is_empty() && digests(&input) != digests(&history) {
        problems.push("the original is a release, and its claim is not the one before this".to_owned());
    }
    let agreeing = match history.claims().len() {
        0 => "the input was no release".to_owned(),
        1 => format!("continues an earlier removal; {}", in_all(present)),
        before => format!("continues {before} earlier removals; {}", in_all(present)),
    };
    let outcome = match (problems.is_empty(), history.claims().is_empty()) {
        (false, _) => Outcome::Failed,
        (true, true) => Outcome::Informative,
        (true, false) => Outcome::Passed,
    };
    let summary = problems.into_iter().next().unwrap_or(agreeing);
    Ok(Check { definition: &DEFINITION, outcome, summary, figures: Vec::new() })
}

fn in_all(present: &Statement) -> String {
    format!("classes removed in all: {}", present.forgotten_in_all().len())
}
