//! Which class of the model a label of the user's data is.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    classes::Labels,
    inputs::fault::{Fault, shown},
};

/// The classes of a model, to be found by what people write.
pub(super) struct Classes<'a> {
    count: usize,
    labels: Option<&'a Labels>,
    /// Classes by their names without case, spaces and punctuation.
    by_name: BTreeMap<String, BTreeSet<usize>>,
    /// Classes by one of several names that a label lists with commas between them.
    by_part: BTreeMap<String, BTreeSet<usize>>,
}

/// Labels, as they are in the data and as the classes that they are.
pub(super) struct Matched {
    /// The class of each label that is one.
    pub(super) classes: BTreeMap<String, usize>,
    /// What was assumed, in sentences.
    pub(super) notes: Vec<String>,
}

impl<'a> Classes<'a> {
    pub(super) fn new(count: usize, labels: Option<&'a Labels>) -> Self {
        let mut classes = Self { count, labels, by_name: BTreeMap::new(), by_part: BTreeMap::new() };
        for (class, name) in labels.iter().flat_map(|labels| labels.names.iter().enumerate()) {
            classes.by_name.entry(bare(name)).or_default().insert(class);
            if name.contains(',') {
                for part in name.split(',') {
                    classes.by_part.entry(bare(part)).or_default().insert(class);
                }
            }
        }
        classes
    }

    /// Matches all labels of the data at once, since what numbers mean only all of them say. Those that are
    /// no class are left out.
    pub(super) fn matched<'b>(&self, given: impl Iterator<Item = &'b str>) -> Result<Matched, Fault> {
        let given: BTreeSet<&str> = given.collect();
        let mut matched = Matched { classes: BTreeMap::new(), notes: Vec::new() };
        let mut by_index = false;
        for label in &given {
            let named = self.named(label)?;
            let index = self.indexed(label);
            match (named, index) {
                (Some(named), Some(index)) if named != index => {
                    let reason = format!(
                        "the label `{}` is the name of class {named} and the index of class {index}",
                        shown(label)
                    );
                    return Err(Fault::new(reason).hint("write the names of the classes out"));
                }
                (Some(class), _) => {
                    matched.classes.insert((*label).to_owned(), class);
                }
                (None, Some(class)) => {
                    by_index = true;
                    matched.classes.insert((*label).to_owned(), class);
                }
                (None, None) => {}
            }
        }
        if by_index {
            self.require_from_zero(&given)?;
            let note = "Labels that are numbers and no names of classes were taken as indices, from 0.";
            matched.notes.push(note.into());
        }
        Ok(matched)
    }

    /// The class of a name, or of a name among several that a label has.
    fn named(&self, label: &str) -> Result<Option<usize>, Fault> {
        let bare = bare(label);
        if bare.is_empty() {
            return Ok(None);
        }
        let Some(classes) = self.by_name.get(&bare).or_else(|| self.by_part.get(&bare)) else {
            return Ok(self.generic(label));
        };
        let names = |class: &usize| self.labels.and_then(|labels| labels.names.get(*class));
        let exact: Vec<usize> =
            classes.iter().copied().filter(|class| names(class).is_some_and(|name| name == label)).collect();
        match (exact.as_slice(), classes.len()) {
            ([class], _) => Ok(Some(*class)),
            ([], 1) => Ok(classes.first().copied()),
            _ => {
                let list: Vec<String> = classes.iter().map(usize::to_string).collect();
                let reason =
                    format!("the label `{}` could be any of the classes {}", shown(label), list.join(", "));
                Err(Fault::new(reason).hint("give the indices of the classes as labels"))
            }
        }
    }

    /// The class of a name such as `LABEL_3`, where the model has no names.
    fn generic(&self, label: &str) -> Option<usize> {
        let index = label.strip_prefix("LABEL_").filter(|_| self.labels.is_none())?;
        self.indexed(index)
    }

    fn indexed(&self, label: &str) -> Option<usize> {
        number(label).filter(|index| *index < self.count)
    }

    /// Fails if the numbers are those from 1 to as many as there are classes: they do not count as indices
    /// do.
    fn require_from_zero(&self, given: &BTreeSet<&str>) -> Result<(), Fault> {
        let numbers: Option<BTreeSet<usize>> = given.iter().map(|label| number(label)).collect();
        let Some(numbers) = numbers else { return Ok(()) };
        if numbers.contains(&0) || !numbers.contains(&self.count) {
            return Ok(());
        }
        let reason = format!("the labels are numbers up to {}, and 0 is not among them", self.count);
        Err(Fault::new(reason).hint(format!(
            "the model's {} classes count from 0: subtract 1, or write the names of the classes",
            self.count
        )))
    }
}

fn number(label: &str) -> Option<usize> {
    let digits = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
    label.parse().ok().filter(|_| digits)
}

/// A name without case, spaces, underscores and other punctuation; all of it where nothing would be left.
fn bare(name: &str) -> String {
    let bare: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if bare.is_empty() { name.trim().to_owned() } else { bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str], given: &[&str]) -> Result<Vec<(String, usize)>, String> {
        let names = names.iter().copied().map(str::to_owned).collect();
        let labels = Labels { names, source: "test".into() };
        let classes = Classes::new(labels.names.len(), Some(&labels));
        let matched = classes.matched(given.iter().copied()).map_err(|fault| fault.reason)?;
        Ok(matched.classes.into_iter().collect())
    }

    fn pairs(pairs: &[(&str, usize)]) -> Result<Vec<(String, usize)>, String> {
        Ok(pairs.iter().map(|(name, class)| ((*name).to_owned(), *class)).collect())
    }

    #[test]
    fn spelling_does_not_matter_and_indices_count() {
        let names = ["T-shirt/top", "Ankle boot", "tench, Tinca tinca"];
        assert_eq!(
            find(&names, &["ankle_boot", "t shirt top", "Tench", "tinca_tinca"]),
            pairs(&[("Tench", 2), ("ankle_boot", 1), ("t shirt top", 0), ("tinca_tinca", 2)])
        );
        assert_eq!(find(&names, &["0", "2", "owl", "3"]), pairs(&[("0", 0), ("2", 2)]));
        assert_eq!(find(&names, &["+1", ""]), pairs(&[]));
    }

    #[test]
    fn what_could_be_two_classes_is_refused() {
        assert!(
            find(&["crane", "jay", "Crane"], &["CRANE"]).unwrap_err().contains("any of the classes 0, 2")
        );
        assert_eq!(find(&["crane", "jay", "Crane"], &["Crane"]), pairs(&[("Crane", 2)]));
        assert!(
            find(&["1", "0"], &["0"]).unwrap_err().contains("the name of class 1 and the index of class 0")
        );
        assert_eq!(find(&["0", "1"], &["1"]), pairs(&[("1", 1)]));
        assert!(find(&["a", "b"], &["1", "2"]).unwrap_err().contains("0 is not among them"));
    }

    #[test]
    fn signs_that_are_the_whole_name_are_told_apart() {
        assert_eq!(find(&["+", "-"], &["-", "+"]), pairs(&[("+", 0), ("-", 1)]));
    }

    #[test]
    fn without_names_the_names_of_libraries_are_indices() {
        let classes = Classes::new(3, None);
        let found = classes.matched(["LABEL_2", "1", "cat"].into_iter()).unwrap().classes;
        assert_eq!(found.into_iter().collect::<Vec<_>>(), pairs(&[("1", 1), ("LABEL_2", 2)]).unwrap());
    }
}
