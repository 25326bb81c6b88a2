//! Lists and maps of classes in JSON and in Python literals, wherever in a text they are.

use std::{collections::HashMap, ops::Range};

use declass_formats::RelPath;
use serde_json::Value;

use super::{
    Looked, entries,
    lists::shorter,
    literal_text::{self as text_edit, Changes},
    names::{Difference, Names},
    rows::{Classes, Judged, Rows, counted_on, judge},
    which::{Speaks, is_count, is_named, is_of_pairs, is_per_class, stem},
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
    let Ok(value) = declass_formats::parse_json(text.as_bytes()) else {
        // Not even what it lists is known.
        return if is_named(path) { Looked::UNREAD } else { entries::look(names, path, text) };
    };
    let found = walk(names, stem(path), Speaks::of_file(path, names.has_labels()), text, &[]);
    let changed = !found.changes.is_empty();
    let new = text_edit::apply(text, found.changes);
    let after: Value =
        if changed { declass_formats::parse_json(new.as_bytes()).unwrap_or_default() } else { value };
    let entries = literal::entries(text, 0..text.len()).len();
    let counted = !changed && !names.has_labels() && entries == names.classes;
    let uncut = counted && (is_named(path) || after.is_array());
    let stale = (uncut || found.unclear || names_gone(names, &after)).then_some(Some(entries));
    Looked { new: changed.then_some(new), stale, contradiction: found.contradiction }
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

/// What lists and maps there are.
#[derive(Default)]
pub(super) struct Walked {
    /// What has to change.
    pub(super) changes: Changes,
    /// Whether one may count or name the classes, and cannot be told to.
    pub(super) unclear: bool,
    /// The first class that has another name than in the model.
    pub(super) contradiction: Option<Difference>,
}

/// Goes through a text of this name, apart from the places that are settled already.
pub(super) fn walk(
    names: &Names<'_>,
    name: &str,
    speaks: Speaks,
    text: &str,
    settled: &[Range<usize>],
) -> Walked {
    let mut walk = Walk { names, name, speaks, text, settled, found: Walked::default() };
    walk.container(0..text.len(), name, 0, false);
    walk.found
}

struct Walk<'a> {
    names: &'a Names<'a>,
    name: &'a str,
    speaks: Speaks,
    text: &'a str,
    settled: &'a [Range<usize>],
    found: Walked,
}

