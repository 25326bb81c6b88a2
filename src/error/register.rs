//! Why a register says no, or cannot be asked.

use std::path::PathBuf;

/// What a register that is not sound, or not there, says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The register says no: it was tampered with, or an event makes no sense in it.
    #[error("`{}`: {reason}", path.display())]
    Refuses {
        /// The register, or the file that does not go with it.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
    /// A register or what belongs to it cannot be used, so that nothing can be said of it.
    #[error("`{}`: {reason}", path.display())]
    Unusable {
        /// The register, its key, a record or a proof.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do instead, if anything is known to help.
        hint: Option<String>,
    },
}

impl RegisterError {
    /// What the user can do about it, if anything is known to help.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Refuses { hint, .. } | Self::Unusable { hint, .. } => hint.as_deref(),
        }
    }
}
