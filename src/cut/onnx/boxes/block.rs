//! Where the classes are in a value behind the heads of a detector.

use std::collections::BTreeSet;

use super::layout::{Layout, Taken};

/// A value in which the classes are some of the entries of an axis.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Block {
    /// The axis that they are on, counted from the last one.
    pub(super) axis: usize,
    pub(super) rank: usize,
    /// Entries of that axis in front of the first class, where it can be told how many these are.
    pub(super) start: Option<usize>,
    /// All entries of that axis, where it can be told.
    pub(super) extent: Option<usize>,
    /// Whether the classes have become independent probabilities.
    pub(super) squashed: bool,
    /// The heads that made them: their nodes.
    pub(super) heads: BTreeSet<usize>,
    /// What the axis still has to be taken apart into. Until it is, neither `start` nor `extent` is known.
    pub(super) anchored: Option<Layout>,
    /// The narrowest range of entries with all classes that the graph took out.
    pub(super) taken: Option<Taken>,
}

/// What a range of entries of the axis has of the classes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    All,
    None,
    Some,
}

impl Block {
    /// What the entries from `from` to `to` have of so many classes. `None` where it cannot be told.
    pub(super) fn part(&self, from: usize, to: usize, classes: usize) -> Option<Part> {
        let start = self.start?;
        let end = start.checked_add(classes)?;
        Some(match (from, to) {
            (from, to) if from <= start && end <= to => Part::All,
            (from, to) if to <= start || end <= from => Part::None,
            _ => Part::Some,
        })
    }

    /// The same classes, of which there are so many, where only the entries from `from` to `to` are left.
    pub(super) fn within(&self, from: usize, to: usize, classes: usize) -> Self {
        let start = self.start.and_then(|start| start.checked_sub(from));
        let taken = self.start.and_then(|start| {
            let behind = to.checked_sub(start)?.checked_sub(classes)?;
            Some(Taken { front: start.checked_sub(from)?, behind, squashed: self.squashed })
        });
        Self { start, extent: to.checked_sub(from), taken: taken.or(self.taken), ..self.clone() }
    }

    /// The axis counted from the last one, for one that an operator names.
    pub(super) fn counted_from_right(&self, axis: i64) -> Option<usize> {
        match usize::try_from(axis) {
            Ok(axis) => self.rank.checked_sub(axis.checked_add(1)?),
            Err(_) => usize::try_from(-(axis + 1)).ok().filter(|axis| *axis < self.rank),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_all_classes_or_none_or_tears_them_apart() {
        let heads = BTreeSet::from([0]);
        let block = Block {
            axis: 1,
            rank: 3,
            start: Some(4),
            extent: Some(9),
            squashed: false,
            heads,
            anchored: None,
            taken: None,
        };
        assert_eq!(block.part(4, 9, 5), Some(Part::All));
        assert_eq!(block.part(0, 4, 5), Some(Part::None));
        assert_eq!(block.part(9, 12, 5), Some(Part::None));
        assert_eq!(block.part(0, 5, 5), Some(Part::Some));
        assert_eq!(block.within(4, 9, 5).start, Some(0));
        assert_eq!(block.within(3, 9, 5).taken, Some(Taken { front: 1, behind: 0, squashed: false }));
        assert_eq!(Block { start: None, ..block.clone() }.part(0, 9, 5), None);
        assert_eq!(
            [block.counted_from_right(1), block.counted_from_right(-1), block.counted_from_right(3)],
            [Some(1), Some(0), None]
        );
        assert_eq!(block.counted_from_right(i64::MIN), None);
    }
}
