//! From files of rules to what they say of a release.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{Examination, Policy, examine};
use crate::{
    error::Error,
    progress::Progress,
    sign::{Recorded, Trust},
};

/// Whom and what a gate asks for: files that were reviewed and are kept apart from releases.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The trust file: the keys that count.
    pub trust: PathBuf,
    /// The policy: what a release must be.
    pub policy: Option<PathBuf>,
    /// Heads that may have been named although the model points to another, besides those of the policy.
    pub heads: Vec<String>,
    /// When signatures were there, by registers that count.
    pub recorded: Vec<Recorded>,
}

/// Whether a release is signed by whom the rules trust, whole, and as they ask; `now` is when keys must be
/// valid. No original is needed for it.
///
/// # Errors
/// [`Error::Rules`] if they cannot be used, or lie in the release, which must not say itself whom to trust.
pub fn examine_release(
    release: &Path,
    rules: &Rules,
    now: SystemTime,
    progress: &dyn Progress,
) -> Result<Examination, Error> {
    let files = std::iter::once(&rules.trust).chain(&rules.policy);
    files.map(PathBuf::as_path).try_for_each(|file| require_outside(file, release))?;
    let trust = Trust::open(&rules.trust)?.knowing(rules.recorded.clone());
    let mut policy = rules.policy.as_deref().map(Policy::open).transpose()?;
    if !rules.heads.is_empty() {
        policy = Some(policy.unwrap_or_default().allowing(&rules.heads));
    }
    examine(release, &trust, policy.as_ref(), now, progress)
}

/// Whoever made a release could have written what lies in it.
fn require_outside(rules: &Path, release: &Path) -> Result<(), Error> {
    let is_inside = |release: PathBuf| {
        release.is_dir() && rules.canonicalize().is_ok_and(|rules| rules.starts_with(&release))
    };
    if release.canonicalize().is_ok_and(is_inside) {
        let reason = "it lies in the release, which must not say itself whom to trust".to_owned();
        return Err(Error::Rules { path: rules.to_owned(), reason });
    }
    Ok(())
}
