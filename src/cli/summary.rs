//! The result of a removal in a few words: the checks that people ask for first, and what the others come to.

use declass::{
    classes::Labels,
    evidence::{Check, Outcome},
};

use super::output::{Printer, counted};

/// What is said in a line of its own, and the check that says it.
const FIRST: [(&str, &str); 5] = [
    ("removed", "forgotten-unreachable"),
    ("instead", "forgotten-routing"),
    ("others", "retained-agreement"),
    ("changed", "only-head-changed"),
    ("also in", "other-files"),
];
/// Notes that releases have anyhow; any other note is told to everybody.
const ORDINARY: [&str; 10] = [
    "assumptions",
    "claimed-definitions",
    "claimed-run",
    "files-not-covered",
    "forgotten-routing",
    "head-bias",
    "lineage",
    "quantised",
    "restoration",
    "retained-logits",
];
/// The check that says how much was run.
const RUN: &str = "executed";

/// Says what `checks` found about the removal of the classes `named`; every check by itself only if it failed, or
/// to those who want to see all.
pub(super) fn tell(checks: &[Check], named: &str, labels: Option<&Labels>, printer: &Printer) {
    let of = |outcome: Outcome| checks.iter().filter(move |check| check.outcome == outcome);
    for (name, id) in FIRST {
        let found = checks.iter().find(|check| check.definition.id == id && check.outcome != Outcome::Failed);
        match found {
            Some(check) if name == "removed" => printer.row(name, format!("{named}: {}", check.summary)),
            Some(check) => printer.row(name, &check.summary),
            None => {}
        }
    }
    let (passed, notes) = (of(Outcome::Passed).count(), of(Outcome::Informative).count());
    let failed = of(Outcome::Failed).count();
    let said = format!("{} passed, {}", counted(passed, "check"), counted(notes, "note"));
    match (failed, printer.is_verbose()) {
        (0, true) => printer.row("checks", said),
        (0, false) => printer.row("checks", format!("{said}; -v shows each with its figures")),
        (failed, _) => printer.row("checks", format!("{failed} FAILED, {said}")),
    }
    for check in checks {
        if is_told(check) || printer.is_verbose() {
            printer.check(check, labels);
        }
    }
}

/// Whether a check says what everybody must know, and has not said it yet.
fn is_told(check: &Check) -> bool {
    let id = check.definition.id;
    match check.outcome {
        Outcome::Failed => true,
        Outcome::Informative => {
            !ORDINARY.contains(&id) && id != RUN && FIRST.iter().all(|(_, first)| *first != id)
        }
        Outcome::Passed => false,
    }
}

/// What was not run, if a check says so: a limit that every reader must know.
pub(super) fn not_run(checks: &[Check]) -> Option<&str> {
    let run = checks.iter().find(|check| check.definition.id == RUN)?;
    (run.outcome == Outcome::Informative).then_some(&*run.summary)
}
