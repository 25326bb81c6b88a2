//! The claim as bytes: an in-toto Statement v1 about the released files.
//!
//! No clock is read: the same command gives the same bytes, and a signature's time says when.

use super::{PREDICATE_TYPE, Predicate, Resource, Seed};
use crate::sign::InToto;

/// An in-toto statement about a class removal: its subjects are the files, after an entry for all of them
/// together.
pub type Statement = InToto<Resource, Predicate>;

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
