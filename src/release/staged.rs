//! Writing a release: into a hidden sibling first, re-opened and verified there, then moved into place at once.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use declass_formats::{Artifact, Edits};
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use tempfile::TempDir;

use super::statement::STATEMENT_FILE;
use crate::{
    error::Error,
    progress::{Progress, Step},
    verify::Pass,
};

/// Random characters at the end of a temporary folder's name.
const SUFFIX: usize = 12;
/// How often another run may be faster to remove a new folder than this one to lock it.
const LOCK_ATTEMPTS: usize = 100;

/// A copy of a model with its edits, complete on disk but not yet in its place.
///
/// Dropping it removes it. If the process dies, the leftover is removed by the next run that writes to the same place.
#[derive(Debug)]
pub struct Staged {
    folder: TempDir,
    /// Keeps other runs from taking the folder for a leftover.
    _lock: File,
    destination: PathBuf,
    artifact: Artifact,
}

impl Staged {
    /// Writes the edited copy beside `destination` and opens it again.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses, [`Error::Format`] if an edit does not fit the model.
    pub fn write(
        original: &Artifact,
        edits: &Edits,
        destination: &Path,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        refuse_to_touch_the_input(original, destination)?;
        let parent = parent_of(destination);
        let prefix = prefix_of(destination)?;
        fs::create_dir_all(&parent).map_err(Error::io(&parent))?;
        remove_leftovers(&parent, &prefix);
        let (folder, lock) = locked_folder(&parent, &prefix)?;
        let size = original.files().iter().map(|file| file.size).sum();
        progress.begin(Step::Writing, size);
        original.write(edits, folder.path(), &|bytes| progress.advance(Step::Writing, bytes))?;
        progress.end(Step::Writing);
        let artifact = Artifact::open(folder.path())?;
        Ok(Self { folder, _lock: lock, destination: destination.to_owned(), artifact })
    }

    /// The copy, opened from disk.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// Adds the claim and moves the whole folder into place.
    ///
    /// An existing destination is replaced in one step if `replace` is set and it is an earlier release or empty, and
    /// refused otherwise.
    ///
    /// # Errors
    /// [`Error::OtherRelease`] if the pass was given to another folder, [`Error::DestinationExists`],
    /// [`Error::Io`] if the disk refuses.
    pub fn publish(self, pass: &Pass, claim: &[u8], replace: bool) -> Result<(), Error> {
        if pass.report().candidate != self.artifact.folder() {
            return Err(Error::OtherRelease { verified: pass.report().candidate.clone() });
        }
        let here = self.folder.path();
        write_file(&here.join(STATEMENT_FILE), claim)?;
        sync_folder(here)?;
        open_to_readers(here)?;
        move_into_place(here, &self.destination, replace)?;
        sync_folder(&parent_of(&self.destination))
        // What is left in the temporary folder, an older release or nothing, goes with `self`.
    }
}

/// Whether a release may be written to a place: nothing is there, or `replace` is set and what is there is an
/// earlier release or empty.
///
/// # Errors
/// [`Error::DestinationExists`] if not.
pub fn check_destination(destination: &Path, replace: bool) -> Result<(), Error> {
    let taken = |release| Err(Error::DestinationExists { path: destination.to_owned(), release });
    if fs::symlink_metadata(destination).is_err() {
        return Ok(());
    }
    let entries = fs::read_dir(destination).map(Iterator::count);
    let is_release = destination.join(STATEMENT_FILE).is_file();
    match (is_release || entries.is_ok_and(|count| count == 0), replace) {
        (true, true) => Ok(()),
        (release, _) => taken(release),
    }
}

/// The input must survive as it is: it may not lie where the output goes, nor the output within a model's folder.
fn refuse_to_touch_the_input(original: &Artifact, destination: &Path) -> Result<(), Error> {
    let Ok(input) = original.folder().canonicalize() else { return Ok(()) };
    if destination.canonicalize().is_ok_and(|output| input.starts_with(output)) {
        return Err(Error::OverwritesInput { path: destination.to_owned() });
    }
    let parent = parent_of(destination);
    let existing = parent.ancestors().find_map(|folder| match folder {
        folder if folder == Path::new("") => Path::new(".").canonicalize().ok(),
        folder => folder.canonicalize().ok(),
    });
    // A single file does not own the folder that it lies in.
    if original.path().is_dir() && existing.is_some_and(|folder| folder.starts_with(&input)) {
        return Err(Error::InsideInput { path: destination.to_owned() });
    }
    Ok(())
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

fn parent_of(destination: &Path) -> PathBuf {
    match destination.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// How temporary siblings of a destination begin.
fn prefix_of(destination: &Path) -> Result<String, Error> {
    let name =
        destination.file_name().ok_or_else(|| Error::io(destination)(io::ErrorKind::InvalidInput.into()))?;
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

/// Temporary folders are private; a release is as readable as its files are.
fn open_to_readers(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(Error::io(folder))
}

fn move_into_place(from: &Path, to: &Path, replace: bool) -> Result<(), Error> {
    check_destination(to, replace)?;
    let flags = if to.exists() { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
    renameat_with(CWD, from, CWD, to, flags).map_err(|error| match error {
        rustix::io::Errno::EXIST => Error::DestinationExists { path: to.to_owned(), release: false },
        error => Error::io(to)(error.into()),
    })
}
