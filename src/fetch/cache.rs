//! The cache of downloads, in the layout that other programs share: `blobs/` by digest, `refs/` by revision,
//! `snapshots/` of links.
//!
//! Links that lead out of a folder are refused where models are read, and a snapshot may hold what others put
//! there. So a model gets a folder of its own beside them, `declass/`, with exactly its files as hard links.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use declass_formats::RelPath;

use super::{
    listing::{Blob, Remote},
    reference::{Commit, RepoId},
};
use crate::error::Error;

/// The part of the cache for one repository.
#[derive(Clone, Debug)]
pub(super) struct RepoCache {
    root: PathBuf,
    locks: PathBuf,
}

impl RepoCache {
    pub(super) fn new(cache: &Path, repo: &RepoId) -> Self {
        let name = format!("models--{}--{}", repo.org(), repo.name());
        Self { root: cache.join(&name), locks: cache.join(".locks").join(&name) }
    }

    /// Where a blob is, or shall be.
    pub(super) fn blob(&self, blob: &Blob) -> PathBuf {
        self.root.join("blobs").join(blob.name())
    }

    /// Whether a file is there in its size.
    pub(super) fn has(&self, file: &Remote) -> bool {
        self.blob(&file.blob).metadata().is_ok_and(|found| found.is_file() && found.len() == file.size)
    }

    /// Where a blob grows.
    pub(super) fn incomplete(&self, blob: &Blob) -> PathBuf {
        self.root.join("blobs").join(format!("{}.incomplete", blob.name()))
    }

    /// Keeps others from downloading the same blob while the result lives.
    pub(super) fn lock(&self, blob: &Blob) -> Result<File, Error> {
        let path = self.locks.join(format!("{}.lock", blob.name()));
        let lock = || {
            fs::create_dir_all(&self.locks)?;
            fs::create_dir_all(self.root.join("blobs"))?;
            let file = File::options().write(true).create(true).truncate(false).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(Error::io(&path))
    }

    /// The commit that a revision was when it was last asked for.
    pub(super) fn commit(&self, revision: &str) -> Option<Commit> {
        let known = || fs::read_to_string(self.root.join("refs").join(revision)).ok();
        Commit::parse(revision).or_else(|| Commit::parse(known()?.trim()))
    }

    /// Notes which commit a revision is.
    pub(super) fn note(&self, revision: &str, commit: &Commit) -> Result<(), Error> {
        if Commit::parse(revision).is_some() {
            return Ok(());
        }
        let path = self.root.join("refs").join(revision);
        let folder = path.parent().unwrap_or(&self.root);
        let write = || {
            fs::create_dir_all(folder)?;
            let new = tempfile::NamedTempFile::new_in(folder)?;
            fs::write(new.path(), commit.as_str())?;
            new.persist(&path).map_err(|error| error.error)
        };
        write().map(|_| ()).map_err(Error::io(&path))
    }

    /// Links a downloaded file into the snapshot of its commit, where other programs look for it.
    pub(super) fn link(&self, commit: &Commit, file: &Remote) -> Result<(), Error> {
        let path = self.root.join("snapshots").join(commit.as_str()).join(file.path.as_str());
        let up = "../".repeat(2 + file.path.as_str().matches('/').count());
        let target = format!("{up}blobs/{}", file.blob.name());
        let link = || {
            fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
            match symlink(&target, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                done => done,
            }
        };
        link().map_err(Error::io(&path))
    }

    /// What is in the snapshot of a commit, whoever put it there; only what leads to a blob.
    pub(super) fn snapshot(&self, commit: &Commit) -> Vec<Remote> {
        let root = self.root.join("snapshots").join(commit.as_str());
        let (mut files, mut open) = (Vec::new(), vec![(root, String::new(), 0)]);
        while let Some((folder, below, depth)) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = format!("{below}{name}");
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) && depth < MAX_DEPTH {
                    open.push((entry.path(), format!("{path}/"), depth + 1));
                } else {
                    files.extend(self.cached(&entry.path(), &path));
                }
            }
        }
        files.sort_by(|a: &Remote, b| a.path.cmp(&b.path));
        files
    }

    fn cached(&self, link: &Path, path: &str) -> Option<Remote> {
        let target = fs::read_link(link).ok()?;
        let name = target.file_name()?.to_str()?;
        let size = self.root.join("blobs").join(name).metadata().ok()?.len();
        let digits = name.bytes().all(|c| c.is_ascii_hexdigit());
        let blob = match name.len() {
            40 if digits => Blob::Git(name.to_owned()),
            64 if digits => Blob::Sha256(name.to_owned()),
            _ => return None,
        };
        Some(Remote { path: RelPath::try_from(path).ok()?, size, blob })
    }

    /// The folder for models of a commit.
    pub(super) fn models(&self, commit: &Commit) -> PathBuf {
        self.root.join("declass").join(commit.as_str())
    }

    /// Puts a downloaded file at a place in a folder.
    pub(super) fn place(&self, file: &Remote, folder: &Path, at: &RelPath) -> Result<(), Error> {
        let (blob, path) = (self.blob(&file.blob), folder.join(at.as_str()));
        let place = || {
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            match fs::hard_link(&blob, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                // Not every file system has hard links.
                Err(_) => fs::copy(&blob, &path).map(|_| ()),
                Ok(()) => Ok(()),
            }
        };
        place().map_err(Error::io(&path))
    }
}

const MAX_DEPTH: usize = 16;
