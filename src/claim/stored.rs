//! The claim of a release as it lies on disk: a statement, or the statement in a signed envelope.

use std::path::{Path, PathBuf};

use declass_formats::Sha256Digest;

use super::{
    Claim, ClaimError,
    names::{CLAIM_FILE, STATEMENT_FILE},
};
use crate::{
    error::Error,
    sign::{Bundle, MAX_BUNDLE, read_if_there},
};

/// A claim, not yet understood.
#[derive(Clone, Debug)]
pub struct StoredClaim {
    path: PathBuf,
    name: &'static str,
    digest: Sha256Digest,
    statement: Vec<u8>,
    bundle: Option<Bundle>,
}

impl StoredClaim {
    /// Reads the claim of the release in a folder, without any judgement of its signature.
    ///
    /// # Errors
    /// [`Error::NotARelease`] if there is none; [`Error::NotAClaim`] if it cannot be read, or two differ.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let not_a_claim = |name: &str, reason: String| Error::NotAClaim { path: folder.join(name), reason };
        let part = |name| {
            read_if_there(&folder.join(name), MAX_BUNDLE)
                .map_err(|e| not_a_claim(name, e.problem.to_string()))
        };
        let (plain, signed) = (part(STATEMENT_FILE)?, part(CLAIM_FILE)?);
        let bundle = signed.as_deref().map(Bundle::read).transpose();
        let bundle = bundle.map_err(|refusal| not_a_claim(CLAIM_FILE, refusal.to_string()))?;
        let (name, statement) = match (plain, &bundle) {
            (None, None) => return Err(Error::NotARelease { path: folder.to_owned() }),
            (Some(plain), Some(bundle)) if plain != bundle.payload() => {
                return Err(not_a_claim(
                    CLAIM_FILE,
                    format!("`{STATEMENT_FILE}` beside it says something else"),
                ));
            }
            (Some(plain), None) => (STATEMENT_FILE, plain),
            (_, Some(bundle)) => (CLAIM_FILE, bundle.payload().to_vec()),
        };
        let digest = Sha256Digest::of(signed.as_deref().unwrap_or(&statement));
        Ok(Self { path: folder.join(name), name, digest, statement, bundle })
    }

    /// Whether there is something in a folder that should be a claim.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        [STATEMENT_FILE, CLAIM_FILE].iter().any(|name| folder.join(name).symlink_metadata().is_ok())
    }

    /// Its file name: [`STATEMENT_FILE`], or [`CLAIM_FILE`] if it is signed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The digest of its file.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// What it says.
    ///
    /// # Errors
    /// [`Error::NotAClaim`] if this version cannot read it.
    pub fn claim(&self) -> Result<Claim, Error> {
        Claim::from_bytes(&self.statement).map_err(|reason| self.not_a_claim(&reason))
    }

    /// The error of a claim that this version cannot read.
    #[must_use]
    pub fn not_a_claim(&self, reason: &ClaimError) -> Error {
        Error::NotAClaim { path: self.path.clone(), reason: reason.to_string() }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The statement as it was written.
    #[must_use]
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// The envelope, if it is signed.
    #[must_use]
    pub fn bundle(&self) -> Option<&Bundle> {
        self.bundle.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sign::ReleaseKey;

    #[test]
    fn there_is_one_claim_in_either_form() {
        let folder = tempfile::tempdir().unwrap();
        let read = || StoredClaim::read(folder.path()).map_err(|error| error.to_string());
        assert!(read().unwrap_err().contains("is not a declass release"));
        fs::write(folder.path().join(STATEMENT_FILE), "{}").unwrap();
        assert!(read().unwrap().bundle().is_none());
        let bundle = Bundle::sign(b"{}".to_vec(), &ReleaseKey::generate().unwrap());
        fs::write(folder.path().join(CLAIM_FILE), bundle.to_bytes()).unwrap();
        // As a killed run leaves it.
        assert_eq!(read().unwrap().bundle(), Some(&bundle));
        fs::write(folder.path().join(STATEMENT_FILE), "[]").unwrap();
        assert!(read().unwrap_err().contains("says something else"));
        fs::remove_file(folder.path().join(STATEMENT_FILE)).unwrap();
        let claim = read().unwrap();
        assert_eq!((claim.statement(), claim.bundle()), (&b"{}"[..], Some(&bundle)));
    }
}
