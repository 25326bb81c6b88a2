//! Roots and proofs against the vectors of Certificate Transparency and against brute force.

use super::*;

/// The leaves that implementations of RFC 6962 are commonly tested with.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
/// The roots of the first one, two, ... of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves(count: usize) -> Vec<Sha256Digest> {
    (0..count).map(|i| leaf(format!("entry {i}").as_bytes())).collect()
}

/// The definition of RFC 6962, word by word.
fn defined(leaves: &[Sha256Digest]) -> Sha256Digest {
    match leaves {
        [] => Sha256Digest::of(&[]),
        [leaf] => *leaf,
        _ => {
            let mut half = 1;
            while 2 * half < leaves.len() {
                half *= 2;
            }
            node(defined(&leaves[..half]), defined(&leaves[half..]))
        }
    }
}

#[test]
fn roots_are_those_of_the_known_vectors() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(root(&[]).to_string(), empty);
    let leaves: Vec<_> = LEAVES.into_iter().map(leaf).collect();
    for (i, expected) in ROOTS.into_iter().enumerate() {
        assert_eq!(root(&leaves[..=i]).to_string(), expected);
    }
    let path: Vec<String> = inclusion(&leaves[..3], 1).iter().map(ToString::to_string).collect();
    assert_eq!(path, [ROOTS[0].to_owned(), leaf(b"\x10").to_string()]);
}

#[test]
fn all_proofs_of_all_sizes_to_70_hold_and_no_other_ones() {
    for size in 0..=70 {
        let leaves = leaves(size);
        let whole = (size as u64, root(&leaves));
        assert_eq!(whole.1, defined(&leaves), "size {size}");
        for index in 0..size {
            inclusion_holds(&leaves, index, whole);
        }
        for old in 0..=size {
            consistency_holds(&leaves, old, whole);
        }
    }
}

fn inclusion_holds(leaves: &[Sha256Digest], index: usize, (size, root): (u64, Sha256Digest)) {
    let path = inclusion(leaves, index);
    let leads = |index: usize, size: u64, path: &[Sha256Digest]| {
        root_by_inclusion(index as u64, size, leaves[index % leaves.len()], path) == Some(root)
    };
    assert!(leads(index, size, &path), "{index} of {size}");
    assert!((0..leaves.len() + 2).all(|other| other == index || !leads(other, size, &path)));
    for bad in damaged(&path) {
        assert!(!leads(index, size, &bad), "{index} of {size}");
    }
}

fn consistency_holds(leaves: &[Sha256Digest], old: usize, new: (u64, Sha256Digest)) {
    let path = consistency(leaves, old);
    let before = (old as u64, root(&leaves[..old]));
    assert!(is_consistent(before, new, &path), "{old} of {}", new.0);
    if old == 0 {
        return;
    }
    let other = Sha256Digest::of(b"other");
    assert!(!is_consistent((before.0, other), new, &path));
    assert!(!is_consistent(before, (new.0, other), &path));
    assert!(!is_consistent((before.0 + 1, before.1), new, &path));
    for bad in damaged(&path) {
        assert!(!is_consistent(before, new, &bad), "{old} of {}", new.0);
    }
}

/// A path with each step changed or left out, and with one too many.
fn damaged(path: &[Sha256Digest]) -> Vec<Vec<Sha256Digest>> {
    let mut bad = vec![[path, &[Sha256Digest::of(b"one more")]].concat()];
    for step in 0..path.len() {
        let (mut changed, mut shorter) = (path.to_vec(), path.to_vec());
        changed[step].0[7] ^= 1;
        shorter.remove(step);
        bad.extend([changed, shorter]);
    }
    bad
}

#[test]
fn absurd_sizes_are_no_trouble() {
    let path = vec![leaf(b""); 80];
    for size in [0, 1, u64::MAX / 2 + 1, u64::MAX] {
        let _ = root_by_inclusion(size.saturating_sub(1), size, leaf(b""), &path);
        assert!(!is_consistent((size / 2, path[0]), (size, path[0]), &path));
    }
    assert!(inclusion(&[], 0).is_empty() && inclusion(&leaves(3), 3).is_empty());
}

#[test]
fn many_proofs_are_those_that_are_made_one_by_one() {
    for size in 1..40 {
        let leaves = leaves(size);
        let subtrees = Subtrees::of(&leaves);
        for index in 0..size {
            assert_eq!(subtrees.inclusion(index), inclusion(&leaves, index), "{index} of {size}");
        }
        assert!(subtrees.inclusion(size).is_empty());
    }
}
