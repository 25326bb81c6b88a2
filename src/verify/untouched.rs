//! What else has the classes and was left as it is, and whether the head is the one that the model itself
//! points to.

use crate::{
    cut::{Choice, Cut},
    evidence::{Check, Definition, Figure, Origin, Outcome, UNTOUCHED, Untouched},
};

pub(super) static DEFINITION: Definition = Definition {
    id: UNTOUCHED,
    version: 1,
    number: None,
    formula: "the outputs that do not come from the head, the matrices and tensors with an extent as large as the \
              number of classes that are neither part of it nor proven to be of no effect on the order of the \
              classes, and the files that count or name the classes: as many as there are, none for a pass",
    origin: Origin::ModelFiles,
    data: "graph, names, extents and companion files of the original",
    shows: "whether anything else in the model or beside it could still tell the class, or counts it",
    not_shown: "parts that neither have such an extent nor name a class; what a program outside of the model adds",
};

pub(super) static CHOICE: Definition = Definition {
    id: "head-choice",
    version: 1,
    number: None,
    formula: "the head is the one that locating finds when nothing is said of it by hand",
    origin: Origin::ModelFiles,
    data: "graph, names, extents and configuration of the original",
    shows: "that the head was not chosen by whoever made the release",
    not_shown: "that the program which runs the model uses this head",
};

pub(super) fn check(untouched: &[Untouched]) -> Check {
    let listed: Vec<String> = untouched.iter().map(ToString::to_string).collect();
    let summary = match listed.as_slice() {
        [] => "nothing else in the model or beside it has a result or an entry per class".to_owned(),
        some => format!("left as they are: {}", some.join(", ")),
    };
    // What was left was named or accepted by whoever made the release: otherwise there would be none.
    let outcome = if untouched.is_empty() { Outcome::Passed } else { Outcome::Informative };
    let count = Figure::new("untouched", untouched.len() as f64, "parts");
    Check { definition: &DEFINITION, outcome, summary, figures: vec![count] }
}

pub(super) fn choice(cut: &Cut) -> Check {
    let name = &cut.head.name;
    let (outcome, summary) = match &cut.why.choice {
        Choice::Located => (Outcome::Passed, format!("`{name}` is the head that locating finds")),
        Choice::Instead(other) => {
            (Outcome::Informative, format!("`{name}` was chosen by hand; locating finds `{other}`"))
        }
        Choice::Undecided(reason) => {
            (Outcome::Informative, format!("`{name}` was chosen by hand; locating finds none: {reason}"))
        }
    };
    Check { definition: &CHOICE, outcome, summary, figures: Vec::new() }
}
