//! Names of classes, and which of them are to be forgotten.

mod left;
mod likely;
mod listed;
mod tags;
mod wish;

use std::collections::BTreeSet;

pub use left::LeftLabel;
pub(crate) use left::REMEDY;
pub use tags::LeftPieces;
pub(crate) use wish::matches_pattern;
pub use wish::{Granted, Matched, Space, Wish};

use crate::error::{ClassError, Likely};
use likely::near;
pub(crate) use tags::OUTSIDE;
use tags::of_name as all_of;

pub(crate) use listed::{is_generic, is_generic_name, lines, numbered};

/// The labels of a model's classes, in the order of its logits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Labels {
    /// One per class.
    pub names: Vec<String>,
    /// Where they were read, such as ``config.json `id2label` ``.
    pub source: String,
}

/// The classes to forget: at least one, and never so many that fewer than one is left. Where models are compared of
/// which none lost a class, there are none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Forgotten {
    indices: BTreeSet<usize>,
    classes: usize,
}

impl Forgotten {
    /// Resolves what the user named, labels or indices, in a model of `classes` classes.
    ///
    /// `label:7` is a label and `index:7` an index, whatever else `7` could be. `LABEL_7` is the class of that
    /// index where no labels are known.
    ///
    /// # Errors
    /// [`ClassError::Unknown`] with near names, [`ClassError::Unlabelled`], [`ClassError::SeveralInOne`],
    /// [`ClassError::Ambiguous`] for a label of several classes, [`ClassError::LabelAndIndex`] for one that is
    /// the index of another class, [`ClassError::Repeated`], [`ClassError::NothingLeft`],
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

    /// No class of so many: of models that are compared, and never of a removal.
    #[must_use]
    pub(crate) fn none(classes: usize) -> Self {
        Self { indices: BTreeSet::new(), classes }
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

/// The class that a name stands for: `label:` and `index:` in front of it say which of the two it is.
fn find(name: &str, classes: usize, labels: Option<&Labels>) -> Result<usize, ClassError> {
    let unknown = || unknown(name, classes, labels);
    if let Some(label) = name.strip_prefix(AS_LABEL) {
        return labelled(label, classes, labels)?.ok_or_else(unknown);
    }
    if let Some(index) = name.strip_prefix(AS_INDEX) {
        return indexed(index, classes).ok_or_else(unknown);
    }
    match (labelled(name, classes, labels)?, indexed(name, classes)) {
        (Some(label), Some(index)) if label != index => {
            let indexed = Likely { index, label: label_of(index, labels) };
            Err(ClassError::LabelAndIndex { name: name.into(), labelled: label, indexed })
        }
        (Some(class), _) | (None, Some(class)) => Ok(class),
        (None, None) => Err(unknown()),
    }
}

/// The class of that label, if there is one.
fn labelled(name: &str, classes: usize, labels: Option<&Labels>) -> Result<Option<usize>, ClassError> {
    let Some(labels) = labels else {
        // What libraries print where a model has no labels.
        return Ok(name.strip_prefix("LABEL_").and_then(|index| indexed(index, classes)));
    };
    let same: Vec<usize> =
        labels.names.iter().enumerate().filter(|(_, label)| *label == name).map(|(i, _)| i).collect();
    match same.as_slice() {
        [] => Ok(None),
        [class] => Ok(Some(*class)),
        _ => Err(ClassError::Ambiguous { name: name.into(), classes: same }),
    }
}

fn indexed(name: &str, classes: usize) -> Option<usize> {
    // `+5` parses, and nobody writes an index so.
    let digits = name.bytes().all(|c| c.is_ascii_digit());
    name.parse().ok().filter(|index| digits && *index < classes)
}

fn unknown(name: &str, classes: usize, labels: Option<&Labels>) -> ClassError {
    let name = name.to_owned();
    let Some(labels) = labels else { return ClassError::Unlabelled { name, classes } };
    let is_class = |part: &str| find(part.trim(), classes, Some(labels)).is_ok();
    if name.contains(',') && name.split(',').all(is_class) {
        return ClassError::SeveralInOne { name };
    }
    let near = near(&name, &labels.names);
    ClassError::Unknown { name, classes, near }
}

fn label_of(class: usize, labels: Option<&Labels>) -> String {
    labels.and_then(|labels| labels.names.get(class)).cloned().unwrap_or_default()
}

const AS_INDEX: &str = "index:";
/// What says that the rest of a name is a label.
pub(crate) const AS_LABEL: &str = "label:";

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
    fn labels_and_indices_name_classes_and_a_prefix_says_which() {
        assert_eq!(resolve(&["Sneaker", "1"]).unwrap(), [1, 3]);
        assert_eq!(resolve(&["label:0"]).unwrap(), [2]);
        assert_eq!(resolve(&["index:0"]).unwrap(), [0]);
        let error = resolve(&["0"]).unwrap_err();
        assert_eq!(error.to_string(), "`0` is the label of class 2 and the index of class 0 `Sandal`");
        assert_eq!(error.hint().unwrap(), "say which: `label:0` or `index:0`");
        assert!(matches!(resolve(&["index:4"]), Err(ClassError::Unknown { .. })));
        assert!(matches!(resolve(&["label:1"]), Err(ClassError::Unknown { .. })));
        assert!(matches!(resolve(&["+1"]), Err(ClassError::Unknown { .. })));
    }

    #[test]
    fn a_digit_that_is_the_label_of_the_class_of_that_index_is_both() {
        let names = ["0", "1", "12"].map(String::from).to_vec();
        let labels = Labels { names, source: "test".into() };
        let find = |name: &str| find(name, 3, Some(&labels));
        assert_eq!((find("1"), find("12")), (Ok(1), Ok(2)), "12 is no index of three classes");
    }

    #[test]
    fn without_labels_the_names_are_those_that_libraries_print() {
        assert_eq!(find("LABEL_2", 3, None), Ok(2));
        assert_eq!(find("2", 3, None), Ok(2));
        for name in ["LABEL_3", "LABEL_", "LABEL_+1", "Sandal", "label:1", "1,2"] {
            assert!(matches!(find(name, 3, None), Err(ClassError::Unlabelled { .. })), "{name}");
        }
        assert!(matches!(resolve(&["LABEL_1"]), Err(ClassError::Unknown { .. })), "it has other names");
    }

    #[test]
    fn a_label_of_two_classes_and_two_classes_in_one_name_are_told_apart() {
        let names = ["tench, Tinca tinca", "crane", "jay", "crane"].map(String::from).to_vec();
        let labels = Labels { names, source: "test".into() };
        let said = |name: &str| {
            let error = find(name, 4, Some(&labels)).unwrap_err();
            format!("{error}; {}", error.hint().unwrap())
        };
        assert!(
            said("crane").starts_with("label `crane` belongs to 2 classes: 1, 3; name all of them by their")
        );
        assert!(said("tench, tinca tinca").ends_with("did you mean 0 `tench, Tinca tinca`?"));
        assert!(said("jay, 0").ends_with("name them one by one"));
        assert!(said("jay, owl").contains("did you mean 2 `jay`?"), "{}", said("jay, owl"));
    }

    #[test]
    fn a_misspelt_label_gets_near_names() {
        let error = resolve(&["sandel"]).unwrap_err();
        assert!(matches!(&error, ClassError::Unknown { near, .. } if near[0].index == 0), "{error:?}");
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
