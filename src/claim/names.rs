//! The names of a release's own files: nowhere else are they spelt.

use std::path::Path;

use declass_formats::{Artifact, FormatError, RelPath};

use crate::sign::{MAX_BUNDLE, SIGNATURE_FILE};

/// The claim as a signed envelope.
pub const CLAIM_FILE: &str = "class-removal.sigstore.json";
/// The claim as long as nobody has signed it.
pub const STATEMENT_FILE: &str = "class-removal.statement.json";
/// The model card, which is no part of the claim and may be written anew at any time.
pub const CARD_FILE: &str = "README.md";

/// The files that make a folder a release.
pub const MARKS: [&str; 3] = [CLAIM_FILE, SIGNATURE_FILE, STATEMENT_FILE];

/// The most bytes that are read of a claim or a signature: a manifest of some hundred thousand files.
pub const MAX_RECORD: u64 = MAX_BUNDLE;

/// The most bytes that all claims and signatures of one release have together.
pub const MAX_RECORDS: u64 = 128 << 20;

/// Most further files of a model that a claim names.
pub(crate) const MOST_OTHER_FILES: usize = 64;

/// Removals in a row that a release can record.
pub(crate) const MOST_EARLIER: usize = 99;

/// File name of the claim that came so many removals before the present one.
#[must_use]
pub fn earlier_claim(at: usize) -> String {
    format!("class-removal.previous-{at}.json")
}

/// Whether a path is one that a release has a claim or a signature at.
#[must_use]
pub fn is_record(path: &RelPath) -> bool {
    MARKS.contains(&path.as_str()) || is_earlier_claim(path)
}

/// Whether a path is one that a release has the claim of an earlier removal at.
#[must_use]
pub fn is_earlier_claim(path: &RelPath) -> bool {
    (1..=MOST_EARLIER).any(|at| path.as_str() == earlier_claim(at))
}

/// Whether a file, in whatever folder, has the name of a claim or a signature: a copy of the model leaves it
/// out.
#[must_use]
pub fn looks_like_record(path: &RelPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    name == SIGNATURE_FILE || name.starts_with("class-removal.")
}

/// Opens a model, or the one of a release: claims and signatures are about it and no part of it.
///
/// # Errors
/// As [`Artifact::open`].
pub fn open_model(path: &Path) -> Result<Artifact, FormatError> {
    Artifact::open_leaving_out(path, looks_like_record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_lie_at_the_top_and_have_exactly_their_names() {
        let is = |path: &str| {
            let path = RelPath::try_from(path).unwrap();
            (is_record(&path), looks_like_record(&path))
        };
        for path in [CLAIM_FILE, STATEMENT_FILE, SIGNATURE_FILE, "class-removal.previous-99.json"] {
            assert_eq!(is(path), (true, true), "{path}");
        }
        for path in [
            "x/model.sig",
            "class-removal.previous-100.json",
            "Class-Removal.md",
            "class-removal.previous-01.json",
        ] {
            assert_eq!(is(path), (false, true), "{path}");
        }
        assert_eq!(is("README.md"), (false, false));
    }
}
