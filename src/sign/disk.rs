//! Small files: read up to a bound, written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use declass_formats::{FormatError, Problem, read_regular};

/// How temporary files in a release begin.
const PREFIX: &str = ".declass-";
/// Random characters behind it.
const SUFFIX: usize = 12;
/// Trust files, keys and certificates have a few thousand bytes.
const MAX_TEXT: u64 = 1 << 20;

/// All of a regular file of at most `limit` bytes; none if it is not there.
pub(crate) fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FormatError> {
    match read_regular(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FormatError { problem: Problem::Io(error), .. }) if error.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A trust file, or a key or certificate that one names.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let bytes = read_regular(path, MAX_TEXT).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8", path.display()))
}

/// Reads a file of rules that a user wrote; what is wrong with it is said without its path, which the error has.
pub(crate) fn read_rules(path: &Path) -> Result<String, String> {
    let bytes = read_regular(path, MAX_TEXT).map_err(|error| match error.problem {
        Problem::Io(reason) if reason.kind() == io::ErrorKind::NotFound => "there is no such file".to_owned(),
        other => other.to_string(),
    })?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// Writes a file by way of a temporary one beside it, so that the file is the old or the new one at any
/// moment.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new();
    // Less what the umask takes away.
    temporary.prefix(PREFIX).rand_bytes(SUFFIX).permissions(fs::Permissions::from_mode(0o666));
    let mut file = temporary.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

/// Removes temporary files that a killed run has left in a folder. Best effort.
pub(crate) fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(is_leftover);
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a file with this name is what a run leaves that is killed while it writes.
#[must_use]
pub fn is_leftover(name: &str) -> bool {
    let suffix = name.strip_prefix(PREFIX);
    suffix.is_some_and(|rest| rest.len() == SUFFIX && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
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
            assert_eq!(read_if_there(&file, 5).unwrap().unwrap(), text.as_bytes());
        }
        assert!(read_if_there(&file, 4).is_err() && read_if_there(folder.path(), 5).is_err());
        assert!(read_if_there(&folder.path().join("none"), 5).unwrap().is_none());
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions(), fs::metadata(&plain).unwrap().permissions());
        for name in [".declass-0123456789ab", ".declass-mine"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(folder.path());
        assert!(!folder.path().join(".declass-0123456789ab").exists());
        assert!(folder.path().join(".declass-mine").exists());
    }
}
