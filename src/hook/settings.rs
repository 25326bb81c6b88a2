//! Whom a repository trusts: in its own configuration, which nobody can push.

use std::path::{Path, PathBuf, absolute};

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

/// Fails if a repository keeps this file itself: whoever can push to it would say whom it trusts.
///
/// # Errors
/// [`Error::Hook`] in that case, [`Error::Io`] if the file cannot be found.
pub fn require_foreign(repository: &Repository, rules: &Path) -> Result<(), Error> {
    let resolved = rules.canonicalize().map_err(Error::io(rules))?;
    // A link may be kept by the repository, and lead out of it.
    let whole = absolute(rules).map_err(Error::io(rules))?;
    let folder = whole.parent().unwrap_or(&whole).canonicalize().map_err(Error::io(rules))?;
    let named = folder.join(whole.file_name().unwrap_or_default());
    for path in [&named, &resolved] {
        if repository.tracks(path)? {
            return Err(Error::Hook {
                path: rules.to_owned(),
                reason:
                    "it belongs to the repository that is checked, which must not say itself whom to trust"
                        .into(),
                hint: "keep it elsewhere: in another repository, or in a worktree of a protected branch"
                    .into(),
            });
        }
    }
    Ok(())
}