impl Walk<'_> {
    /// One list or map under a key, and whatever lies in it. Below a key that speaks of numbers per class, all have
    /// one for each.
    fn container(&mut self, span: Range<usize>, key: &str, depth: usize, per_class: bool) {
        if depth > MAX_DEPTH || self.settled.contains(&span) {
            return;
        }
        let entries = literal::entries(self.text, span.clone());
        let per_class = per_class || is_per_class(key);
        let is_list = entries.iter().all(|entry| entry.key.is_empty());
        let new = match (entries.is_empty(), is_list) {
            (true, _) => None,
            (_, true) => self.list(span.clone(), &entries, key, per_class),
            (_, false) => self.map(span.clone(), &entries, key, per_class),
        };
        if let Some(new) = new {
            self.found.changes.push((span, new));
            return;
        }
        for entry in entries {
            let value = &self.text[entry.value.clone()];
            let own = literal::either_string(self.text, entry.key.clone());
            if value.starts_with(['{', '[']) {
                self.container(entry.value, own.as_deref().unwrap_or(key), depth + 1, per_class);
            } else if own.is_some_and(|key| is_count(&key)) && value.parse() == Ok(self.names.classes) {
                self.found.changes.push((entry.value, self.names.left().to_string()));
            }
        }
    }

    fn list(&mut self, span: Range<usize>, entries: &[Entry], key: &str, per_class: bool) -> Option<String> {
        if entries.len() != self.names.classes {
            return None;
        }
        let first = &self.text[entries.first()?.value.clone()];
        if first.starts_with('[') {
            self.found.unclear |= is_of_pairs(key) || is_of_pairs(self.name);
            return None;
        }
        let (keys, columns) = match first.starts_with('{') {
            true => members(self.text, entries),
            false => (Vec::new(), vec![self.scalars(entries, |entry| entry.value.clone())?]),
        };
        // Numbers say something of the classes only where their name does.
        let is_number = |cell: &String| cell.parse::<f64>().is_ok();
        let numbers = keys.is_empty() && columns.iter().flatten().all(is_number);
        if numbers && !per_class && self.says(key) == Speaks::Not {
            return None;
        }
        let preferred = keys.iter().position(|key| super::which::is_index(key));
        let rows = Rows {
            columns,
            speaks: self.says(key),
            per_class,
            ordered: true,
            indices: preferred,
            headed: false,
            numbered: preferred.is_some(),
            index_columns: (!keys.is_empty()).then(|| {
                let named = keys.iter().enumerate().filter(|(_, key)| super::which::is_index(key));
                named.map(|(at, _)| at).collect()
            }),
        };
        let classes = self.judged(&rows)?;
        self.rebuilt(span, &classes, |row, entry| {
            let counting =
                classes.counting.iter().filter_map(|(column, base)| Some((keys.get(*column)?, base)));
            let numbers: HashMap<&String, &usize> = counting.collect();
            let own = literal::entries(self.text, entry.value.clone()).into_iter().filter_map(|member| {
                let key = literal::either_string(self.text, member.key)?;
                let base = numbers.get(&key)?;
                let new = self.names.after(classes.of[row]) + **base;
                Some((member.value.clone(), counted_on(&self.text[member.value], new)))
            });
            text_edit::apply_within(self.text, entry.value.clone(), own.collect())
        })
    }

    fn map(&mut self, span: Range<usize>, entries: &[Entry], key: &str, per_class: bool) -> Option<String> {
        let keys = self.scalars(entries, |entry| entry.key.clone())?;
        let known = self.names.has_labels() && keys.iter().all(|name| self.names.knows(name));
        let named = [key, self.name].into_iter().find_map(names_indices_of);
        if known && (entries.len() < self.names.classes || named == Some(Indices::Values)) {
            return self.by_label(span, entries, &keys, named);
        }
        let values = self.scalars(entries, |entry| entry.value.clone());
        let inner = || members(self.text, entries).1;
        let is_object = self.text[entries.first()?.value.clone()].starts_with('{');
        let more = values.map_or_else(|| if is_object { inner() } else { Vec::new() }, |values| vec![values]);
        let rows = Rows {
            columns: std::iter::once(keys).chain(more).collect(),
            speaks: self.says(key),
            per_class: per_class || (is_object && self.says(key) != Speaks::Not),
            ordered: false,
            indices: named.map(|indices| usize::from(indices == Indices::Values)),
            headed: false,
            numbered: named.is_some(),
            index_columns: None,
        };
        let classes = self.judged(&rows)?;
        self.rebuilt(span, &classes, |row, entry| {
            let class = self.names.after(classes.of[row]);
            let parts = [entry.key.clone(), entry.value.clone()];
            let counting =
                classes.counting.iter().filter_map(|(column, base)| Some((parts.get(*column)?, base)));
            let counting = counting.filter(|(part, _)| !self.text[(*part).clone()].starts_with('{'));
            let changes = counting
                .map(|(part, base)| (part.clone(), counted_on(&self.text[part.clone()], class + base)));
            text_edit::apply_within(self.text, entry.span(), changes.collect())
        })
    }

    /// A map whose keys are labels, if perhaps not all: to indices, or to whatever else each class has.
    fn by_label(
        &mut self,
        span: Range<usize>,
        entries: &[Entry],
        keys: &[String],
        named: Option<Indices>,
    ) -> Option<String> {
        let index = |entry: &Entry| self.text[entry.value.clone()].parse::<usize>().ok();
        let indices: Option<Vec<usize>> = entries.iter().map(index).collect();
        let is_whole = entries.len() == self.names.distinct();
        let fits =
            |indices: &Vec<usize>| indices.iter().zip(keys).all(|(class, name)| self.names.is(*class, name));
        match indices {
            Some(indices) if fits(&indices) && (is_whole || named == Some(Indices::Values)) => {
                shorter(self.names, self.text, span, Some(Indices::Values))
            }
            Some(indices) if named == Some(Indices::Values) => {
                let row = indices.iter().zip(keys).position(|(class, name)| !self.names.is(*class, name))?;
                let one = std::slice::from_ref(&keys[row]);
                let difference = self.names.difference(one, |_| indices[row]);
                self.found.contradiction = self.found.contradiction.take().or(difference);
                None
            }
            _ if is_whole => Some(text_edit::rebuilt(self.text, span, |at, entry| {
                self.names.stays(&keys[at]).then(|| text_edit::verbatim(self.text, entry))
            })),
            _ => None,
        }
    }

    fn says(&self, key: &str) -> Speaks {
        let file = if key == self.name { self.speaks } else { self.speaks.min(Speaks::Somewhat) };
        file.max(Speaks::of_key(key, self.names.has_labels()))
    }

    /// The classes of rows, if they are those; else it is remembered what they may be.
    fn judged(&mut self, rows: &Rows) -> Option<Classes> {
        match judge(self.names, rows) {
            Judged::Classes(classes) => return Some(classes),
            Judged::Contradiction(difference) => {
                self.found.contradiction.get_or_insert(difference);
            }
            // Where no labels are known, every list of as many entries could be one of them.
            Judged::Unclear => {
                self.found.unclear |= self.names.has_labels() || rows.speaks != Speaks::Not;
            }
            Judged::Other => {}
        }
        None
    }

    fn rebuilt(
        &self,
        span: Range<usize>,
        classes: &Classes,
        keep: impl Fn(usize, &Entry) -> String,
    ) -> Option<String> {
        Some(text_edit::rebuilt(self.text, span, |row, entry| {
            let class = *classes.of.get(row)?;
            self.names.keeps(class).then(|| keep(row, entry))
        }))
    }

    /// Texts and numbers of all entries.
    fn scalars(&self, entries: &[Entry], part: impl Fn(&Entry) -> Range<usize>) -> Option<Vec<String>> {
        entries.iter().map(|entry| scalar(self.text, part(entry))).collect()
    }
}

