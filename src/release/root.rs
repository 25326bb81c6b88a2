//! The root digest of a release, as OpenSSF Model Signing v1.0 serialises files: SHA-256 over the concatenated
//! digests of all files, ordered by path components.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};

/// Paths that a root digest leaves out: git's own files, the card, and what is said about the release.
pub(super) const IGNORED: [&str; 8] = [
    ".git",
    ".gitattributes",
    ".github",
    ".gitignore",
    "README.md",
    "class-removal.sigstore.json",
    "class-removal.statement.json",
    "model.sig",
];

/// The root digest of these files.
#[must_use]
pub fn root_digest(files: &BTreeMap<&RelPath, Sha256Digest>) -> Sha256Digest {
    let kept = files.iter().filter(|(path, _)| !is_ignored(path));
    let digests: Vec<u8> = kept.flat_map(|(_, digest)| digest.0).collect();
    Sha256Digest::of(&digests)
}

/// Whether the root digest leaves a file out.
pub(super) fn is_ignored(path: &RelPath) -> bool {
    let top = path.as_str().split('/').next().unwrap_or_default();
    IGNORED.contains(&path.as_str()) || IGNORED.contains(&top)
}
