//! What becomes of a forgotten class's place among the outputs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What becomes of the forgotten classes' places among the outputs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// Their rows and labels are removed and the others renumbered.
    Drop,
    /// Their rows get new values; shapes and labels stay.
    Keep,
}

impl Slot {
    /// Its name on the command line and in claims.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Keep => "keep",
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
