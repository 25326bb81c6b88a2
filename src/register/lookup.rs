//! Things of a register by what people know of them: the first digits of a digest, or a number.

use std::collections::BTreeSet;

use declass_formats::Sha256Digest;

use super::{Entered, Register};

/// Fewer digits are a slip of the hand.
const FEWEST: usize = 4;
const DIGITS: usize = 64;

impl Register {
    /// The request that begins with these digits; digests of amended records count, too.
    ///
    /// # Errors
    /// In words, why it is none or not clear which.
    pub fn request(&self, digits: &str) -> Result<Sha256Digest, String> {
        let facts = self.events().iter().map(|event| &event.facts);
        // Of an amended record the digits that are asked for lead to the request that was there first.
        let amended = |it: &&super::Facts| it.event == super::Kind::Amended;
        let records = facts.clone().filter(amended).filter_map(|facts| facts.record);
        let found =
            self.beginning("request", digits, facts.filter_map(|facts| facts.request).chain(records))?;
        Ok(self.content.lives.request_of_record(found))
    }

    /// The request that a record is of, by its digest now or before it was amended.
    #[must_use]
    pub fn request_of(&self, commitment: Sha256Digest) -> Sha256Digest {
        self.content.lives.request_of_record(commitment)
    }

    /// The artifact that begins with these digits.
    ///
    /// # Errors
    /// In words, why it is none or not clear which.
    pub fn artifact(&self, digits: &str) -> Result<Sha256Digest, String> {
        let facts = self.events().iter().map(|event| &event.facts);
        self.beginning(
            "artifact",
            digits,
            facts.flat_map(|facts| facts.artifact.into_iter().chain(facts.successor)),
        )
    }

    /// An entry as others can be about it.
    #[must_use]
    pub fn entered(&self, index: u64) -> Option<Entered> {
        let leaf = self.content.leaves.get(usize::try_from(index).ok()?)?;
        Some(Entered::new(index, *leaf))
    }

    fn beginning(
        &self,
        what: &str,
        digits: &str,
        all: impl Iterator<Item = Sha256Digest>,
    ) -> Result<Sha256Digest, String> {
        check_digits(digits)?;
        let fitting: BTreeSet<Sha256Digest> =
            all.filter(|digest| digest.to_string().starts_with(digits)).collect();
        match fitting.iter().collect::<Vec<_>>()[..] {
            [only] => Ok(*only),
            [] => Err(format!("no {what} begins with `{digits}`")),
            ref several => Err(format!("{} {what}s begin with `{digits}`: name more digits", several.len())),
        }
    }
}

/// Fails unless these are the first digits of a digest.
///
/// # Errors
/// In words, what would be.
pub fn check_digits(digits: &str) -> Result<(), String> {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if (FEWEST..=DIGITS).contains(&digits.len()) && digits.chars().all(is_digit) {
        Ok(())
    } else {
        Err(format!("expected a digest, or its first digits: {FEWEST} to {DIGITS} hexadecimal digits"))
    }
}
