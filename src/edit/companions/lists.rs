//! Lists and maps in JSON and in Python literals that are sure to be of the classes.

use std::ops::Range;

use super::{
    literal_text::{self as text_edit},
    names::Names,
    rows::counted_on,
};
use crate::cut::{
    Indices,
    literal::{self, Entry},
};

/// A list or map of the classes without the forgotten ones, the others renumbered; `None` if it is neither. Of a
/// map, `indices` says which side has them; where nobody says, the keys if they can.
pub(super) fn shorter(
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
    let spelled = |entry: &Entry| literal::either_string(text, entry.key.clone()).unwrap_or_default();
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

/// The map with each entry's index (its key or its value) replaced by the new one, in the same spelling.
fn renumbered(
    names: &Names<'_>,
    text: &str,
    span: Range<usize>,
    indices: &[usize],
    part: fn(&Entry) -> Range<usize>,
) -> String {
    text_edit::rebuilt(text, span, |at, entry| {
        let class = *indices.get(at).filter(|class| names.keeps(**class))?;
        let spelled = counted_on(text.get(part(entry))?, names.after(class));
        Some(text_edit::replaced(text, entry, part(entry), &spelled))
    })
}
