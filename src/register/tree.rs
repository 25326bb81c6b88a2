//! The Merkle tree of RFC 6962: one digest for all entries, and short proofs about it.

use declass_formats::Sha256Digest;

/// The leaf that an entry is in the tree.
#[must_use]
pub fn leaf(entry: &[u8]) -> Sha256Digest {
    Sha256Digest::of(&[&[0], entry].concat())
}

/// A tree that grows, as the roots of its complete subtrees: enough to know its own root.
#[derive(Clone, Debug, Default)]
pub(super) struct Frontier(Vec<(u64, Sha256Digest)>);

impl Frontier {
    /// Adds a leaf.
    pub(super) fn push(&mut self, leaf: Sha256Digest) {
        let (mut size, mut top) = (1, leaf);
        while let Some((_, left)) = self.0.pop_if(|(of, _)| *of == size) {
            (size, top) = (2 * size, node(left, top));
        }
        self.0.push((size, top));
    }

    /// The root of all leaves so far.
    pub(super) fn root(&self) -> Sha256Digest {
        let subtrees = self.0.iter().rev().map(|(_, root)| *root);
        subtrees.reduce(|right, left| node(left, right)).unwrap_or_else(|| Sha256Digest::of(&[]))
    }
}

/// The root over some leaves.
#[must_use]
pub fn root(leaves: &[Sha256Digest]) -> Sha256Digest {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// Proof that the leaf `index` is in the tree of these leaves: the siblings on its way to the root, from
/// below. Empty if there is no such leaf.
#[must_use]
pub fn inclusion(leaves: &[Sha256Digest], index: usize) -> Vec<Sha256Digest> {
    if leaves.len() <= 1 || index >= leaves.len() {
        return Vec::new();
    }
    let (left, right) = halves(leaves);
    let (mut path, sibling) = match index.checked_sub(left.len()) {
        None => (inclusion(left, index), root(right)),
        Some(index) => (inclusion(right, index), root(left)),
    };
    path.push(sibling);
    path
}

/// The roots of all complete subtrees, for many proofs about one tree.
pub(super) struct Subtrees(Vec<Vec<Sha256Digest>>);

impl Subtrees {
    pub(super) fn of(leaves: &[Sha256Digest]) -> Self {
        let mut levels = vec![leaves.to_vec()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let pairs = below.chunks_exact(2).filter_map(|pair| <[Sha256Digest; 2]>::try_from(pair).ok());
            levels.push(pairs.map(|[left, right]| node(left, right)).collect());
        }
        Self(levels)
    }

    /// [`inclusion`] of the leaf `index` of all of them.
    pub(super) fn inclusion(&self, index: usize) -> Vec<Sha256Digest> {
        let size = self.0[0].len();
        let mut path = Vec::new();
        if index < size {
            self.descend(0, size, index, &mut path);
        }
        path
    }

    /// Puts the siblings on the way from the leaf `index` to the root of these leaves, from below.
    fn descend(&self, from: usize, size: usize, index: usize, path: &mut Vec<Sha256Digest>) {
        let Some(left) = left_of(size as u64).and_then(|left| usize::try_from(left).ok()) else { return };
        if index < from + left {
            self.descend(from, left, index, path);
            path.extend(self.root(from + left, size - left));
        } else {
            self.descend(from + left, size - left, index, path);
            path.extend(self.root(from, left));
        }
    }

    /// The root of `size` leaves from one on, which is where a subtree of the whole begins.
    fn root(&self, from: usize, size: usize) -> Option<Sha256Digest> {
        if size.is_power_of_two() {
            return self.0.get(size.trailing_zeros() as usize)?.get(from / size).copied();
        }
        let left = usize::try_from(left_of(size as u64)?).ok()?;
        Some(node(self.root(from, left)?, self.root(from + left, size - left)?))
    }
}

/// Proof that the tree of these leaves begins with that of the first `old` of them. Empty for none and for
/// all of them.
#[must_use]
pub fn consistency(leaves: &[Sha256Digest], old: usize) -> Vec<Sha256Digest> {
    if old == 0 || old >= leaves.len() { Vec::new() } else { extension(leaves, old, true) }
}

/// `SUBPROOF` of RFC 6962: `whole` as long as the old root itself is known to whoever checks.
fn extension(leaves: &[Sha256Digest], old: usize, whole: bool) -> Vec<Sha256Digest> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = halves(leaves);
    let (mut path, sibling) = match old.checked_sub(left.len()) {
        None | Some(0) => (extension(left, old, whole), root(right)),
        Some(old) => (extension(right, old, false), root(left)),
    };
    path.push(sibling);
    path
}

/// The root that a proof of inclusion leads to; none if it has not the form of one.
#[must_use]
pub fn root_by_inclusion(
    index: u64,
    size: u64,
    leaf: Sha256Digest,
    path: &[Sha256Digest],
) -> Option<Sha256Digest> {
    if index >= size {
        return None;
    }
    let Some((sibling, below)) = path.split_last() else {
        return (size == 1).then_some(leaf);
    };
    let left = left_of(size)?;
    match index.checked_sub(left) {
        None => Some(node(root_by_inclusion(index, left, leaf, below)?, *sibling)),
        Some(index) => Some(node(*sibling, root_by_inclusion(index, size - left, leaf, below)?)),
    }
}

/// Whether a proof shows that the tree with the new root begins with that of the old one. Sizes are numbers
/// of leaves.
#[must_use]
pub fn is_consistent(old: (u64, Sha256Digest), new: (u64, Sha256Digest), path: &[Sha256Digest]) -> bool {
    if old.0 == 0 {
        return path.is_empty() && old.1 == root(&[]);
    }
    old.0 <= new.0 && roots_by_extension(old.0, new.0, Some(old.1), path) == Some((old.1, new.1))
}

/// The old and the new root that a proof of consistency leads to; `whole` as in [`extension`].
fn roots_by_extension(
    old: u64,
    new: u64,
    whole: Option<Sha256Digest>,
    path: &[Sha256Digest],
) -> Option<(Sha256Digest, Sha256Digest)> {
    if old == new {
        return match (whole, path) {
            (Some(root), []) => Some((root, root)),
            (None, [root]) => Some((*root, *root)),
            _ => None,
        };
    }
    let ((sibling, below), left) = (path.split_last()?, left_of(new)?);
    if old <= left {
        let (before, after) = roots_by_extension(old, left, whole, below)?;
        return Some((before, node(after, *sibling)));
    }
    let (before, after) = roots_by_extension(old - left, new - left, None, below)?;
    Some((node(*sibling, before), node(*sibling, after)))
}

fn node(left: Sha256Digest, right: Sha256Digest) -> Sha256Digest {
    Sha256Digest::of(&[&[1], &left.0[..], &right.0[..]].concat())
}

/// How many of `size` leaves are in the left subtree: the largest power of two below; none if there are no
/// two subtrees.
fn left_of(size: u64) -> Option<u64> {
    (size > 1).then(|| size.div_ceil(2).next_power_of_two())
}

fn halves(leaves: &[Sha256Digest]) -> (&[Sha256Digest], &[Sha256Digest]) {
    let left = left_of(leaves.len() as u64).and_then(|left| usize::try_from(left).ok());
    leaves.split_at_checked(left.unwrap_or(0)).unwrap_or((leaves, &[]))
}

#[cfg(test)]
mod tests;
