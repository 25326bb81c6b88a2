//! What came of one task.

use std::fs;

use serde::{Deserialize, Serialize};

use super::Address;
use crate::{
    error::{Error, RemovalError, UnlearnError},
    sign::{read_if_there, write_whole},
};

/// What came of a task.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There is a release that passed every check.
    Done,
    /// The model was without the classes before.
    Already,
    /// The removal was tried, and the classes were not forgotten or a check failed.
    Failed,
    /// The removal does not fit this model: another class, another head, not to be undone.
    Refused,
    /// It could not be told: the model cannot be read or fetched.
    Unknown,
}

impl Outcome {
    /// By the reason why there is no release.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Removal(RemovalError::AlreadyRemoved { .. } | RemovalError::AlreadySealed { .. }) => {
                Self::Already
            }
            Error::Unlearn(UnlearnError::DidNotForget { .. }) => Self::Failed,
            Error::CannotDrop { .. }
            | Error::CannotKeep { .. }
            | Error::Class(_)
            | Error::Labels { .. }
            | Error::Locate(_)
            | Error::Removal(_)
            | Error::Stale { .. }
            | Error::Unlearn(_) => Self::Refused,
            _ => Self::Unknown,
        }
    }

    /// In one word, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already without",
            Self::Failed => "FAILED",
            Self::Refused => "refused",
            Self::Unknown => "could not tell",
        }
    }
}

/// Why there is no release, where the same model and removal would come to the same again: kept, so that a run that goes on
/// does not try once more.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Kept {
    /// The whole address of the task.
    pub address: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
}

/// Most bytes of what is kept.
const MAX_KEPT: u64 = 1 << 20;

impl Kept {
    /// What an earlier run left, unless it is about something else or cannot be read: then the task is carried out again.
    #[must_use]
    pub fn read(address: &Address) -> Option<Self> {
        let bytes = read_if_there(&address.record(), MAX_KEPT).ok()??;
        let kept: Self = serde_json::from_slice(&bytes).ok()?;
        let is_kept = matches!(kept.outcome, Outcome::Already | Outcome::Failed | Outcome::Refused);
        (is_kept && kept.address == address.whole()).then_some(kept)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn write(&self, address: &Address) -> Result<(), Error> {
        let path = address.record();
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        write_whole(&path, &bytes).map_err(Error::io(&path))
    }
}
