//! Kinds of evidence.

use serde::{Deserialize, Serialize};

/// A kind of evidence, by what it needs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Tier {
    /// Model files and synthetic embeddings only.
    T0,
    /// Unlabelled real inputs.
    T1,
    /// Labelled data of the user.
    T2,
    /// Training data, or a model retrained without the class.
    T3,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::T0, Self::T1, Self::T2, Self::T3];

    /// What it rests on, with its name.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::T0 => "tier T0: model files only",
            Self::T1 => "tier T1: without labels, so that no accuracy is known",
            Self::T2 => "tier T2: with labels",
            Self::T3 => "tier T3: with training data or a retrained model",
        }
    }
}
