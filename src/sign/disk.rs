//! Small files: read up to a bound, written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// How temporary files in a release begin.
const PREFIX: &str = ".declass-";
/// Random characters behind it.
const SUFFIX: usize = 12;

/// All of a regular file that must not have more than `limit` bytes.
pub(crate) fn read_small(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    // Asked before opening, since to open a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("more than the {limit} bytes that are read of such a file"),
        )),
        false => Ok(bytes),
    }
}

/// Writes a file by way of a temporary one beside it, so that the file is the old or the new one at any moment.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(PREFIX).rand_bytes(SUFFIX).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

/// Removes temporary files that a killed run has left. Best effort.
pub(super) fn remove_leftovers(folder: &Path) {
    let is_suffix =
        |rest: &str| rest.len() == SUFFIX && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours =
            entry.file_name().to_str().and_then(|name| name.strip_prefix(PREFIX)).is_some_and(is_suffix);
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_a_bound_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        for text in ["first", "other"] {
            write_whole(&file, text.as_bytes()).unwrap();
            assert_eq!(read_small(&file, 5).unwrap(), text.as_bytes());
        }
        assert!(read_small(&file, 4).is_err() && read_small(folder.path(), 5).is_err());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
        for name in [".declass-0123456789ab", ".declass-mine"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(folder.path());
        assert!(!folder.path().join(".declass-0123456789ab").exists());
        assert!(folder.path().join(".declass-mine").exists());
    }
}
