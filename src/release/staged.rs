//! Writing a release: into a hidden sibling first, re-opened and verified there, then moved into place at
//! once.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use declass_formats::{Artifact, Edits, RelPath, Sha256Digest};
use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use super::{
    attributes::keep_bytes,
    destination::{Destination, parent_of},
    parents::Parents,
    signing::sign_files,
};
use crate::{
    attest::{RunRecord, statement},
    claim::{
        Seed,
        names::{CARD_FILE, STATEMENT_FILE, open_model},
    },
    error::Error,
    progress::{Progress, Step},
    sign::{ReleaseKey, digest_of},
    verify::Pass,
};

/// Random characters at the end of a temporary folder's name.
const SUFFIX: usize = 12;
/// How often another run may be faster to remove a new folder than this one to lock it.
const LOCK_ATTEMPTS: usize = 100;

/// A copy of a model with its edits, complete on disk but not yet in its place.
///
/// Dropping it removes it. If the process dies, the leftover is removed by the next run that writes to the
/// same place.
#[derive(Debug)]
pub struct Staged {
    folder: TempDir,
    /// Keeps other runs from taking the folder for a leftover.
    _lock: File,
    destination: Destination,
    artifact: Artifact,
    /// Last, since what is empty can be told only once the folder is gone.
    _parents: Parents,
}

impl Staged {
    /// Writes the edited copy beside `destination` and opens it again.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses, [`Error::Format`] if an edit does not fit the model.
    pub fn write(
        original: &Artifact,
        edits: &Edits,
        destination: Destination,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        destination.check_input(original)?;
        let parent = parent_of(destination.path());
        let prefix = prefix_of(destination.path())?;
        let parents = Parents::create(&parent).map_err(Error::io(&parent))?;
        remove_leftovers(&parent, &prefix);
        let (folder, lock) = locked_folder(&parent, &prefix)?;
        let size = original.files().iter().map(|file| file.size).sum();
        progress.begin(Step::Writing, size);
        original.write(edits, folder.path(), &|bytes| progress.advance(Step::Writing, bytes))?;
        progress.end(Step::Writing);
        let artifact = open_model(folder.path())?;
        Ok(Self { folder, _lock: lock, destination, artifact, _parents: parents })
    }

    /// The copy, opened from disk.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// Puts a model card into the copy, in place of the original's: before the copy is verified, since a pass
    /// is about exactly the files that were.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn put_card(&mut self, text: &str) -> Result<(), Error> {
        let here = self.folder.path();
        let path = here.join(CARD_FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(&path)(error)),
            _ => write_file(&path, text.as_bytes())?,
        }
        self.artifact = open_model(here)?;
        Ok(())
    }

    /// Adds the claim that follows from the pass, signs it and the whole if there is a key, and moves the
    /// folder into place, if it [may](Destination::check) go there. Only a job publishes: it knows what the
    /// record of the run has to say.
    ///
    /// # Errors
    /// [`Error::OtherRelease`] if the staged files are not those that the pass was given to,
    /// [`Error::DestinationExists`], [`Error::ForeignFiles`], [`Error::CannotSign`], [`Error::Io`] if the
    /// disk refuses.
    pub(crate) fn publish(
        self,
        pass: &Pass,
        record: &RunRecord,
        key: Option<&ReleaseKey>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let here = self.folder.path();
        require_verified(here, pass, progress)?;
        keep_bytes(here)?;
        let claim = statement(pass.report(), record);
        claim.seeds().try_for_each(Seed::require_writable)?;
        write_file(&here.join(STATEMENT_FILE), &claim.to_bytes())?;
        for (name, file) in record.earlier_claims() {
            write_file(&here.join(name), file)?;
        }
        if let Some(key) = key {
            sign_files(here, key, progress)?;
        }
        sync_folder(here)?;
        open_to_readers(here)?;
        self.destination.receive(here)?;
        sync_folder(&parent_of(self.destination.path()))
        // What is left in the temporary folder, an older release or nothing, goes with `self`.
    }
}

/// Reads the folder once more: what it holds must be what was verified, neither more nor less.
fn require_verified(folder: &Path, pass: &Pass, progress: &dyn Progress) -> Result<(), Error> {
    let artifact = open_model(folder)?;
    let mut found: BTreeMap<&RelPath, Option<Sha256Digest>> = BTreeMap::new();
    progress.begin(Step::Hashing, artifact.files().iter().map(|file| file.size).sum());
    for file in artifact.files() {
        found.insert(&file.path, Some(digest_of(&folder.join(file.path.as_str()), progress)?));
    }
    progress.end(Step::Hashing);
    found.extend(artifact.left_out().iter().map(|path| (path, None)));
    if let Some(git) = artifact.skipped().first() {
        return Err(Error::OtherRelease { path: folder.join(&git.name) });
    }
    let verified = pass.digests();
    let mut paths = found.keys().chain(verified.keys());
    let differs = |path: &&&RelPath| found.get(*path).copied().flatten() != verified.get(*path).copied();
    match paths.find(|path| differs(path) || found.get(*path) == Some(&None)) {
        Some(path) => Err(Error::OtherRelease { path: folder.join(path.as_str()) }),
        None => Ok(()),
    }
}

/// A new temporary folder that no other run takes for a leftover.
fn locked_folder(parent: &Path, prefix: &str) -> Result<(TempDir, File), Error> {
    for _ in 0..LOCK_ATTEMPTS {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .rand_bytes(SUFFIX)
            .tempdir_in(parent)
            .map_err(Error::io(parent))?;
        let locked = File::open(folder.path()).and_then(|lock| {
            flock(&lock, FlockOperation::LockShared)?;
            Ok(lock)
        });
        // Another run may have seen the folder before it was locked and removed it.
        match locked {
            Ok(lock) if folder.path().exists() => return Ok((folder, lock)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(folder.path())(error)),
        }
    }
    Err(Error::io(parent)(io::ErrorKind::ResourceBusy.into()))
}

/// How temporary siblings of a destination begin.
fn prefix_of(destination: &Path) -> Result<String, Error> {
    let name = destination.file_name().ok_or_else(|| Error::NoName { path: destination.to_owned() })?;
    Ok(format!(".{}.declass-", name.to_string_lossy()))
}

/// Removes what runs that died have left; what a living run works on is locked. Best effort.
fn remove_leftovers(parent: &Path, prefix: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().strip_prefix(prefix).is_some_and(is_suffix);
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !ours || !is_folder {
            continue;
        }
        if let Ok(folder) = File::open(entry.path())
            && flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether the rest of a name is one that [`tempfile`] makes.
fn is_suffix(rest: &str) -> bool {
    rest.len() == SUFFIX && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(Error::io(path))
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
}

/// Temporary folders are private; a release is as readable as any new folder here. How readable that is (the
/// process's umask, the parent's defaults), a new folder tells.
fn open_to_readers(folder: &Path) -> Result<(), Error> {
    let open = || {
        let probe = folder.join(".probe");
        fs::create_dir(&probe)?;
        let permissions = fs::metadata(&probe)?.permissions();
        fs::remove_dir(&probe)?;
        fs::set_permissions(folder, permissions)
    };
    open().map_err(Error::io(folder))
}
