//! `config.json`: maps and lists of labels, and their number.

use std::ops::Range;

use declass_formats::RelPath;

use super::{
    Looked, json,
    lists::shorter,
    literal_text::{self as text_edit, Changes},
    names::Names,
    which::{Speaks, stem},
};
use crate::cut::{
    ARGUMENTS, COUNTS, Indices, PARTS,
    literal::{self, Entry},
};

/// What timm says of the training that a model comes from.
const PRETRAINED: &str = "pretrained_cfg";

pub(super) fn look(names: &Names<'_>, path: &RelPath, text: &str) -> Looked {
    let mut seen = Vec::new();
    let mut changes = part(names, text, 0..text.len(), &mut seen);
    for name in PARTS.into_iter().chain([ARGUMENTS, PRETRAINED]) {
        if let Some(span) = literal::member(text, 0..text.len(), name) {
            changes.extend(part(names, text, span, &mut seen));
        }
    }
    let found = json::walk(names, stem(path), Speaks::Not, text, &seen);
    changes.extend(found.changes);
    let new = text_edit::apply(text, changes);
    let left = declass_formats::parse_json(new.as_bytes()).unwrap_or_default();
    let is_stale = found.unclear || json::names_gone(names, &left);
    Looked { new: Some(new), stale: is_stale.then_some(None), contradiction: found.contradiction }
}

/// The changes of one object that may speak of the classes; `seen` gets the places that are settled.
fn part(names: &Names<'_>, text: &str, span: Range<usize>, seen: &mut Vec<Range<usize>>) -> Changes {
    let mut changes = Changes::new();
    let mut settle = |value: Range<usize>, new: Option<String>| {
        seen.push(value.clone());
        changes.extend(new.map(|new| (value, new)));
    };
    for (key, indices) in [
        ("id2label", Some(Indices::Keys)),
        ("label2id", Some(Indices::Values)),
        ("label_names", None),
        ("labels", None),
    ] {
        if let Some(value) = literal::member(text, span.clone(), key) {
            let new = shorter(names, text, value.clone(), indices);
            settle(value, new);
        }
    }
    for key in COUNTS {
        if let Some(value) = literal::member(text, span.clone(), key)
            && text[value.clone()].parse() == Ok(names.classes)
        {
            settle(value, Some(names.left().to_string()));
        }
    }
    if let Some(value) = literal::member(text, span.clone(), "label_descriptions") {
        let named = || forgotten_names(names, text, literal::member(text, span.clone(), "label_names")?);
        let by_name = || descriptions(text, value.clone(), &named()?);
        let new = shorter(names, text, value.clone(), None).or_else(by_name);
        settle(value, new);
    }
    changes
}

/// timm may describe labels in a map by name.
fn descriptions(text: &str, span: Range<usize>, gone: &[String]) -> Option<String> {
    let is_map = literal::entries(text, span.clone()).iter().all(|entry| !entry.key.is_empty());
    is_map.then(|| {
        text_edit::rebuilt(text, span, |_, entry| {
            let name = literal::string(text, entry.key.clone())?;
            (!gone.contains(&name)).then(|| text_edit::verbatim(text, entry))
        })
    })
}

/// The names in a list that only forgotten classes have.
fn forgotten_names(names: &Names<'_>, text: &str, span: Range<usize>) -> Option<Vec<String>> {
    let entries: Vec<Entry> = literal::entries(text, span);
    let all: Vec<String> =
        entries.into_iter().map(|entry| literal::string(text, entry.value)).collect::<Option<_>>()?;
    let stays = |name: &String| all.iter().enumerate().any(|(class, it)| it == name && names.keeps(class));
    Some(all.iter().filter(|name| !stays(name)).cloned().collect())
}
