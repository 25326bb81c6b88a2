//! The root digest of a release, as OpenSSF Model Signing v1.0 serialises files: SHA-256 over the
//! concatenated digests of all files, ordered by path components.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};

use super::names::{CARD_FILE, CLAIM_FILE, STATEMENT_FILE};
use crate::sign::{SIGNATURE_FILE, root_of};

/// What a claim calls all files of the release together.
pub const ALL_FILES: &str = "oms-root";
/// What a claim calls the whole input.
pub const INPUT_MODEL: &str = "input-model";

/// What a release's folder may hold besides the files of the model: git's own files, the card, claims and
/// signatures.
const BESIDES: [&str; 8] = [
    ".git",
    ".gitattributes",
    ".github",
    ".gitignore",
    CARD_FILE,
    CLAIM_FILE,
    STATEMENT_FILE,
    SIGNATURE_FILE,
];

/// The root digest of exactly these files.
#[must_use]
pub fn root_digest(files: &BTreeMap<&RelPath, Sha256Digest>) -> Sha256Digest {
    root_of(files.values().copied())
}

/// Paths at the top of the folder that whoever computes the root digest from a folder has to leave out; never
/// a file of the model, whatever its name.
#[must_use]
pub fn ignored(files: &BTreeMap<&RelPath, Sha256Digest>) -> Vec<&'static str> {
    let top = |path: &RelPath| path.as_str().split('/').next().unwrap_or_default().to_owned();
    BESIDES.into_iter().filter(|name| !files.keys().any(|path| top(path) == *name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_model_counts_whatever_its_name() {
        let paths = ["README.md/weights.json", "model.safetensors", "model.sig"];
        let paths = paths.map(|path| RelPath::try_from(path).unwrap());
        let files = |contents: [&[u8]; 3]| -> Vec<Sha256Digest> {
            contents.into_iter().map(Sha256Digest::of).collect()
        };
        let root = |digests: Vec<Sha256Digest>| root_digest(&paths.iter().zip(digests).collect());
        let before = root(files([b"a", b"b", b"c"]));
        for changed in [[&b"x"[..], b"b", b"c"], [b"a", b"b", b"x"]] {
            assert_ne!(root(files(changed)), before);
        }
        let ignored = ignored(&paths.iter().zip(files([b"a", b"b", b"c"])).collect());
        assert!(!ignored.contains(&"README.md") && !ignored.contains(&"model.sig"), "{ignored:?}");
        assert!(ignored.contains(&"class-removal.statement.json"));
    }
}
