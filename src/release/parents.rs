//! The folders that a release's place needs, gone again if nothing came into them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders that this run created, the outermost first. Those that are empty when it is dropped are removed.
#[derive(Debug)]
pub(super) struct Parents(Vec<PathBuf>);

impl Parents {
    /// Creates a folder and whatever is missing above it.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let is_missing = |folder: &&Path| *folder != Path::new("") && fs::symlink_metadata(folder).is_err();
        let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
        let mut created = Self(Vec::new());
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => created.0.push(folder.to_owned()),
                // Another run was faster, and will clean up.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        // A link or a file may be where the folder should be.
        if fs::metadata(folder)?.is_dir() { Ok(created) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_created_and_stayed_empty_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let deep = scratch.path().join("a/b/c");
        drop(Parents::create(&deep).unwrap());
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
        let parents = Parents::create(&deep).unwrap();
        fs::write(scratch.path().join("a/kept"), "").unwrap();
        drop(parents);
        assert!(scratch.path().join("a/kept").exists() && !scratch.path().join("a/b").exists());
        drop(Parents::create(&scratch.path().join("a")).unwrap());
        assert!(scratch.path().join("a").exists(), "it was there before");
        assert!(Parents::create(&scratch.path().join("a/kept/x")).is_err());
    }
}
