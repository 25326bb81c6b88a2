//! What a claim says, in formats of others. Nothing is added to it and nothing is checked here: whoever reads
//! an export still needs the claim, which every export names by its digest, and `declass verify`.

mod card;
#[cfg(feature = "compute")]
mod compared;
mod cyclonedx;
#[cfg(feature = "compute")]
mod dossier;
#[cfg(feature = "compute")]
mod fleet;
mod front;
mod intoto;
#[cfg(feature = "compute")]
mod page;
#[cfg(feature = "compute")]
mod report;
mod slsa;
mod yaml;

use declass_formats::Sha256Digest;
use serde_json::Value;

use crate::{claim::Statement, error::Error, evidence::Definition, sign::Bundle};

pub use card::{Beside, card, with_figures as card_with_figures};
pub(crate) use card::{original_in, signed_card};
#[cfg(feature = "compute")]
pub use compared::{Thumbnail, compared, compared_inputs};
#[cfg(feature = "compute")]
pub use dossier::{Dossier, Removed, dossier};
#[cfg(feature = "compute")]
pub use fleet::fleet_page;
pub(crate) use front::attestation;
#[cfg(feature = "compute")]
pub use report::{Entry, Report, Said, Signed, Verdict, report};

/// A claim on disk.
#[derive(Clone, Debug)]
pub struct ClaimFile<'a> {
    /// What it says.
    pub statement: &'a Statement,
    /// Its file name in the release.
    pub name: &'a str,
    /// Digest of the file.
    pub digest: Sha256Digest,
    /// Its envelope, if it is signed.
    pub bundle: Option<&'a Bundle>,
    /// What is said about its checks and metrics.
    pub words: Words,
}

/// Where the words about checks and metrics are looked up: none are in a claim.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The definition of a check by id and version, if this version knows it.
    pub check: fn(&str, u32) -> Option<&'static Definition>,
    /// The definition of a metric.
    pub metric: fn(&str, u32) -> Option<&'static Definition>,
}

/// A format of others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// A CycloneDX 1.6 bill of materials of the released model.
    Cyclonedx,
    /// The signed claim itself as a DSSE envelope.
    Intoto,
    /// An in-toto statement with SLSA's provenance v1, not signed.
    Slsa,
}

impl Format {
    /// The text of a file in this format; `model` is what the release is called. The same claim gives the
    /// same text.
    ///
    /// # Errors
    /// [`Error::Unsigned`] if the format is about signatures, and there is none.
    pub fn export(self, claim: &ClaimFile<'_>, model: &str) -> Result<String, Error> {
        match self {
            Self::Cyclonedx => Ok(pretty(&cyclonedx::export(claim, model))),
            Self::Intoto => intoto::export(claim),
            Self::Slsa => Ok(pretty(&slsa::export(claim))),
        }
    }
}

fn pretty(json: &Value) -> String {
    format!("{json:#}\n")
}
