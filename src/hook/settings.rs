//! Whom a repository trusts: in its own configuration, which nobody can push.

use std::path::PathBuf;

use declass_formats::RelPath;

use crate::{error::Error, git::Repository};

const TRUST: &str = "declass.trust";
const POLICY: &str = "declass.policy";
const WITHIN: &str = "declass.path";

/// What the hooks of a repository go by.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settings {
    /// The trust file.
    pub trust: Option<PathBuf>,
    /// The policy, if there is one.
    pub policy: Option<PathBuf>,
    /// Folders that are looked into; all if there is none.
    pub within: Vec<RelPath>,
}

impl Settings {
    /// What is set.
    ///
    /// # Errors
    /// [`Error::Git`] if the configuration cannot be read or makes no sense.
    pub fn read(repository: &Repository) -> Result<Self, Error> {
        let last = |name| Ok::<_, Error>(repository.settings(name)?.pop());
        let path = |path: PathBuf| {
            let valid = path.to_str().and_then(|text| RelPath::try_from(text).ok());
            valid.ok_or_else(|| Error::Git {
                reason: format!("`{WITHIN}` is `{}`, no path of a folder", path.display()),
            })
        };
        let within = repository.settings(WITHIN)?.into_iter().map(path).collect::<Result<_, _>>()?;
        Ok(Self { trust: last(TRUST)?, policy: last(POLICY)?, within })
    }

    /// Sets exactly this.
    ///
    /// # Errors
    /// [`Error::Git`] if the configuration cannot be written.
    pub fn write(&self, repository: &Repository) -> Result<(), Error> {
        let within: Vec<&str> = self.within.iter().map(RelPath::as_str).collect();
        repository.set(TRUST, self.trust.as_slice())?;
        repository.set(POLICY, self.policy.as_slice())?;
        repository.set(WITHIN, &within)
    }
}
