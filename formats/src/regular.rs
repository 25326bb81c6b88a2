//! Files that are named from outside and may be anything.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use crate::{FormatError, Problem};

/// The whole of a regular file, or of one that links lead to, which must not have more than `limit` bytes. A
/// pipe or a device is refused without a look into it, since it may never end.
///
/// # Errors
/// [`Problem::NotAFile`], [`Problem::Large`], or what the disk says.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, FormatError> {
    let fail = |problem| FormatError::new(path, problem);
    let metadata = fs::metadata(path).map_err(|error| fail(error.into()))?;
    if !metadata.is_file() {
        return Err(fail(Problem::NotAFile));
    }
    let file = File::open(path).map_err(|error| fail(error.into()))?;
    let mut bytes = Vec::new();
    // The file may grow while it is read, hence the bound.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| fail(error.into()))?;
    match bytes.len() as u64 {
        found if found > limit => Err(fail(Problem::Large { found: metadata.len().max(found), limit })),
        _ => Ok(bytes),
    }
}
