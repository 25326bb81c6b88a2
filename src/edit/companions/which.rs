//! Which files and lists may be of the classes, by their names.

use declass_formats::RelPath;

use crate::cut::{COUNTS, LABEL_FILES};

/// Beginnings of names of files that list something else, however many entries they have.
const OTHERS: [&str; 17] = [
    "adapter_",
    "added_tokens",
    "authors",
    "bpe",
    "changelog",
    "chat_template",
    "contributors",
    "copying",
    "licence",
    "license",
    "merges",
    "notice",
    "readme",
    "requirements",
    "special_tokens",
    "tokenizer",
    "vocab",
];

/// Words of names that lists of classes have, and beginnings of such words.
const WORDS: [&str; 5] = ["idx", "mapping", "names", "tag", "tags"];
const BEGINNINGS: [&str; 7] = ["categor", "class", "id2", "idx2", "label", "name2", "synset"];
/// Keys with the number of classes, beside those of a `config.json`.
const OTHER_COUNTS: [&str; 4] = ["n_classes", "nb_classes", "nc", "number_of_classes"];
/// Headings of columns with indices, beside those that end in such a word.
const INDICES: [&str; 7] = ["i", "id", "idx", "index", "key", "no", "number"];

/// How surely the name of a file or of a list says that it is about the classes.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Speaks {
    #[default]
    Not,
    /// One of its words may mean them.
    Somewhat,
    /// It is called as their list is.
    Surely,
}

impl Speaks {
    /// Of a file. Names alone may be those of anybody where the classes have other ones.
    pub(super) fn of_file(path: &RelPath, has_labels: bool) -> Self {
        let lower = path.file_name().to_ascii_lowercase();
        let stem = lower.rsplit_once('.').map_or(lower.as_str(), |(stem, _)| stem);
        // As `labels_de` or `labels-fr`.
        let language = |end: &str| end.len() == 2 && end.bytes().all(|it| it.is_ascii_alphabetic());
        let plain = stem.rsplit_once(['_', '-', '.']).filter(|(_, end)| language(end)).map(|(stem, _)| stem);
        let listed = |stem: &str| LABEL_FILES.contains(&stem) && !(has_labels && stem == "names");
        match listed(stem) || plain.is_some_and(listed) {
            true => Self::Surely,
            false => Self::of_words(&lower),
        }
    }

    /// Of a list with this key.
    pub(super) fn of_key(key: &str, has_labels: bool) -> Self {
        let listed = !has_labels && LABEL_FILES.contains(&key.to_ascii_lowercase().as_str());
        if listed { Self::Surely } else { Self::of_words(key) }
    }

    fn of_words(name: &str) -> Self {
        if speaks_of_classes(name) { Self::Somewhat } else { Self::Not }
    }
}

pub(super) fn is_other(path: &RelPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    OTHERS.iter().any(|start| name.starts_with(start))
}

pub(super) fn ending(path: &RelPath) -> &str {
    path.file_name().rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// The name of a file without its ending.
pub(super) fn stem(path: &RelPath) -> &str {
    path.file_name().rsplit_once('.').map_or(path.file_name(), |(stem, _)| stem)
}

/// Whether the name of a file or of a key says that it is about classes.
pub(super) fn speaks_of_classes(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = words(&lower);
    words.any(|word| WORDS.contains(&word) || BEGINNINGS.iter().any(|start| word.starts_with(start)))
}

/// Whether a file's name says so.
pub(super) fn is_named(path: &RelPath) -> bool {
    speaks_of_classes(path.file_name())
}

/// Whether a number under this key is that of the classes.
pub(super) fn is_count(key: &str) -> bool {
    COUNTS.iter().chain(&OTHER_COUNTS).any(|count| *count == key)
}

/// Whether a heading is one of a column with indices.
pub(super) fn is_index(heading: &str) -> bool {
    let lower = heading.to_ascii_lowercase();
    words(&lower).last().is_none_or(|word| INDICES.contains(&word))
}

/// Whether a list of numbers under this key has one for each class. That is less than what tensors are asked for:
/// the `loss_weights` of a configuration count its losses.
pub(super) fn is_per_class(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [
        "class_weight",
        "class_count",
        "class_prior",
        "classwise",
        "label_weight",
        "per_class",
        "per_label",
        "pos_weight",
        "threshold",
    ]
    .iter()
    .any(|word| key.contains(word))
}

/// Whether something of this name counts pairs of classes.
pub(super) fn is_of_pairs(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("confusion") || key.contains("confmat") || words(&key).any(|word| word == "cm")
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}
