//! Two places that name the same classes differently.

use super::super::refusal;
use crate::{
    classes::{Labels, is_generic, printable},
    error::Error,
};

/// Holds every list against the first; lists of generic names say nothing. What is said in two vocabularies, with
/// no word in common, contradicts nothing, but is worth a note.
///
/// # Errors
/// The first class that has two names, with both places.
pub(crate) fn check(lists: &[Labels]) -> Result<Vec<String>, Error> {
    let mut named = lists.iter().filter(|labels| !is_generic(&labels.names));
    let Some(first) = named.next() else { return Ok(Vec::new()) };
    let mut notes = Vec::new();
    for other in named {
        if !overlap(&first.names, &other.names) {
            notes.push(format!("{} and {} name the classes in different words", first.source, other.source));
        } else if let Some(class) = difference(&first.names, &other.names) {
            let named =
                |labels: &Labels| format!("`{}` in {}", printable(&labels.names[class]), labels.source);
            return Err(contradiction(&format!("class {class} is {} and {}", named(first), named(other))));
        }
    }
    Ok(notes)
}

/// A refusal of labels that cannot all be right.
pub(super) fn contradiction(what: &str) -> Error {
    refusal(
        format!("its labels contradict each other: {what}"),
        "correct the place that is wrong, or remove it from the model",
    )
}

/// Whether two spellings are of one label.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || plain(one) == plain(other)
}

fn difference(one: &[String], other: &[String]) -> Option<usize> {
    (0..one.len().min(other.len())).find(|class| !same(&one[*class], &other[*class]))
}

/// Whether two lists have a label in common.
pub(super) fn overlap(one: &[String], other: &[String]) -> bool {
    let words: std::collections::BTreeSet<String> = one.iter().map(|name| plain(name)).collect();
    one.is_empty() || other.iter().any(|name| words.contains(&plain(name)))
}

/// A label without what spellings of it differ in.
pub(crate) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(source: &str, names: &[&str]) -> Labels {
        Labels { names: names.iter().map(|name| (*name).to_owned()).collect(), source: source.into() }
    }

    #[test]
    fn both_places_are_named() {
        let lists = [labels("one", &["a", "b", "c"]), labels("two", &["A", "c", "b"])];
        let error = check(&lists).unwrap_err().to_string();
        assert!(error.contains("class 1 is `b` in one and `c` in two"), "{error}");
    }

    #[test]
    fn other_words_are_noted_and_generic_ones_say_nothing() {
        let lists = [
            labels("one", &["a", "b"]),
            labels("two", &["x", "y"]),
            labels("three", &["LABEL_0", "LABEL_1"]),
        ];
        assert_eq!(check(&lists).unwrap(), ["one and two name the classes in different words"]);
    }
}
