//! What lies in a model's folder and nobody looks into: counted, so that it is not passed over in silence.

use std::{fmt, fs, io, path::Path};

/// One of git's own files or folders at the top of a model's folder.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Skipped {
    /// Its name, with a `/` behind that of a folder.
    pub name: String,
    /// Files in it, links included; 1 if it is a file itself.
    pub files: usize,
    /// Their bytes in all, of links those of the link.
    pub bytes: u64,
    /// Whether there is more than was counted.
    pub more: bool,
}

impl Skipped {
    /// Counts what a file or folder holds, and follows no link.
    pub(super) fn count(name: &str, path: &Path) -> io::Result<Self> {
        let metadata = path.symlink_metadata()?;
        if !metadata.is_dir() {
            return Ok(Self { name: name.to_owned(), files: 1, bytes: metadata.len(), more: false });
        }
        let mut skipped = Self { name: format!("{name}/"), files: 0, bytes: 0, more: false };
        let mut pending = vec![path.to_owned()];
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let metadata = entry.metadata()?;
                if skipped.files + pending.len() >= MOST {
                    skipped.more = true;
                    return Ok(skipped);
                }
                if metadata.is_dir() {
                    pending.push(entry.path());
                } else {
                    skipped.files += 1;
                    skipped.bytes = skipped.bytes.saturating_add(metadata.len());
                }
            }
        }
        Ok(skipped)
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, files, bytes, more } = self;
        if !name.ends_with('/') {
            return write!(f, "{name} ({bytes} bytes)");
        }
        let more = if *more { "more than " } else { "" };
        let word = if *files == 1 { "file" } else { "files" };
        write!(f, "{name} ({more}{files} {word}, {bytes} bytes)")
    }
}

/// So many files are counted.
const MOST: usize = 100_000;
