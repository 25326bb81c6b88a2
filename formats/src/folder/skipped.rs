//! What lies in a model's folder and nobody looks into: counted, so that it is not passed over in silence.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use super::RelPath;
use crate::beside::{BEGINNING, may_go_unsigned};

/// One of the files and folders that git and hubs keep in a model's folder.
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
    /// Counts what a file or folder holds, and follows no link. What a program might load all the same is not
    /// passed over: it is listed in `exposed`, by its path and size.
    pub(super) fn count(name: &str, path: &Path, exposed: &mut Vec<(RelPath, u64)>) -> io::Result<Self> {
        let metadata = path.symlink_metadata()?;
        if !metadata.is_dir() {
            return Ok(Self { name: name.to_owned(), files: 1, bytes: metadata.len(), more: false });
        }
        let mut skipped = Self { name: format!("{name}/"), files: 0, bytes: 0, more: false };
        let mut pending = vec![(name.to_owned(), path.to_owned())];
        while let Some((below, folder)) = pending.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let metadata = entry.metadata()?;
                if skipped.files + pending.len() >= MOST {
                    skipped.more = true;
                    return Ok(skipped);
                }
                let place = format!("{below}/{}", entry.file_name().to_string_lossy());
                if metadata.is_dir() {
                    pending.push((place, entry.path()));
                    continue;
                }
                if metadata.is_file() && !is_harmless(&place, &entry.path(), metadata.len())? {
                    // As for any file that a model has.
                    let place = RelPath::try_from(place.as_str())
                        .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem.to_string()))?;
                    exposed.push((place, metadata.len()));
                } else {
                    skipped.files += 1;
                    skipped.bytes = skipped.bytes.saturating_add(metadata.len());
                }
            }
        }
        Ok(skipped)
    }
}

fn is_harmless(place: &str, path: &Path, size: u64) -> io::Result<bool> {
    let mut beginning = Vec::new();
    if !place.starts_with(".git/") {
        File::open(path)?.take(BEGINNING as u64).read_to_end(&mut beginning)?;
    }
    Ok(may_go_unsigned(place, size, &beginning))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_by_a_name_that_no_model_may_have_are_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.md"), "x").unwrap();
        let mut exposed = Vec::new();
        let skipped = Skipped::count(".github", folder.path(), &mut exposed).unwrap();
        assert_eq!((skipped.files, exposed.len()), (1, 0));
        fs::write(folder.path().join("a\\b.onnx"), "x").unwrap();
        let error = Skipped::count(".github", folder.path(), &mut exposed).unwrap_err();
        assert!(error.to_string().contains("backslash"), "{error}");
    }
}
