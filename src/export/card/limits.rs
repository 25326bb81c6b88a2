//! What a removal does not show, and what was left as it is.

use super::{Subject, cells::code};
use crate::{
    classes::{LeftLabel, LeftPieces, printable},
    evidence::Outcome,
};

pub(super) fn text(subject: &Subject<'_>) -> String {
    said(subject).iter().fold("\n## Limits\n\n".to_owned(), |text, limit| text + &format!("- {limit}\n"))
}

/// Every limit in a sentence or two.
pub(in crate::export) fn said(subject: &Subject<'_>) -> Vec<String> {
    let mut said = vec![
        "The features still know what was removed: a few labelled examples can bring it back at a new head. This is not a \
         model that was trained without it, and says nothing about the influence of training data."
            .to_owned(),
    ];
    said.extend(places(subject));
    said.extend(measured(subject));
    said.extend(left(subject));
    said.extend(asked(subject));
    said
}

/// What is different where a model decides for every place.
fn places(subject: &Subject<'_>) -> Vec<String> {
    let Some(place) = subject.predicate.removal.location.position else { return Vec::new() };
    let name = place.name();
    let figures = format!(
        "The model decides for every {name} by itself: answers, embeddings and figures are of one {name} each."
    );
    let not_claimed = place.not_claimed().map(|what| {
        let mut letters = what.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}.", letters.as_str())
    });
    [figures].into_iter().chain(not_claimed).collect()
}

/// What synthetic embeddings do not show, and what was not run.
fn measured(subject: &Subject<'_>) -> Vec<String> {
    let mut said = vec![
        "Figures on synthetic embeddings are about vectors drawn at random before the last layer, not about real inputs."
            .to_owned(),
    ];
    let moved = subject.figures("retained-logits").iter().find(|it| it.quantity == "rows-moved");
    if moved.is_some_and(|figure| figure.value.0 > 0.0) {
        let method = &subject.predicate.build_definition.external_parameters.method;
        said.push(format!("`{}` changed the weights of the other classes as well.", printable(method)));
    }
    if subject.check("executed").is_some_and(|check| check.result == Outcome::Informative) {
        said.push(
            "The network itself was not run, or not as a whole: that its outputs follow the last layer rests on reading \
             the files."
                .to_owned(),
        );
    }
    said
}

/// What has or names the classes still.
fn left(subject: &Subject<'_>) -> Vec<String> {
    let mut said = Vec::new();
    if let (Some(labels), Ok(target)) = (subject.beside.labels, subject.statement.target()) {
        let (forgotten, place) = (target.forgotten(), subject.predicate.removal.location.position);
        said.extend(
            LeftLabel::of(forgotten, labels).iter().map(|left| format!("The {left}, which was not removed.")),
        );
        if place.is_some_and(|place| place.may_have_entities()) {
            said.extend(LeftPieces::of(forgotten, labels).iter().map(|left| format!("{}.", left.warning())));
        }
    }
    let untouched = &subject.predicate.removal.untouched;
    if !untouched.is_empty() {
        let parts: Vec<String> = untouched.iter().map(ToString::to_string).collect();
        said.push(format!(
            "**Left as it is**, although it has the classes or a result for each: {}.",
            parts.join(", ")
        ));
    }
    said
}

/// What whoever removed the classes chose.
fn asked(subject: &Subject<'_>) -> Vec<String> {
    let asked = &subject.predicate.build_definition.external_parameters;
    let mut said = Vec::new();
    let is_found = subject.check("head-choice").is_none_or(|check| check.result == Outcome::Passed);
    if let Some(head) = asked.head.as_deref().filter(|_| !is_found) {
        said.push(format!(
            "The head `{}` was chosen by hand; the model itself points to another.",
            printable(head)
        ));
    }
    let target = subject.statement.target().ok();
    let only = target.as_ref().map(|target| target.forgotten().retained().collect::<Vec<_>>());
    if let (true, Some([class])) = (asked.allow_constant, only.as_deref()) {
        said.push(format!(
            "**One class is left: the answer to every input is {}.**",
            code(*class, subject.label_of(*class))
        ));
    }
    said
}
