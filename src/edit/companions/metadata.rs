//! Texts of an ONNX file's metadata that list, name or count the classes.

use declass_formats::RelPath;

use super::{
    Looked, entries,
    json::walk,
    lines,
    lists::shorter,
    literal_text,
    names::Names,
    rows::{Judged, Rows, judge},
    which::{Speaks, is_count, is_per_class},
};
use crate::cut::{LABEL_KEYS, literal};

/// What may stand between the entries of a plain list.
const SEPARATORS: [char; 4] = ['\t', ';', '|', ','];

/// What is found in the text of a key.
pub(in crate::edit) fn look(names: &Names<'_>, key: &str, text: &str) -> Looked {
    if LABEL_KEYS.contains(&key)
        && literal::labels(text).is_some()
        && let Some(new) = shorter(names, text, 0..text.len(), None)
    {
        return Looked::shortened(new);
    }
    if is_count(key) && text.trim().parse() == Ok(names.classes) {
        return Looked::shortened(text.replace(text.trim(), &names.left().to_string()));
    }
    let found = match text.trim_start().starts_with(['[', '{']) {
        true => listed(names, key, text),
        false => plain(names, key, text),
    };
    let still = entries::mentions(names, found.new.as_deref().unwrap_or(text));
    Looked { stale: found.stale.or(still.then_some(None)), ..found }
}

fn listed(names: &Names<'_>, key: &str, text: &str) -> Looked {
    let found = walk(names, key, Speaks::of_key(key, names.has_labels()), text, &[]);
    let new = (!found.changes.is_empty()).then(|| literal_text::apply(text, found.changes));
    Looked { new, stale: found.unclear.then_some(None), contradiction: found.contradiction }
}

/// A list without brackets.
fn plain(names: &Names<'_>, key: &str, text: &str) -> Looked {
    // Lines are read as those of a file of that name.
    if text.contains('\n')
        && let Ok(path) = RelPath::try_from(format!("{key}.txt").as_str())
    {
        return lines::look(names, &path, text);
    }
    let (speaks, per_class) = (Speaks::of_key(key, names.has_labels()), is_per_class(key));
    if names.has_labels() || per_class || speaks != Speaks::Not {
        for separator in SEPARATORS.into_iter().filter(|it| text.contains(*it)) {
            let parts: Vec<&str> = text.split(separator).collect();
            let columns = vec![parts.iter().map(|part| part.trim().to_owned()).collect()];
            let rows = Rows { columns, speaks, per_class, ordered: true, ..Rows::default() };
            match judge(names, &rows) {
                Judged::Classes(classes) => {
                    let kept = parts.iter().zip(&classes.of).filter(|(_, class)| names.keeps(**class));
                    let kept: Vec<&str> = kept.map(|(part, _)| *part).collect();
                    return Looked::shortened(kept.join(&separator.to_string()));
                }
                Judged::Contradiction(difference) => return Looked::contradiction(difference),
                Judged::Unclear => return Looked::stale(parts.len()),
                Judged::Other => {}
            }
        }
    }
    Looked::default()
}
