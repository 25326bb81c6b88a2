//! Two places that name the same classes differently.

use std::collections::HashSet;

use super::super::refusal;
use crate::{
    classes::{Labels, is_generic, printable},
    error::Error,
};

/// Holds every list against every other; lists of generic names say nothing. What is said in two vocabularies, with
/// no word in common, contradicts nothing, but is worth a note.
///
/// # Errors
/// The first class that has two names, with both places.
pub(crate) fn check(lists: &[Labels]) -> Result<Vec<String>, Error> {
    let named: Vec<List<'_>> =
        lists.iter().filter(|labels| !is_generic(&labels.names)).map(List::of).collect();
    let mut notes = Vec::new();
    for (at, one) in named.iter().enumerate() {
        for other in &named[at + 1..] {
            if !one.overlaps(other) {
                let sources = (&one.labels.source, &other.labels.source);
                notes.extend(
                    (at == 0).then(|| {
                        format!("{} and {} name the classes in different words", sources.0, sources.1)
                    }),
                );
            } else if let Some(class) = one.difference(other) {
                let named = |list: &List<'_>| {
                    format!("`{}` in {}", printable(&list.labels.names[class]), list.labels.source)
                };
                return Err(contradiction(&format!("class {class} is {} and {}", named(one), named(other))));
            }
        }
    }
    Ok(notes)
}

/// A list of labels as others are held against it: made once, since there may be many others.
struct List<'a> {
    labels: &'a Labels,
    plain: Vec<String>,
    is_plain: bool,
}

impl<'a> List<'a> {
    fn of(labels: &'a Labels) -> Self {
        let plain: Vec<String> = labels.names.iter().map(|name| plain(name)).collect();
        Self { labels, plain, is_plain: is_plain(&labels.names) }
    }

    /// The names of both as they are compared.
    fn beside<'b>(&'b self, other: &'b Self) -> [&'b [String]; 2] {
        match self.is_plain && other.is_plain {
            true => [&self.plain, &other.plain],
            false => [&self.labels.names, &other.labels.names],
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let [one, other] = self.beside(other);
        have_common(one, other)
    }

    fn difference(&self, other: &Self) -> Option<usize> {
        let [one, other] = self.beside(other);
        one.iter().zip(other).position(|(one, other)| one != other)
    }
}

/// A refusal of labels that cannot all be right.
pub(crate) fn contradiction(what: &str) -> Error {
    refusal(
        format!("its labels contradict each other: {what}"),
        "correct the place that is wrong, or remove it from the model",
    )
}

/// Whether two lists have a label in common.
pub(super) fn overlap(one: &[String], other: &[String]) -> bool {
    let spelling = spelling(&[one, other]);
    let spelled = |names: &[String]| names.iter().map(|name| spelling(name)).collect::<Vec<_>>();
    have_common(&spelled(one), &spelled(other))
}

fn have_common(one: &[String], other: &[String]) -> bool {
    let words: HashSet<&str> = one.iter().map(String::as_str).collect();
    one.is_empty() || other.iter().any(|name| words.contains(name.as_str()))
}

/// How labels of these lists are compared: without what spellings of one label differ in, unless labels of one
/// list differ in nothing else, as letters of both cases do.
pub(crate) fn spelling(lists: &[&[String]]) -> fn(&str) -> String {
    if lists.iter().all(|names| is_plain(names)) { plain } else { str::to_owned }
}

/// Whether labels that differ do so in more than their spelling.
fn is_plain(names: &[String]) -> bool {
    let distinct: HashSet<&str> = names.iter().map(String::as_str).collect();
    distinct.iter().map(|name| plain(name)).collect::<HashSet<_>>().len() == distinct.len()
}

/// A label without what spellings of it differ in.
fn plain(name: &str) -> String {
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
    fn letters_of_both_cases_are_labels_of_their_own() {
        let lists = [labels("one", &["A", "B", "a", "b"]), labels("two", &["a", "b", "A", "B"])];
        let error = check(&lists).unwrap_err().to_string();
        assert!(error.contains("class 0 is `A` in one and `a` in two"), "{error}");
        assert!(check(&[lists[0].clone(), lists[0].clone()]).unwrap().is_empty());
    }

    #[test]
    fn every_list_is_held_against_every_other() {
        let lists = [labels("one", &["a", "b"]), labels("two", &["x", "y"]), labels("three", &["y", "x"])];
        let error = check(&lists).unwrap_err().to_string();
        assert!(error.contains("class 0 is `x` in two and `y` in three"), "{error}");
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
