//! Folders for a while: locked as long as somebody works in them, so that the next one who needs a folder there
//! can tell what runs that died have left, and removes it.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use crate::error::Error;

/// Random characters at the end of a folder's name.
const SUFFIX: usize = 12;
/// How often another run may be faster to remove a new folder than this one to lock it.
const LOCK_ATTEMPTS: usize = 100;

/// A folder of one run. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Temporary {
    folder: TempDir,
    /// Keeps other runs from taking the folder for a leftover.
    _lock: File,
}

impl Temporary {
    /// Makes a folder whose name begins with `prefix`, once the leftovers with that prefix are removed.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub(crate) fn create(parent: &Path, prefix: &str) -> Result<Self, Error> {
        remove_leftovers(parent, prefix);
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
                Ok(lock) if folder.path().exists() => return Ok(Self { folder, _lock: lock }),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io(folder.path())(error)),
            }
        }
        Err(Error::io(parent)(io::ErrorKind::ResourceBusy.into()))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes what runs that died have left; what a living run works in is locked. Best effort.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_go_and_what_is_worked_in_stays() {
        let parent = tempfile::tempdir().unwrap();
        let (dead, other) = (parent.path().join("x-0123456789ab"), parent.path().join("x-mine"));
        fs::create_dir(&dead).unwrap();
        fs::create_dir(&other).unwrap();
        let first = Temporary::create(parent.path(), "x-").unwrap();
        let second = Temporary::create(parent.path(), "x-").unwrap();
        assert!(!dead.exists() && other.exists() && first.path().exists() && second.path().exists());
        let place = first.path().to_owned();
        drop(first);
        assert!(!place.exists());
    }
}
