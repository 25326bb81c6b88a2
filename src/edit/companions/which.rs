//! Which files may list the classes, by their names.

use declass_formats::RelPath;

/// Beginnings of names of files that list something else, however many entries they have.
const OTHERS: [&str; 22] = [
    "adapter_",
    "added_tokens",
    "authors",
    "bpe",
    "changelog",
    "chat_template",
    "contributors",
    "copying",
    "feature_extractor",
    "generation_config",
    "image_processor",
    "licence",
    "license",
    "merges",
    "notice",
    "preprocessor",
    "processor_config",
    "readme",
    "requirements",
    "special_tokens",
    "tokenizer",
    "vocab",
];

/// Words of names that lists of classes have, and beginnings of such words.
const WORDS: [&str; 5] = ["idx", "mapping", "names", "tag", "tags"];
const BEGINNINGS: [&str; 7] = ["categor", "class", "id2", "idx2", "label", "name2", "synset"];

pub(super) fn is_other(path: &RelPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    OTHERS.iter().any(|start| name.starts_with(start))
}

pub(super) fn ending(path: &RelPath) -> &str {
    path.file_name().rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Whether the name of a file or of a key says that it is about classes.
pub(super) fn speaks_of_classes(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words =
        lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| WORDS.contains(&word) || BEGINNINGS.iter().any(|start| word.starts_with(start)))
}

/// Whether a file's name says so.
pub(super) fn is_named(path: &RelPath) -> bool {
    speaks_of_classes(path.file_name())
}

/// Whether a list of numbers under this key has one for each class. That is less than what tensors are asked for:
/// the `loss_weights` of a configuration count its losses.
pub(super) fn is_per_class(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["class_weight", "class_count", "class_prior", "label_weight", "pos_weight", "threshold"]
        .iter()
        .any(|word| key.contains(word))
}
