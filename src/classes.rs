//! Names of classes, and which of them are to be forgotten.

mod listed;

use std::collections::BTreeSet;

use crate::error::ClassError;

pub(crate) use listed::{is_generic, is_generic_name, lines, numbered};

/// The labels of a model's classes, in the order of its logits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Labels {
    /// One per class.
    pub names: Vec<String>,
    /// Where they were read, such as ``config.json `id2label` ``.
    pub source: String,
}

/// The classes to forget: at least one, and never so many that fewer than one is left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Forgotten {
    indices: BTreeSet<usize>,
    classes: usize,
}

impl Forgotten {
    /// Resolves what the user named, labels or indices, in a model of `classes` classes.
    ///
    /// A label wins over an index of the same spelling.
    ///
    /// # Errors
    /// [`ClassError::Unknown`] with near names, [`ClassError::Repeated`], [`ClassError::NothingLeft`],
    /// [`ClassError::NothingNamed`].
    pub fn resolve<S: AsRef<str>>(
        named: &[S],
        classes: usize,
        labels: Option<&Labels>,
    ) -> Result<Self, ClassError> {
        let mut indices = BTreeSet::new();
        for name in named {
            let name = name.as_ref();
            if !indices.insert(find(name, classes, labels)?) {
                return Err(ClassError::Repeated { name: name.into() });
            }
        }
        Self::from_indices(indices, classes)
    }

    /// The set of the given indices in a model of `classes` classes.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn from_indices(indices: BTreeSet<usize>, classes: usize) -> Result<Self, ClassError> {
        match indices.last() {
            None => return Err(ClassError::NothingNamed),
            Some(&last) if last >= classes => {
                let near = Vec::new();
                return Err(ClassError::Unknown { name: last.to_string(), classes, near });
            }
            Some(_) if indices.len() >= classes => return Err(ClassError::NothingLeft { classes }),
            Some(_) => {}
        }
        Ok(Self { indices, classes })
    }

    /// The forgotten indices, ascending.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
        self.indices.iter().copied()
    }

    /// The retained indices, ascending.
    pub fn retained(&self) -> impl DoubleEndedIterator<Item = usize> + Clone + '_ {
        (0..self.classes).filter(|class| !self.contains(*class))
    }

    /// Whether a class is to be forgotten.
    #[must_use]
    pub fn contains(&self, class: usize) -> bool {
        self.indices.contains(&class)
    }

    /// The indices as a set.
    #[must_use]
    pub fn as_set(&self) -> &BTreeSet<usize> {
        &self.indices
    }

    /// Number of classes of the model, forgotten ones included.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Where each class of the input is found once the forgotten slots are dropped.
    #[must_use]
    pub fn index_map(&self) -> Vec<Option<usize>> {
        let mut next = 0..;
        (0..self.classes).map(|class| if self.contains(class) { None } else { next.next() }).collect()
    }
}

/// How a class is shown: its index, and its label where there is one, without what a terminal would obey and
/// without the backticks that would let a label out of its own on a card.
#[must_use]
pub fn describe(class: usize, labels: Option<&Labels>) -> String {
    match labels.and_then(|labels| labels.names.get(class)) {
        Some(name) => format!("{class} `{}`", printable(name)),
        None => class.to_string(),
    }
}

/// A label without what a terminal would obey and without backticks.
pub(crate) fn printable(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '`' => shown.push('\''),
            _ if letter.is_control() => shown.extend(letter.escape_default()),
            _ => shown.push(letter),
        }
    }
    shown
}

fn find(name: &str, classes: usize, labels: Option<&Labels>) -> Result<usize, ClassError> {
    let names = labels.map_or(&[][..], |labels| &labels.names);
    let mut same = names.iter().enumerate().filter(|(_, label)| *label == name).map(|(i, _)| i);
    match (same.next(), same.next()) {
        (Some(_), Some(_)) => return Err(ClassError::Ambiguous { name: name.into() }),
        (Some(index), None) => return Ok(index),
        (None, _) => {}
    }
    match name.parse::<usize>() {
        Ok(index) if index < classes => Ok(index),
        _ => Err(ClassError::Unknown { name: name.into(), classes, near: near(name, names) }),
    }
}

/// The labels most like a misspelt one, best first.
fn near(name: &str, names: &[String]) -> Vec<String> {
    let likeness = |label: &str| strsim::jaro_winkler(&label.to_lowercase(), &name.to_lowercase());
    let mut scored: Vec<_> =
        names.iter().map(|label| (likeness(label), label)).filter(|(score, _)| *score > 0.7).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, label)| label.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        let names = ["Sandal", "Shirt", "0", "Sneaker"].map(String::from).to_vec();
        Labels { names, source: "test".into() }
    }

    fn resolve(named: &[&str]) -> Result<Vec<usize>, ClassError> {
        Forgotten::resolve(named, 4, Some(&labels())).map(|set| set.indices().collect())
    }

    #[test]
    fn labels_and_indices_name_classes_and_labels_win() {
        assert_eq!(resolve(&["Sneaker", "1"]).unwrap(), [1, 3]);
        assert_eq!(resolve(&["0"]).unwrap(), [2]);
    }

    #[test]
    fn a_misspelt_label_gets_near_names() {
        let error = resolve(&["sandel"]).unwrap_err();
        assert!(matches!(&error, ClassError::Unknown { near, .. } if near[0] == "Sandal"), "{error:?}");
    }

    #[test]
    fn a_label_cannot_command_the_terminal() {
        let labels = Labels { names: vec!["a\nb\u{1b}[2J é".into()], source: "test".into() };
        assert_eq!(describe(0, Some(&labels)), "0 `a\\nb\\u{1b}[2J é`");
    }

    #[test]
    fn a_label_stays_in_its_code_span() {
        let labels = Labels { names: vec!["a`](http://b) <img src=c>".into()], source: "test".into() };
        assert_eq!(describe(0, Some(&labels)), "0 `a'](http://b) <img src=c>`");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(resolve(&["4"]), Err(ClassError::Unknown { .. })));
        assert!(matches!(resolve(&["1", "Shirt"]), Err(ClassError::Repeated { .. })));
        assert!(matches!(resolve(&[]), Err(ClassError::NothingNamed)));
        assert!(matches!(resolve(&["Sandal", "1", "2", "3"]), Err(ClassError::NothingLeft { .. })));
    }

    #[test]
    fn the_index_map_closes_the_gaps() {
        let set = Forgotten::resolve(&["1"], 4, None).unwrap();
        assert_eq!(set.index_map(), [Some(0), None, Some(1), Some(2)]);
    }
}
