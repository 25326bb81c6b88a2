//! The closed vocabularies of a claim. A word that is not among them makes a claim that this version cannot
//! read.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{error::RemovalError, head::Target};

/// What a removal reaches.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The classifier head; the encoder is untouched.
    Head,
}

/// What is claimed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// No input gets the class any more: its output is gone, or sealed.
    ClassOutputRemoved,
    /// The class was no answer where it was measured; the slot is neither gone nor sealed.
    ClassOutputSuppressed,
}

impl Promise {
    /// What may be claimed: a slot that is neither gone nor sealed is only suppressed where it was measured.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        if target.is_final() { Self::ClassOutputRemoved } else { Self::ClassOutputSuppressed }
    }

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClassOutputRemoved => "class-output-removed",
            Self::ClassOutputSuppressed => "class-output-suppressed",
        }
    }
}

/// What no claim of this tool says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotClaimed {
    /// That the features no longer encode the class.
    FeatureLevelRemoval,
    /// That the training data have no influence any more.
    TrainingDataInfluenceRemoved,
    /// Any bound in the sense of differential privacy.
    DifferentialPrivacy,
}

impl NotClaimed {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 3] =
        [Self::FeatureLevelRemoval, Self::TrainingDataInfluenceRemoved, Self::DifferentialPrivacy];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DifferentialPrivacy => "differential-privacy",
            Self::FeatureLevelRemoval => "feature-level-removal",
            Self::TrainingDataInfluenceRemoved => "training-data-influence-removed",
        }
    }
}

/// The kind of a device that computes: figures of one kind are alike, those of two may differ in the last
/// digits.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKind {
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl DeviceKind {
    /// Its name in claims: `cpu` or `cuda`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

/// What becomes of the element types.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DtypePolicy {
    /// They stay as they are.
    Preserve,
}

/// A seed. New ones are below 2^53, so that readers whose only numbers are doubles have the same; claims of
/// version 1 may have larger ones.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Seed(u64);

impl Seed {
    /// The first number that is too large for a new claim.
    pub const LIMIT: u64 = 1 << 53;

    /// The number.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }

    /// Whether a claim of the present version can have it.
    #[must_use]
    pub fn is_writable(self) -> bool {
        self.0 < Self::LIMIT
    }

    /// Fails unless a claim of the present version can have it.
    ///
    /// # Errors
    /// [`RemovalError::LargeSeed`].
    pub fn require_writable(self) -> Result<(), RemovalError> {
        if self.is_writable() { Ok(()) } else { Err(RemovalError::LargeSeed { seed: self.0 }) }
    }
}

impl From<u64> for Seed {
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self).map_err(|error| D::Error::custom(format!("a seed: {error}")))
    }
}

/// Whether a text can be a word of a claim's vocabulary, and so has no room for a sentence.
pub(super) fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_WORD).contains(&text.len()) && text.chars().all(plain)
}

/// Whether a text can be a unit: words with spaces between them.
pub(super) fn is_unit(text: &str) -> bool {
    text.len() <= LONGEST_WORD && text.split(' ').all(is_word)
}

const LONGEST_WORD: usize = 64;

/// The methods that claims may name, in the order of the list of methods. The gate knows their names and none of their formulas.
pub(crate) const METHOD_NAMES: [&str; 9] = [
    "delete",
    "mask",
    "negative-gradient",
    "negative-gradient-plus",
    "pour",
    "random-labels",
    "scar",
    "scrub",
    "seal",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_no_room_for_a_sentence() {
        assert!(is_word("forgotten-unreachable") && is_word("int8") && is_unit("mean rate of 10 draws"));
        for text in ["", "a b", "100 %", "Sandal", "class_5", &"a".repeat(65), "ä"] {
            assert!(!is_word(text), "{text}");
        }
        assert!(!is_unit("") && !is_unit("rate, certified") && !is_unit("a  b"));
    }
}
