//! The names of kinds of claims and data; each is explained on the page of the documentation that its path
//! names.

use super::Seed;

/// What kind of claim it is, and where its fields are explained.
pub const PREDICATE_TYPE: &str = "https://w3id.org/declass/class-removal/v2";
/// What kind of build SLSA's `buildDefinition` describes.
pub const BUILD_TYPE: &str = "https://w3id.org/declass/class-removal/v2#unlearn";
/// The tool, as SLSA's `builder`.
pub const BUILDER: &str = "https://w3id.org/declass/class-removal/v2#builder";
/// What synthetic embeddings are; distribution and seed follow.
const SYNTHETIC: &str = "https://w3id.org/declass/synthetic/v1";

/// The URI of synthetic embeddings: the distribution that they are drawn from, or `strata`, and their seed.
#[must_use]
pub fn synthetic(distribution: &str, seed: Seed) -> String {
    format!("{SYNTHETIC}?distribution={distribution}&seed={seed}")
}
