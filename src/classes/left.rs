//! Labels that a removal leaves behind, since another class has the same.

use std::{collections::BTreeMap, fmt};

use super::{Forgotten, Labels, printable};

/// A label of a forgotten class that retained classes have too: it goes on being an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeftLabel {
    /// The label.
    pub label: String,
    /// The forgotten classes that have it, ascending.
    pub forgotten: Vec<usize>,
    /// The retained classes that have it, ascending.
    pub classes: Vec<usize>,
}

/// What makes such a label go.
pub(crate) const REMEDY: &str = "forget all of them, or give each a label of its own in the original";

impl LeftLabel {
    /// Those that a removal leaves, in the order of their text.
    #[must_use]
    pub fn of(forgotten: &Forgotten, labels: &Labels) -> Vec<Self> {
        let name = |class: usize| labels.names.get(class);
        let mut left: BTreeMap<&String, [Vec<usize>; 2]> = BTreeMap::new();
        for class in forgotten.indices() {
            left.extend(name(class).map(|label| (label, <[Vec<usize>; 2]>::default())));
        }
        for class in forgotten.indices().chain(forgotten.retained()) {
            if let Some(classes) = name(class).and_then(|label| left.get_mut(label)) {
                classes[usize::from(!forgotten.contains(class))].push(class);
            }
        }
        left.into_iter()
            .filter(|(_, [_, retained])| !retained.is_empty())
            .map(|(label, [forgotten, classes])| Self { label: label.clone(), forgotten, classes })
            .collect()
    }

    /// That the gate will call the label still there, and why.
    #[must_use]
    pub fn warning(&self) -> String {
        let (label, forgotten) = (printable(&self.label), listed(&self.forgotten));
        let verb = if self.classes.len() == 1 { "has" } else { "have" };
        format!(
            "the label `{label}` of {forgotten} will still be there: {} {verb} it, which stays, and \
             whoever judges the release by its labels says no; {REMEDY}",
            listed(&self.classes)
        )
    }
}

impl fmt::Display for LeftLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "label `{}` stays on {}", printable(&self.label), listed(&self.classes))
    }
}

fn listed(classes: &[usize]) -> String {
    let word = if classes.len() == 1 { "class" } else { "classes" };
    format!("{word} {}", classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_two_classes_stays_until_both_are_forgotten() {
        let names = ["owl", "crane", "jay", "owl", "crane"].map(String::from).to_vec();
        let labels = Labels { names, source: "test".into() };
        let said = |classes: &[&str]| -> Vec<String> {
            let forgotten = Forgotten::resolve(classes, 5, Some(&labels)).unwrap();
            LeftLabel::of(&forgotten, &labels).iter().map(ToString::to_string).collect()
        };
        let forgotten = Forgotten::resolve(&["4"], 5, Some(&labels)).unwrap();
        let warning = LeftLabel::of(&forgotten, &labels)[0].warning();
        assert!(warning.contains("`crane` of class 4") && warning.contains("class 1 has it"), "{warning}");
        assert_eq!(said(&["4"]), ["label `crane` stays on class 1"]);
        assert_eq!(said(&["4", "1"]), [""; 0]);
        assert_eq!(said(&["jay"]), [""; 0]);
    }
}
