//! The claim as bytes: an in-toto Statement v1 about the released files.
//!
//! No clock is read: the same command gives the same bytes, and a signature's time says when.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Predicate, Seed};
use crate::sign::{Digests, InToto};

/// What kind of claim it is, and where its fields are explained.
pub const PREDICATE_TYPE: &str = "https://w3id.org/declass/class-removal/v2";
/// What kind of build SLSA's `buildDefinition` describes.
pub const BUILD_TYPE: &str = "https://w3id.org/declass/class-removal/v2#unlearn";
/// The tool, as SLSA's `builder`.
pub const BUILDER: &str = "https://w3id.org/declass/class-removal/v2#builder";
/// What synthetic embeddings are; distribution and seed follow.
const SYNTHETIC: &str = "https://w3id.org/declass/synthetic/v1";

/// An in-toto statement about a class removal: its subjects are the files, after an entry for all of them together.
pub type Statement = InToto<Resource, Predicate>;

/// A file or a set of files by its digest.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Resource {
    /// Path relative to the release, or a name for a set.
    pub name: String,
    /// Where it can be had, if anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digest; absent for what is generated from a seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digests>,
    /// Anything else about it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

impl Statement {
    /// A statement of this tool's type.
    #[must_use]
    pub fn new(subject: Vec<Resource>, predicate: Predicate) -> Self {
        Self::of_type(PREDICATE_TYPE, subject, predicate)
    }

    /// The seeds of the run, of its verification, and of its evaluation if there was one.
    pub fn seeds(&self) -> impl Iterator<Item = Seed> {
        let (build, verification) = (&self.predicate.build_definition, &self.predicate.verification);
        let evaluation = verification.evaluation.iter().map(|evaluation| evaluation.seed);
        [build.external_parameters.seed, verification.seed].into_iter().chain(evaluation)
    }

    /// The bytes that are written (and will be signed).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("strings, numbers and maps with string keys serialise");
        bytes.push(b'\n');
        bytes
    }

    /// Every class forgotten so far: by this removal and those before it, by their places in the first input.
    #[must_use]
    pub fn forgotten_in_all(&self) -> &[super::ForgottenClass] {
        let removal = &self.predicate.removal;
        removal.lineage.as_ref().map_or(&removal.forgotten, |lineage| &lineage.forgotten)
    }
}

/// The URI of synthetic embeddings: the distribution that they are drawn from, or `strata`, and their seed.
#[must_use]
pub fn synthetic(distribution: &str, seed: Seed) -> String {
    format!("{SYNTHETIC}?distribution={distribution}&seed={seed}")
}
