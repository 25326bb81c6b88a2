//! What a removal changed besides the values of tensors, in the words of its finding.

use std::collections::BTreeMap;

use declass_formats::{Artifact, Diff, RelPath, Role, StructureChange};
use serde_json::Value;

/// The changed tensors by name, then files and parts of the weights, as the middle of a sentence. The model
/// card is left out: whoever publishes may write another at any time.
pub(super) fn besides(diff: &Diff, before: &Artifact, after: &Artifact) -> String {
    let tensors: Vec<String> = diff.tensors.iter().map(|change| format!("`{}`", change.name)).collect();
    let parts = [files(diff, before, after), parts(&diff.structure)].concat();
    let tensors = if tensors.is_empty() { String::new() } else { format!(" ({})", some(&tensors)) };
    let parts = if parts.is_empty() { String::new() } else { format!("; also {}", some(&parts)) };
    tensors + &parts
}

/// Changed parts of the weights; many of one kind are counted. Added and removed tensors are named already.
fn parts(structure: &[StructureChange]) -> Vec<String> {
    let mut kinds: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for change in structure.iter().filter(|change| change.kind != "initializer") {
        kinds.entry((change.kind, &change.what)).or_default().push(&change.place);
    }
    let words = |((kind, what), places): ((&str, &str), Vec<&str>)| match places.as_slice() {
        [place] => format!("{place} {what}"),
        places => format!("{} x {kind} {what}", places.len()),
    };
    kinds.into_iter().map(words).collect()
}

/// Changed files that are not weights, of the configuration with the changed keys.
fn files(diff: &Diff, before: &Artifact, after: &Artifact) -> Vec<String> {
    let role = |path: &RelPath| {
        before.files().iter().chain(after.files()).find(|file| file.path == *path).map(|file| file.role)
    };
    let differing = diff.files.iter().filter(|file| file.before != file.after);
    let words = differing.filter_map(|file| match role(&file.path)? {
        Role::Card | Role::Weights => None,
        Role::Companion => Some(file.path.to_string()),
        Role::Config => {
            let keys = keys(before.config()?, after.config()?);
            Some(format!("{} ({})", file.path, keys.join(", ")))
        }
    });
    words.collect()
}

/// The outermost keys whose values differ.
fn keys(before: &Value, after: &Value) -> Vec<String> {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else { return Vec::new() };
    let added = new.keys().filter(|key| !old.contains_key(*key));
    old.keys().chain(added).filter(|key| old.get(*key) != new.get(*key)).cloned().collect()
}

/// The first few, and how many more there are.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A finding is one line; all names are in the figures.
const SHOWN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_counted() {
        let change = |kind, name: &str| StructureChange {
            kind,
            name: name.into(),
            place: format!("{kind} `{name}`"),
            what: "removed".into(),
        };
        let found = parts(&[change("value_info", "a"), change("output", "y"), change("value_info", "b")]);
        assert_eq!(found, ["output `y` removed", "2 x value_info removed"]);
        let names: Vec<String> = (0..8).map(|at| at.to_string()).collect();
        assert_eq!(some(&names), "0, 1, 2, 3, 4, 5 and 2 more");
    }
}
