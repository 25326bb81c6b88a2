//! Labels that a removal leaves behind, since another class has the same.

use std::{collections::BTreeMap, fmt};

use super::{Forgotten, Labels, printable};

/// A label of a forgotten class that retained classes have too: it goes on being an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeftLabel {
    /// The label.
    pub label: String,
    /// The retained classes that have it, ascending.
    pub classes: Vec<usize>,
}

impl LeftLabel {
    /// Those that a removal leaves, in the order of their text.
    #[must_use]
    pub fn of(forgotten: &Forgotten, labels: &Labels) -> Vec<Self> {
        let name = |class: usize| labels.names.get(class);
        let mut left: BTreeMap<&String, Vec<usize>> =
            forgotten.indices().filter_map(name).map(|label| (label, Vec::new())).collect();
        for class in forgotten.retained() {
            if let Some(classes) = name(class).and_then(|label| left.get_mut(label)) {
                classes.push(class);
            }
        }
        left.into_iter()
            .filter(|(_, classes)| !classes.is_empty())
            .map(|(label, classes)| Self { label: label.clone(), classes })
            .collect()
    }
}

impl fmt::Display for LeftLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes: Vec<String> = self.classes.iter().map(ToString::to_string).collect();
        let word = if classes.len() == 1 { "class" } else { "classes" };
        write!(f, "label `{}` stays on {word} {}", printable(&self.label), classes.join(", "))
    }
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
        assert_eq!(said(&["4"]), ["label `crane` stays on class 1"]);
        assert_eq!(said(&["4", "1"]), [""; 0]);
        assert_eq!(said(&["jay"]), [""; 0]);
    }
}