/// Which side of a map has the indices, by the name of what it is in.
fn names_indices_of(name: &str) -> Option<Indices> {
    RelPath::try_from(name).ok().and_then(|name| names_indices(&name))
}

fn scalar(text: &str, span: Range<usize>) -> Option<String> {
    let written = text.get(span.clone()).filter(|it| !it.is_empty() && !it.starts_with(['{', '[']))?;
    Some(literal::either_string(text, span).unwrap_or_else(|| written.to_owned()))
}

/// The members that all objects have, with a text or a number each: their keys, and by key the values of all.
fn members(text: &str, entries: &[Entry]) -> (Vec<String>, Vec<Vec<String>>) {
    let objects: Vec<HashMap<String, String>> = entries
        .iter()
        .map(|entry| {
            let members = literal::entries(text, entry.value.clone());
            let pair = |it: Entry| Some((literal::either_string(text, it.key)?, scalar(text, it.value)?));
            // Of a key that is there twice the first counts.
            members.into_iter().rev().filter_map(pair).collect()
        })
        .collect();
    let first = entries.first().map(|entry| literal::entries(text, entry.value.clone())).unwrap_or_default();
    let keys = first.into_iter().take(MAX_KEYS).filter_map(|it| literal::either_string(text, it.key));
    let column = |key: &String| objects.iter().map(|object| object.get(key).cloned()).collect::<Option<_>>();
    keys.filter_map(|key| Some((column(&key)?, key))).map(|(column, key)| (key, column)).unzip()
}
