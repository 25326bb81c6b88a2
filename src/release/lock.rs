//! One at a time: whoever changes a folder of releases holds its lock.

use std::{fs::File, path::Path};

use rustix::fs::{FlockOperation, flock};

use crate::error::Error;

/// Keeps other runs from moving anything in a folder while the result lives: what is looked at stays in its
/// place.
pub(super) fn locked(folder: &Path) -> Result<File, Error> {
    let lock = || {
        let lock = File::open(folder)?;
        flock(&lock, FlockOperation::LockExclusive)?;
        Ok(lock)
    };
    lock().map_err(Error::io(folder))
}
