//! Two models that are compared, and what there is of each of them.

use serde::{Deserialize, Serialize};

/// One of two models that are compared.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The model with the class removed.
    After,
    /// The original.
    Before,
}

impl Side {
    /// The original, then what became of it.
    pub const BOTH: [Self; 2] = [Self::Before, Self::After];

    /// `before` or `after`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::After => "after",
            Self::Before => "before",
        }
    }
}

/// The same thing of the original and of what became of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Change<T> {
    /// Of the original.
    pub before: T,
    /// Of what became of it.
    pub after: T,
}

impl<T> Change<T> {
    /// The same of each side.
    pub fn map<U>(self, mut of: impl FnMut(T) -> U) -> Change<U> {
        Change { before: of(self.before), after: of(self.after) }
    }

    /// References to both.
    #[must_use]
    pub fn as_ref(&self) -> Change<&T> {
        Change { before: &self.before, after: &self.after }
    }

    /// That of one side.
    #[must_use]
    pub fn on(&self, side: Side) -> &T {
        match side {
            Side::After => &self.after,
            Side::Before => &self.before,
        }
    }
}
