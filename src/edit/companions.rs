//! The files beside the weights that name or count the classes: `config.json`, `labels.txt`, `labels.json`.

use std::{collections::BTreeSet, ops::Range};

use declass_formats::RelPath;

use super::{literal_text as text_edit, place::Placement};
use crate::{
    cut::literal::{self, Entry},
    error::Error,
};

/// Objects inside a configuration that repeat what it says about the classes.
const PARTS: &[&str] = &["model_args", "pretrained_cfg", "text_config", "vision_config"];

type Changes = Vec<(Range<usize>, String)>;

/// Shortens every companion file that has as many classes as the head.
pub(super) fn shorten(placement: &mut Placement<'_>) -> Result<(), Error> {
    let paths: Vec<RelPath> = placement.artifact.files().iter().map(|file| file.path.clone()).collect();
    for path in paths {
        let shorten: fn(&Placement<'_>, &str) -> Option<String> = match path.as_str() {
            "config.json" => config,
            "labels.json" => json_labels,
            "labels.txt" => lines,
            _ => continue,
        };
        let Ok(text) = String::from_utf8(placement.artifact.read_file(&path)?) else {
            continue;
        };
        if let Some(new) = shorten(placement, &text).filter(|new| *new != text) {
            placement.edits.files.insert(path, new.into_bytes());
        }
    }
    Ok(())
}

/// A list or map of the classes without the forgotten ones, the others renumbered; `None` if it is neither.
pub(super) fn list(placement: &Placement<'_>, text: &str, span: Range<usize>) -> Option<String> {
    let entries = literal::entries(text, span.clone());
    let indices = |part: fn(&Entry) -> Range<usize>| -> Option<Vec<usize>> {
        let parsed = entries.iter().map(|entry| text.get(part(entry)).and_then(literal::index));
        parsed.map(|index| index.filter(|index| *index < placement.classes)).collect()
    };
    let complete = entries.len() == placement.classes;
    if entries.iter().all(|entry| entry.key.is_empty()) {
        let keep = |at: usize, entry: &Entry| placement.keeps(at).then(|| text_edit::verbatim(text, entry));
        return complete.then(|| text_edit::rebuilt(text, span, keep));
    }
    if let Some(keys) = indices(|entry| entry.key.clone()).filter(|_| complete) {
        return Some(renumbered(placement, text, span, &keys, |entry| entry.key.clone()));
    }
    // Where two classes have one name, the map from names to indices is shorter than the classes.
    let values = indices(|entry| entry.value.clone()).filter(|values| !values.is_empty())?;
    Some(renumbered(placement, text, span, &values, |entry| entry.value.clone()))
}

/// The map with each entry's index (its key or its value) replaced by the new one, in the same quotes.
fn renumbered(
    placement: &Placement<'_>,
    text: &str,
    span: Range<usize>,
    indices: &[usize],
    part: fn(&Entry) -> Range<usize>,
) -> String {
    text_edit::rebuilt(text, span, |at, entry| {
        let class = *indices.get(at).filter(|class| placement.keeps(**class))?;
        let new = class - placement.forgotten.range(..class).count();
        let old = text.get(part(entry))?;
        let digits = old.trim_matches(|letter: char| !letter.is_ascii_digit());
        let spelled = old.replace(digits, &new.to_string());
        Some(text_edit::replaced(text, entry, part(entry), &spelled))
    })
}

fn json_labels(placement: &Placement<'_>, text: &str) -> Option<String> {
    declass_formats::parse_json(text.as_bytes()).ok()?;
    list(placement, text, 0..text.len())
}

fn config(placement: &Placement<'_>, text: &str) -> Option<String> {
    let mut changes = part(placement, text, 0..text.len());
    for name in PARTS {
        if let Some(span) = literal::member(text, 0..text.len(), name) {
            changes.extend(part(placement, text, span));
        }
    }
    Some(text_edit::apply(text, changes))
}

/// The changes of one object that may speak of the classes.
fn part(placement: &Placement<'_>, text: &str, span: Range<usize>) -> Changes {
    let mut changes = Changes::new();
    for key in ["id2label", "label2id", "label_names", "labels"] {
        if let Some(value) = literal::member(text, span.clone(), key)
            && let Some(new) = list(placement, text, value.clone())
        {
            changes.push((value, new));
        }
    }
    for key in ["num_classes", "num_labels", "_num_labels"] {
        if let Some(value) = literal::member(text, span.clone(), key)
            && text[value.clone()].parse() == Ok(placement.classes)
        {
            changes.push((value, placement.left().to_string()));
        }
    }
    if let Some(value) = literal::member(text, span.clone(), "label_descriptions") {
        let named =
            literal::member(text, span, "label_names").map(|names| forgotten_names(placement, text, names));
        let by_name = || descriptions(text, value.clone(), &named.clone()?);
        if let Some(new) = list(placement, text, value.clone()).or_else(by_name) {
            changes.push((value, new));
        }
    }
    changes
}

/// timm may describe labels in a map by name.
fn descriptions(text: &str, span: Range<usize>, gone: &BTreeSet<String>) -> Option<String> {
    let is_map = literal::entries(text, span.clone()).iter().all(|entry| !entry.key.is_empty());
    is_map.then(|| {
        text_edit::rebuilt(text, span, |_, entry| {
            let name = literal::string(text, entry.key.clone())?;
            (!gone.contains(&name)).then(|| text_edit::verbatim(text, entry))
        })
    })
}

fn forgotten_names(placement: &Placement<'_>, text: &str, span: Range<usize>) -> BTreeSet<String> {
    let entries = literal::entries(text, span).into_iter().enumerate();
    entries
        .filter(|(class, _)| !placement.keeps(*class))
        .filter_map(|(_, entry)| literal::string(text, entry.value))
        .collect()
}

/// A plain list, one label a line.
fn lines(placement: &Placement<'_>, text: &str) -> Option<String> {
    let filled = text.lines().filter(|line| !line.trim().is_empty()).count();
    if filled != placement.classes {
        return None;
    }
    let mut class = 0;
    let kept = text.split_inclusive('\n').filter(|line| {
        let named = !line.trim().is_empty();
        class += usize::from(named);
        !named || placement.keeps(class - 1)
    });
    Some(kept.collect())
}
