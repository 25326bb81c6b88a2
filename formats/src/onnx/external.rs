//! Changes of external data, the files of weights beside a model.

use std::{collections::BTreeMap, ops::Range};

use super::{
    scalars,
    storage::{self, Source, Storage},
    tree::Message,
};
use crate::{
    FormatError, Problem, RelPath,
    pieces::{Piece, Pieces},
};

/// What becomes of the external files.
pub(super) struct External {
    /// All external data in use, also by tensors in bodies and functions.
    used: Vec<Use>,
    changed: BTreeMap<RelPath, Vec<Change>>,
}

/// A tensor message and the range that it uses.
struct Use {
    path: Vec<usize>,
    name: String,
    file: RelPath,
    range: Range<u64>,
}

/// New bytes for the beginning of a range; the rest of it becomes zero.
struct Change {
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl External {
    pub(super) fn of(source: Source<'_>, tree: &Message) -> Result<Self, FormatError> {
        let mut tensors = Vec::new();
        tree.visit_tensors(&mut Vec::new(), &mut |path, tensor| tensors.push((path.to_owned(), tensor)));
        let mut used = Vec::new();
        for (path, tensor) in tensors {
            let fail = |problem| source.fail(problem);
            if !storage::is_external(source.file, tensor).map_err(fail)? {
                continue;
            }
            let name = scalars::text(source.file, tensor, storage::NAME).map_err(fail)?;
            let (_, storage) = storage::locate(source, tensor, &name)?;
            if let Storage::External { file, range } = storage {
                used.push(Use { path, name, file, range });
            }
        }
        Ok(Self { used, changed: BTreeMap::new() })
    }

    /// Replaces the data of the tensor message at `path`, which may become shorter but not longer.
    pub(super) fn replace(
        &mut self,
        path: &[usize],
        name: &str,
        place: (&RelPath, &Range<u64>),
        bytes: &[u8],
    ) -> Result<(), Problem> {
        let (file, range) = place;
        let shares = |other: &&Use| other.file == *file && overlap(&other.range, range) && other.path != path;
        if let Some(other) = self.used.iter().find(shares) {
            let (tensor, other) = (name.to_owned(), other.name.clone());
            return Err(Problem::SharedData { tensor, other });
        }
        if bytes.len() as u64 > range.end - range.start {
            let what = "external data cannot grow".to_owned();
            return Err(Problem::Tensor { tensor: name.to_owned(), what });
        }
        let changed = self.changed.entry(file.clone()).or_default();
        // A later value of the same tensor replaces an earlier one.
        changed.retain(|done| done.range != *range);
        changed.push(Change { range: range.clone(), bytes: bytes.to_owned() });
        Ok(())
    }

    /// The files that change, as pieces of what they are now. Data of tensors that are gone from the tree
    /// is zeroed there, since removed values must not stay in the file.
    pub(super) fn finish(
        mut self,
        source: Source<'_>,
        tree: &Message,
    ) -> Result<BTreeMap<RelPath, Pieces>, FormatError> {
        let (kept, gone): (Vec<_>, Vec<_>) = self.used.iter().partition(|user| tree.at(&user.path).is_some());
        for user in gone {
            let changed = self.changed.entry(user.file.clone()).or_default();
            let kept = kept.iter().filter(|other| other.file == user.file).map(|other| &other.range);
            let needed: Vec<_> = kept.chain(changed.iter().map(|done| &done.range)).cloned().collect();
            let free = subtract(user.range.clone(), needed).into_iter();
            changed.extend(free.map(|range| Change { range, bytes: Vec::new() }));
        }
        let changed = self.changed.into_iter().filter(|(_, changes)| !changes.is_empty());
        changed
            .map(|(path, changes)| {
                let (_, size) = source.folder.open_file(&path)?;
                Ok((path, spliced(changes, size)))
            })
            .collect()
    }
}

fn spliced(mut changes: Vec<Change>, size: u64) -> Pieces {
    changes.sort_by_key(|change| change.range.start);
    let mut pieces = Pieces::default();
    let mut at = 0;
    for Change { range, bytes } in changes {
        pieces.push(Piece::Source(at..range.start));
        let rest = (range.end - range.start).saturating_sub(bytes.len() as u64);
        pieces.push(Piece::Bytes(bytes));
        pieces.push(Piece::Zeros(rest));
        at = range.end;
    }
    pieces.push(Piece::Source(at..size));
    pieces
}

/// What is left of a range without some others.
fn subtract(range: Range<u64>, mut others: Vec<Range<u64>>) -> Vec<Range<u64>> {
    others.sort_by_key(|other| other.start);
    let mut left = Vec::new();
    let mut at = range.start;
    for other in others.into_iter().filter(|other| overlap(other, &range)) {
        if other.start > at {
            left.push(at..other.start);
        }
        at = at.max(other.end);
    }
    if at < range.end {
        left.push(at..range.end);
    }
    left
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests {
    use super::subtract;

    #[test]
    fn what_is_left_of_a_range() {
        assert_eq!(subtract(2..10, vec![8..12, 0..3, 5..6]), [3..5, 6..8]);
        assert!(subtract(2..10, vec![2..6, 4..10]).is_empty());
    }
}
