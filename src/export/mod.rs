//! What a claim says, in formats of others. Nothing is added to it and nothing is checked here: whoever reads an export
//! still needs the claim, which every export names by its digest, and `declass verify`.

mod cyclonedx;
mod slsa;

use declass_formats::Sha256Digest;
use serde_json::Value;

use crate::release::Statement;

/// A claim on disk.
#[derive(Clone, Debug)]
pub struct ClaimFile<'a> {
    /// What it says.
    pub statement: &'a Statement,
    /// Its file name in the release.
    pub name: &'a str,
    /// Digest of the file.
    pub digest: Sha256Digest,
}

/// A format of others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// A CycloneDX 1.6 bill of materials of the released model.
    Cyclonedx,
    /// An in-toto statement with SLSA's provenance v1, not signed.
    Slsa,
}

impl Format {
    /// The claim in this format; `model` is what the release is called. The same claim gives the same value.
    #[must_use]
    pub fn export(self, claim: &ClaimFile<'_>, model: &str) -> Value {
        match self {
            Self::Cyclonedx => cyclonedx::export(claim, model),
            Self::Slsa => slsa::export(claim),
        }
    }
}
