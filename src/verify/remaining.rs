//! What answers a removal leaves: labels that are still there on other classes, and models with one answer.

use crate::{
    classes::{Labels, LeftLabel, describe},
    evidence::{Check, Definition, Figure, Origin, Outcome},
    head::{Link, Target},
};

pub(super) static LABELS: Definition = Definition {
    id: "labels-left",
    version: 1,
    number: None,
    formula: "the labels of forgotten classes that retained classes have too",
    origin: Origin::ModelFiles,
    data: "the labels that the original carries",
    shows: "that the label of a removed class can still be an answer, by another class",
    not_shown: "whether the classes of one label mean the same",
};
pub(super) static ONE_ANSWER: Definition = Definition {
    id: "one-answer",
    version: 1,
    number: None,
    formula: "the classes that compete for the answer and are retained = 1",
    origin: Origin::ModelFiles,
    data: "the number of classes",
    shows: "that the model has one answer left, whatever its input",
    not_shown: "that it is of any use",
};

/// The checks that there is reason for; most removals leave neither.
pub(super) fn checks(target: &Target, link: Link, labels: Option<&Labels>) -> Vec<Check> {
    labels_left(target, labels).into_iter().chain(one_answer(target, link, labels)).collect()
}

fn labels_left(target: &Target, labels: Option<&Labels>) -> Option<Check> {
    let left = LeftLabel::of(target.forgotten(), labels?);
    let figure = |class: &usize| Figure::new("has-a-forgotten-label", 1.0, "classes").of_class(*class);
    let figures: Vec<Figure> = left.iter().flat_map(|left| left.classes.iter().map(figure)).collect();
    let summary = left.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let found = |summary| Check { definition: &LABELS, outcome: Outcome::Informative, summary, figures };
    (!left.is_empty()).then(|| found(summary))
}

fn one_answer(target: &Target, link: Link, labels: Option<&Labels>) -> Option<Check> {
    let class = target.only_answer(link)?;
    let summary = format!("class {} is the answer to every input", describe(class, labels));
    let figures = vec![Figure::new("answers-left", 1.0, "classes").of_class(class)];
    Some(Check { definition: &ONE_ANSWER, outcome: Outcome::Informative, summary, figures })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        classes::Forgotten,
        head::{Accepted, Hints, Treatment},
    };

    #[test]
    fn what_is_left_is_said_and_only_then() {
        let names = ["a", "b", "a"].map(String::from).to_vec();
        let labels = Labels { names, source: "test".into() };
        let said = |classes: &[&str], link| -> Vec<String> {
            let forgotten = Forgotten::resolve(classes, 3, None).unwrap();
            let target = Target::new(forgotten, Treatment::Seal, Hints::default(), Accepted::default());
            checks(&target, link, Some(&labels)).into_iter().map(|check| check.summary).collect()
        };
        assert_eq!(said(&["1"], Link::None), [""; 0]);
        assert_eq!(said(&["0"], Link::None), ["label `a` stays on class 2"]);
        let both = ["label `a` stays on class 2", "class 2 `a` is the answer to every input"];
        assert_eq!(said(&["0", "1"], Link::Softmax), both);
        assert_eq!(said(&["0", "1"], Link::Sigmoid), both[..1]);
    }
}
