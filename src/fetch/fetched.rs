//! What comes of a hub.

use std::path::PathBuf;

use declass_formats::Artifact;
use tempfile::TempDir;

use super::reference::PackageUrl;

/// A model from a hub.
#[derive(Debug)]
pub struct Fetched {
    /// The model, in the cache.
    pub artifact: Artifact,
    /// Whether weights were only looked into: their digests were not checked, and a full copy is nowhere.
    pub in_part: bool,
    /// Files of the repository that were not fetched, git's own apart: other weights, code, whatever nobody
    /// knows.
    pub left: Vec<String>,
    /// Where it comes from.
    pub package: PackageUrl,
    /// Removes what was made for one look.
    pub(super) _folder: Option<TempDir>,
}

/// What a release on a hub says of itself, without the model.
#[derive(Debug)]
pub struct FetchedRecords {
    /// Where it comes from.
    pub package: PackageUrl,
    pub(super) folder: TempDir,
}

impl FetchedRecords {
    /// A folder with the release's claim, the earlier ones and its signature, gone with this value. It is
    /// called as the repository is.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join(self.package.repo.name())
    }
}
