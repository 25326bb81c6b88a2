//! What a manifest says held against what a folder holds.

use declass_formats::{RelPath, Sha256Digest};

use super::{Content, Contents, Manifest, SIGNATURE_FILE};

/// What is not as it was signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Difference {
    /// The file has another digest.
    Changed {
        /// As signed.
        signed: Sha256Digest,
        /// As found, or as a git-lfs pointer promises.
        found: Sha256Digest,
    },
    /// Nobody signed it.
    Extra,
    /// The signature leaves out something that a program could load as the model or its code.
    IgnoredModel,
    /// The file was signed and is not there.
    Missing,
    /// A symbolic link or a device: what it stands for can change without it.
    NoFile,
    /// Only the git-lfs pointer of the signed file is there.
    NotFetched,
}

/// All differences, ordered by path components.
#[must_use]
pub fn differences(manifest: &Manifest, contents: &Contents) -> Vec<(RelPath, Difference)> {
    let entries = contents.entries();
    let present =
        entries.iter().map(|(path, content)| (path, difference(manifest, contents, path, *content)));
    let missing = manifest.files().keys().filter(|path| !entries.contains_key(*path));
    let missing = missing.map(|path| (path, Some(Difference::Missing)));
    let mut found: Vec<(RelPath, Difference)> =
        present.chain(missing).filter_map(|(path, what)| Some((path.clone(), what?))).collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn difference(
    manifest: &Manifest,
    contents: &Contents,
    path: &RelPath,
    content: Content,
) -> Option<Difference> {
    match (content, manifest.files().get(path)) {
        (Content::Ignored, None) => must_be_signed(contents, path).then_some(Difference::IgnoredModel),
        (Content::NoFile, _) => Some(Difference::NoFile),
        // A signed file that is ignored at the same time is not looked at.
        (Content::Ignored, Some(_)) => Some(Difference::Missing),
        (Content::File(_) | Content::Pointer(_), None) => Some(Difference::Extra),
        (Content::File(found), Some(&signed)) if found != signed => {
            Some(Difference::Changed { signed, found })
        }
        (Content::File(_), Some(_)) => None,
        (Content::Pointer(found), Some(&signed)) if found != signed => {
            Some(Difference::Changed { signed, found })
        }
        (Content::Pointer(_), Some(_)) => Some(Difference::NotFetched),
    }
}

/// Whether an ignored entry is more than what may lie beside signed files. The signature itself is read as
/// one, and is nothing else.
pub(super) fn must_be_signed(contents: &Contents, path: &RelPath) -> bool {
    contents.is_loadable(path) && path.as_str() != SIGNATURE_FILE
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::try_from(text).unwrap()
    }

    #[test]
    fn every_kind_of_difference_has_its_name() {
        let (a, b) = (Sha256Digest::of(b"a"), Sha256Digest::of(b"b"));
        let names = ["changed", "fetched-wrong", "link", "missing", "pointer", "same"];
        let signed: BTreeMap<RelPath, Sha256Digest> = names.map(|name| (path(name), a)).into();
        let contents: Contents = [
            (".cache/log", Content::Ignored),
            (".cache/model.safetensors", Content::Ignored),
            ("changed", Content::File(b)),
            ("extra", Content::File(a)),
            ("fetched-wrong", Content::Pointer(b)),
            ("link", Content::NoFile),
            ("pointer", Content::Pointer(a)),
            ("same", Content::File(a)),
        ]
        .map(|(name, content)| (path(name), content))
        .into_iter()
        .collect();
        let changed = Difference::Changed { signed: a, found: b };
        let expected = [
            (".cache/model.safetensors", Difference::IgnoredModel),
            ("changed", changed),
            ("extra", Difference::Extra),
            ("fetched-wrong", changed),
            ("link", Difference::NoFile),
            ("missing", Difference::Missing),
            ("pointer", Difference::NotFetched),
        ];
        let expected = expected.map(|(name, difference)| (path(name), difference));
        assert_eq!(differences(&Manifest::new(signed), &contents), expected);
    }
}
