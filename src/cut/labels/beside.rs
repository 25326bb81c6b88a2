//! Files beside a model whose name says that they list its classes.

use declass_formats::{Artifact, MAX_VALUES, RelPath, Role};
use serde_json::Value;

use super::{
    super::literal,
    maps::{Indices, of_map, orientation},
};
use crate::classes::{Labels, lines};

/// Names of such files, without their endings.
pub(crate) const LABEL_FILES: [&str; 16] = [
    "categories",
    "class_names",
    "class_to_idx",
    "classes",
    "classnames",
    "id2label",
    "idx_to_class",
    "index_to_name",
    "label",
    "label2id",
    "label_map",
    "label_mapping",
    "label_names",
    "labelmap",
    "labels",
    "names",
];
/// Most bytes of such a file.
const MAX_SIZE: u64 = 8 << 20;
/// Most such files, whose names may differ in case only, and most labels in all of them.
const MAX_FILES: usize = 32;
const MAX_LABELS: usize = MAX_VALUES;

/// The labels of every such file that is understood, by path.
pub(super) fn lists(artifact: &Artifact) -> Vec<Labels> {
    let files = artifact.files().iter();
    let listing = files.filter(|file| file.role == Role::Companion && file.size <= MAX_SIZE);
    let named = listing.filter_map(|file| Some((file, reader(&file.path)?))).take(MAX_FILES);
    let read = named.filter_map(|(file, read)| {
        let text = String::from_utf8(artifact.read_file(&file.path).ok()?).ok()?;
        let names = read(&file.path, without_mark(&text)).filter(|names| names.len() > 1)?;
        Some(Labels { names, source: file.path.to_string() })
    });
    let mut left = MAX_LABELS;
    let fits = |labels: &Labels| {
        let rest = left.checked_sub(labels.names.len());
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    read.filter(fits).collect()
}

/// A text without the mark that some editors put in front of UTF-8.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

type Read = fn(&RelPath, &str) -> Option<Vec<String>>;

fn reader(path: &RelPath) -> Option<Read> {
    let (stem, ending) = path.as_str().rsplit_once('.')?;
    if !LABEL_FILES.contains(&stem.to_ascii_lowercase().as_str()) {
        return None;
    }
    match ending.to_ascii_lowercase().as_str() {
        "json" => Some(of_json),
        "txt" => Some(|_, text| lines(text)),
        _ => None,
    }
}

fn of_json(path: &RelPath, text: &str) -> Option<Vec<String>> {
    let value = declass_formats::parse_json(text.as_bytes()).ok()?;
    let entries = literal::entries(text, 0..text.len());
    match &value {
        Value::Array(list) => list.iter().map(|name| Some(name.as_str()?.to_owned())).collect(),
        // A parser drops what is there twice.
        Value::Object(map) if map.len() == entries.len() => {
            let by_value = map.values().all(Value::is_u64);
            let indices =
                if by_value { names_indices(path).unwrap_or(orientation(map)) } else { Indices::Keys };
            of_map(map, indices).ok()
        }
        _ => None,
    }
}

/// What the name of a file says of the map in it.
pub(crate) fn names_indices(path: &RelPath) -> Option<Indices> {
    let name = path.file_name().to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match (any(&["2id", "to_id", "2idx", "to_index"]), any(&["id2", "id_to", "idx2", "idx_to", "index_to"])) {
        (true, false) => Some(Indices::Values),
        (false, true) => Some(Indices::Keys),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_values_than_any_list_has_are_not_read() {
        let path = RelPath::try_from("labels.json").unwrap();
        assert_eq!(of_json(&path, &format!("[{}\"a\"]", "\"\",".repeat(MAX_VALUES))), None);
    }

    #[test]
    fn the_name_of_a_file_tells_which_side_has_the_indices() {
        let read = |name: &str, text: &str| of_json(&RelPath::try_from(name).unwrap(), text);
        let digits = r#"{"1": 0, "0": 1}"#;
        assert_eq!(read("label2id.json", digits).unwrap(), ["1", "0"]);
        assert_eq!(read("id2label.json", digits).unwrap(), ["1", "0"]);
        assert_eq!(read("label_map.json", r#"{"b": 1, "a": 0}"#).unwrap(), ["a", "b"]);
        assert_eq!(read("label_map.json", r#"{"a": 0, "a": 1}"#), None);
    }
}
