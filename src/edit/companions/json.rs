//! Lists and maps of classes in JSON, wherever in a file they are, and in Python literals.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use declass_formats::RelPath;
use serde_json::Value;

use super::{
    Looked,
    literal_text::{self as text_edit, Changes},
    names::Names,
    which::{ending, is_named, is_per_class, speaks_of_classes},
};
use crate::cut::{
    Indices,
    literal::{self, Entry},
    names_indices,
};

/// Levels of nesting that are looked into.
const MAX_DEPTH: usize = 16;
/// Members of an object that are asked whether they have its label or index.
const MAX_KEYS: usize = 64;

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    let Ok(value) = declass_formats::parse_json(text.as_bytes()) else { return Looked::default() };
    let changes = changes(names, path, text, &[]);
    let changed = !changes.is_empty();
    let new = text_edit::apply(text, changes);
    let after: Value =
        if changed { declass_formats::parse_json(new.as_bytes()).unwrap_or_default() } else { value };
    let entries = literal::entries(text, 0..text.len()).len();
    let uncut =
        !changed && entries == names.classes && (is_named(path) || (!names.has_labels() && after.is_array()));
    let stale = (uncut || names_gone(names, &after)).then_some(Some(entries));
    Looked { new: changed.then_some(new), stale }
}

/// Whether a key or a text of the value is the label of a class that goes.
pub(super) fn names_gone(names: &Names<'_>, value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|value| names_gone(names, value)),
        Value::Object(map) => map.iter().any(|(key, value)| names.is_gone(key) || names_gone(names, value)),
        Value::String(text) => names.is_gone(text),
        _ => false,
    }
}

/// What has to change in a text, apart from the places that are settled already.
pub(super) fn changes(names: &Names<'_>, path: &RelPath, text: &str, settled: &[Range<usize>]) -> Changes {
    let mut walk = Walk { names, path, text, settled, changes: Changes::new() };
    let stem = path.file_name().strip_suffix(ending(path)).unwrap_or_default();
    walk.container(0..text.len(), stem, 0);
    walk.changes
}

struct Walk<'a> {
    names: &'a Names<'a>,
    path: &'a RelPath,
    text: &'a str,
    settled: &'a [Range<usize>],
    changes: Changes,
}

