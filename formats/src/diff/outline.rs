//! What weights consist of besides the values of their tensors, as a list of named parts.

use std::collections::{BTreeMap, BTreeSet};

use super::StructureChange;
use crate::part::Part;

/// How two lists of parts differ: contents, and the order of those that both have.
pub(super) fn compare(before: &[Part], after: &[Part]) -> Vec<StructureChange> {
    let (old, new) = (keyed(before), keyed(after));
    let change = |part: &Part, what: &str| StructureChange {
        kind: part.kind,
        name: part.name.clone(),
        place: part.label.clone(),
        what: what.to_owned(),
    };
    let mut changes = Vec::new();
    for (key, part) in &old {
        match new.get(key) {
            Some((_, other)) if part.1.content != other.content => {
                changes.push((part.0, change(part.1, "changed")))
            }
            None if part.1.counts => changes.push((part.0, change(part.1, "removed"))),
            _ => {}
        }
    }
    for (key, (position, part)) in &new {
        if part.counts && !old.contains_key(key) {
            changes.push((*position, change(part, "added")));
        }
    }
    changes.sort_by_key(|(position, _)| *position);
    let orders = disordered(&old, &new).into_iter();
    let orders = orders.map(|kind| StructureChange {
        kind,
        name: String::new(),
        place: format!("every {kind}"),
        what: "order changed".into(),
    });
    changes.into_iter().map(|(_, change)| change).chain(orders).collect()
}

/// A part's kind, its name, and which of the parts of that kind and name it is.
type Key<'p> = (&'static str, &'p str, usize);

/// Parts by key, with their positions.
type Keyed<'p> = BTreeMap<Key<'p>, (usize, &'p Part)>;

fn keyed(parts: &[Part]) -> Keyed<'_> {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let entries = parts.iter().enumerate().map(|(position, part)| {
        let count = seen.entry((part.kind, &part.name)).or_default();
        *count += 1;
        ((part.kind, part.name.as_str(), *count), (position, part))
    });
    entries.collect()
}

/// Kinds whose parts do not follow each other as they did.
fn disordered<'p>(old: &Keyed<'p>, new: &Keyed<'p>) -> BTreeSet<&'static str> {
    let order = |of: &Keyed<'p>, other: &Keyed<'p>| {
        let mut common: Vec<_> = of.iter().filter(|(key, _)| other.contains_key(*key)).collect();
        // Kinds may be interleaved in any way, so that each is ordered by itself.
        common.sort_by_key(|((kind, ..), (position, _))| (*kind, *position));
        common.into_iter().map(|(key, _)| *key).collect::<Vec<_>>()
    };
    let pairs = order(old, new).into_iter().zip(order(new, old));
    pairs.filter(|(a, b)| a != b).map(|((kind, ..), _)| kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sha256Digest;

    fn part(name: &str, content: &str) -> Part {
        let content = Sha256Digest::of(content.as_bytes());
        Part { kind: "node", name: name.into(), label: name.into(), content, counts: true }
    }

    #[test]
    fn changes_and_order() {
        let before = [part("a", "1"), part("b", "2"), part("c", "3"), part("c", "3")];
        let changes = |after: &[Part]| -> Vec<_> {
            compare(&before, after)
                .into_iter()
                .map(|change| format!("{} {}", change.place, change.what))
                .collect()
        };
        assert!(changes(&before).is_empty());
        assert_eq!(changes(&before[1..]), ["a removed"]);
        assert_eq!(changes(&[part("a", "1"), part("b", "x"), part("c", "3")]), ["b changed", "c removed"]);
        let [a, b, c, d] = before.clone();
        assert_eq!(changes(&[b, a, part("z", ""), c, d]), ["z added", "every node order changed"]);
    }
}