impl Walk<'_> {
    /// One list or map under a key, and whatever lies in it.
    fn container(&mut self, span: Range<usize>, key: &str, depth: usize) {
        if depth > MAX_DEPTH || self.settled.contains(&span) {
            return;
        }
        let entries = literal::entries(self.text, span.clone());
        if let Some(new) = self.shorter(span.clone(), &entries, key) {
            self.changes.push((span, new));
            return;
        }
        for entry in entries {
            if self.text[entry.value.clone()].starts_with(['{', '[']) {
                let own = literal::string(self.text, entry.key.clone()).unwrap_or_else(|| key.to_owned());
                self.container(entry.value, &own, depth + 1);
            }
        }
    }

    fn shorter(&self, span: Range<usize>, entries: &[Entry], key: &str) -> Option<String> {
        if entries.is_empty() {
            return None;
        }
        if entries.iter().all(|entry| entry.key.is_empty()) {
            let is_list = entries.len() == self.names.classes && self.is_list(entries, key);
            return is_list.then(|| cut_list(self.names, self.text, span.clone(), entries, key))?;
        }
        let keys: Vec<String> = self.strings(entries, |entry| entry.key.clone())?;
        if let Some(indices) = self.indices(entries, &keys, key) {
            return list(self.names, self.text, span, Some(indices));
        }
        // Labels that are numbers could be indices, too.
        let numbers = keys.iter().all(|key| key.parse().is_ok_and(|at: usize| at < self.names.classes));
        let by_label = !numbers
            && entries.len() == self.names.distinct()
            && keys.iter().all(|name| self.names.knows(name));
        by_label.then(|| {
            text_edit::rebuilt(self.text, span, |at, entry| {
                self.names.stays(&keys[at]).then(|| text_edit::verbatim(self.text, entry))
            })
        })
    }

    /// Whether a list of the right length has the classes.
    fn is_list(&self, entries: &[Entry], key: &str) -> bool {
        let value = |entry: &Entry| entry.value.clone();
        match self.strings(entries, value) {
            Some(list) => self.names.are(&list) || speaks_of_classes(key),
            None if entries.iter().all(|entry| self.text[entry.value.clone()].parse::<f64>().is_ok()) => {
                is_per_class(key)
            }
            None => entries.iter().all(|entry| self.text[entry.value.clone()].starts_with('{')),
        }
    }

    /// Which side of a map has the indices of the classes, if one has.
    fn indices(&self, entries: &[Entry], keys: &[String], key: &str) -> Option<Indices> {
        let names = self.names;
        let complete = |indices: &[usize]| {
            let distinct: BTreeSet<usize> =
                indices.iter().copied().filter(|at| *at < names.classes).collect();
            indices.len() == names.classes && distinct.len() == names.classes
        };
        let numbers = |texts: Vec<&str>| -> Option<Vec<usize>> {
            texts.into_iter().map(|text| text.parse().ok()).collect()
        };
        let by_key = numbers(keys.iter().map(String::as_str).collect());
        let by_value = numbers(entries.iter().map(|entry| &self.text[entry.value.clone()]).collect());
        let is_named = || speaks_of_classes(key) || is_named(self.path);
        let fits = |indices: &[usize], texts: &[String]| {
            indices.iter().zip(texts).all(|(class, name)| names.is(*class, name))
        };
        let known = names.has_labels();
        match (by_key.filter(|found| complete(found)), by_value) {
            (Some(found), None) => {
                let fits = match self.strings(entries, |entry| entry.value.clone()) {
                    Some(texts) => !known || fits(&found, &texts),
                    None => is_per_class(key),
                };
                (fits || is_named()).then_some(Indices::Keys)
            }
            (None, Some(found)) => {
                let fits = if known { fits(&found, keys) } else { complete(&found) };
                fits.then_some(Indices::Values)
            }
            (Some(_), Some(found)) if complete(&found) => self.by_name(key),
            _ => None,
        }
    }

    /// Where both sides are numbers, only a name tells which of them are the indices.
    fn by_name(&self, key: &str) -> Option<Indices> {
        let of_key = RelPath::try_from(key).ok().and_then(|key| names_indices(&key));
        of_key.or_else(|| names_indices(self.path))
    }

    fn strings(&self, entries: &[Entry], part: impl Fn(&Entry) -> Range<usize>) -> Option<Vec<String>> {
        entries.iter().map(|entry| literal::string(self.text, part(entry))).collect()
    }
}

/// A list without the forgotten entries; of objects only if one of their members has the labels.
fn cut_list(
    names: &Names<'_>,
    text: &str,
    span: Range<usize>,
    entries: &[Entry],
    key: &str,
) -> Option<String> {
    if !text[entries.first()?.value.clone()].starts_with('{') {
        return list(names, text, span, None);
    }
    let members: Vec<Vec<Entry>> =
        entries.iter().map(|entry| literal::entries(text, entry.value.clone())).collect();
    let spelled = |entry: &Entry| literal::string(text, entry.key.clone());
    let objects: Vec<HashMap<String, &str>> = members
        .iter()
        .map(|members| {
            // Of a key that is there twice the first counts.
            let pairs = members.iter().rev().filter_map(|it| Some((spelled(it)?, &text[it.value.clone()])));
            pairs.collect()
        })
        .collect();
    let keys: Vec<String> = members.first()?.iter().take(MAX_KEYS).filter_map(spelled).collect();
    let all = |fits: &dyn Fn(usize, &str) -> bool, key: &str| {
        let mut objects = objects.iter().enumerate();
        objects.all(|(object, members)| members.get(key).is_some_and(|text| fits(object, text)))
    };
    let is_label = |class: usize, text: &str| {
        serde_json::from_str::<String>(text).is_ok_and(|name| names.is(class, &name))
    };
    let is_text = |_: usize, text: &str| text.starts_with('"');
    let labelled = keys.iter().any(|key| all(&is_label, key));
    let named = speaks_of_classes(key)
        && keys.iter().any(|key| ["label", "name"].contains(&key.as_str()) && all(&is_text, key));
    let counted = |class: usize, text: &str| text.parse() == Ok(class);
    let numbered: Vec<&String> = keys.iter().filter(|key| all(&counted, key)).collect();
    (labelled || (named && !names.has_labels())).then(|| {
        text_edit::rebuilt(text, span, |class, entry| {
            names.keeps(class).then(|| {
                let own = members[class]
                    .iter()
                    .filter(|member| spelled(member).is_some_and(|key| numbered.contains(&&key)));
                let changes =
                    own.map(|member| (member.value.clone(), names.after(class).to_string())).collect();
                text_edit::apply_within(text, entry.value.clone(), changes)
            })
        })
    })
}

/// A list or map of the classes without the forgotten ones, the others renumbered; `None` if it is neither. Of a
/// map, `indices` says which side has them; where nobody says, the keys if they can.
pub(in crate::edit) fn list(
    names: &Names<'_>,
    text: &str,
    span: Range<usize>,
    indices: Option<Indices>,
) -> Option<String> {
    let entries = literal::entries(text, span.clone());
    let complete = entries.len() == names.classes;
    if entries.iter().all(|entry| entry.key.is_empty()) {
        let keep = |at: usize, entry: &Entry| names.keeps(at).then(|| text_edit::verbatim(text, entry));
        return complete.then(|| text_edit::rebuilt(text, span, keep));
    }
    let parsed = |part: fn(&Entry) -> Range<usize>| -> Option<Vec<usize>> {
        let parsed = entries.iter().map(|entry| text.get(part(entry)).and_then(literal::index));
        parsed.map(|index| index.filter(|index| *index < names.classes)).collect()
    };
    let keys = parsed(|entry| entry.key.clone()).filter(|_| complete && indices != Some(Indices::Values));
    if let Some(keys) = keys {
        return Some(renumbered(names, text, span, &keys, |entry| entry.key.clone()));
    }
    let values = parsed(|entry| entry.value.clone()).filter(|_| indices != Some(Indices::Keys))?;
    let spelled = |entry: &Entry| literal::string(text, entry.key.clone()).unwrap_or_default();
    // Where two classes have one name, the map from names to indices is shorter than the classes; any other that
    // is shorter is not about them.
    let fits = entries.iter().zip(&values).all(|(entry, class)| names.is(*class, &spelled(entry)));
    if !complete && !fits {
        return None;
    }
    // The name of a class that goes stays if another class has it.
    let moved: Vec<usize> = entries
        .iter()
        .zip(&values)
        .map(|(entry, class)| {
            let other = || names.last_of(&spelled(entry)).filter(|_| fits);
            if names.keeps(*class) { *class } else { other().unwrap_or(*class) }
        })
        .collect();
    Some(renumbered(names, text, span, &moved, |entry| entry.value.clone()))
}

/// The map with each entry's index (its key or its value) replaced by the new one, in the same quotes.
fn renumbered(
    names: &Names<'_>,
    text: &str,
    span: Range<usize>,
    indices: &[usize],
    part: fn(&Entry) -> Range<usize>,
) -> String {
    text_edit::rebuilt(text, span, |at, entry| {
        let class = *indices.get(at).filter(|class| names.keeps(**class))?;
        let old = text.get(part(entry))?;
        let digits = old.trim_matches(|letter: char| !letter.is_ascii_digit());
        let spelled = old.replace(digits, &names.after(class).to_string());
        Some(text_edit::replaced(text, entry, part(entry), &spelled))
    })
}
