//! Where a release may go: where nothing is, or in place of an earlier release that holds nothing else.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use declass_formats::{Artifact, RelPath};
use rustix::{
    fs::{CWD, RenameFlags, renameat, renameat_with},
    io::Errno,
};

use super::{
    attributes::{ATTRIBUTES_FILE, is_ours},
    lock::locked,
};
use crate::{
    claim::{
        StoredClaim, claimed_files,
        names::{self, CARD_FILE},
    },
    error::Error,
    sign::is_leftover,
};

/// Folders within folders that are looked into; no release is deeper.
const MAX_DEPTH: usize = 20;

/// The place that a release shall go to.
#[derive(Clone, Debug)]
pub struct Destination {
    path: PathBuf,
    existing: Existing,
}

/// What becomes of an earlier release that is in the place already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is replaced at once, if it holds no file that is not its own.
    Replace,
}

impl Destination {
    /// A place where nothing is.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), existing: Existing::Keep }
    }

    /// The same place, where an earlier release may be.
    #[must_use]
    pub fn with_existing(self, existing: Existing) -> Self {
        Self { existing, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a release may be written there now: nothing is there, or what is there may be replaced and is
    /// empty or an earlier release without any file that is not its own.
    ///
    /// # Errors
    /// [`Error::DestinationExists`] or [`Error::ForeignFiles`] if not; [`Error::NoName`] or [`Error::Io`] if
    /// it is no place for a new folder.
    pub fn check(&self) -> Result<(), Error> {
        if self.path.file_name().is_none() {
            return Err(Error::NoName { path: self.path.clone() });
        }
        let parent = parent_of(&self.path);
        let existing = parent.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok());
        if let Some(existing) = existing.filter(|folder| !folder.is_dir()) {
            return Err(Error::io(existing)(io::ErrorKind::NotADirectory.into()));
        }
        let _lock = if parent.is_dir() { Some(locked(&parent)?) } else { None };
        check(&self.path, self.existing)
    }

    /// The input must survive as it is: it may not lie where the output goes, nor the output within a model's
    /// folder.
    ///
    /// # Errors
    /// [`Error::OverwritesInput`] or [`Error::InsideInput`].
    pub fn check_input(&self, original: &Artifact) -> Result<(), Error> {
        let destination = &self.path;
        let Ok(input) = original.folder().canonicalize() else { return Ok(()) };
        if destination.canonicalize().is_ok_and(|output| input.starts_with(output)) {
            return Err(Error::OverwritesInput { path: destination.clone() });
        }
        let parent = parent_of(destination);
        let existing = parent.ancestors().find_map(|folder| match folder {
            folder if folder == Path::new("") => Path::new(".").canonicalize().ok(),
            folder => folder.canonicalize().ok(),
        });
        // A single file does not own the folder that it lies in.
        if original.path().is_dir() && existing.is_some_and(|folder| folder.starts_with(&input)) {
            return Err(Error::InsideInput { path: destination.clone() });
        }
        Ok(())
    }

    /// Moves a folder there, if it [may](Self::check) go there; what was there is then where the folder was.
    pub(super) fn receive(&self, from: &Path) -> Result<(), Error> {
        let to = &self.path;
        let _lock = locked(&parent_of(to))?;
        check(to, self.existing)?;
        let flags = if to.exists() { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
        let moved = match renameat_with(CWD, from, CWD, to, flags) {
            // Network file systems know no flags.
            Err(Errno::INVAL) if flags == RenameFlags::NOREPLACE => rename_where_nothing_is(from, to),
            moved => moved,
        };
        moved.map_err(|error| match error {
            Errno::EXIST => Error::DestinationExists { path: to.clone(), release: false },
            error => Error::io(to)(error.into()),
        })
    }
}

/// Renames a folder where the file system cannot be asked to replace nothing. Whoever keeps to the folder's lock cannot come
/// between the look and the renaming; of others no file is lost, as a folder takes the place of an empty one at most.
fn rename_where_nothing_is(from: &Path, to: &Path) -> Result<(), Errno> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(Errno::EXIST);
    }
    renameat(CWD, from, CWD, to).map_err(|error| if error == Errno::NOTEMPTY { Errno::EXIST } else { error })
}

fn check(destination: &Path, existing: Existing) -> Result<(), Error> {
    let taken = |release| Err(Error::DestinationExists { path: destination.to_owned(), release });
    let Ok(metadata) = fs::symlink_metadata(destination) else { return Ok(()) };
    // What a link leads to belongs to another place.
    if !metadata.is_dir() {
        return taken(false);
    }
    let own = match StoredClaim::read(destination) {
        Ok(claim) => claimed_files(claim.statement()),
        Err(_) if is_empty(destination) => Some(BTreeSet::new()),
        Err(_) => None,
    };
    let Some(own) = own else { return taken(false) };
    if existing == Existing::Keep {
        return taken(true);
    }
    let is_record = |file: &str| RelPath::try_from(file).is_ok_and(|path| names::is_record(&path));
    let is_ours = |file: &str| file == ATTRIBUTES_FILE && is_ours(destination);
    let is_own = |file: &PathBuf| {
        let is_own =
            |f: &str| own.contains(f) || f == CARD_FILE || is_record(f) || is_ours(f) || is_leftover(f);
        file.to_str().is_some_and(is_own)
    };
    let mut files = Vec::new();
    list(destination, Path::new(""), 0, &mut files).map_err(Error::io(destination))?;
    files.retain(|file| !is_own(file));
    files.sort();
    if files.is_empty() {
        return Ok(());
    }
    Err(Error::ForeignFiles { path: destination.to_owned(), files })
}

pub(super) fn parent_of(destination: &Path) -> PathBuf {
    match destination.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// All that is below a folder and is no folder itself.
fn list(root: &Path, below: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < MAX_DEPTH {
            list(root, &path, depth + 1, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_renaming_takes_no_place_that_is_taken() {
        let home = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| home.path().join(name));
        fs::create_dir(&from).unwrap();
        fs::write(from.join("file"), "new").unwrap();
        fs::write(&to, "theirs").unwrap();
        assert_eq!(rename_where_nothing_is(&from, &to), Err(Errno::EXIST));
        fs::remove_file(&to).unwrap();
        std::os::unix::fs::symlink("nowhere", &to).unwrap();
        assert_eq!(rename_where_nothing_is(&from, &to), Err(Errno::EXIST), "a link that leads nowhere");
        fs::remove_file(&to).unwrap();
        assert_eq!(rename_where_nothing_is(&from, &to), Ok(()));
        assert_eq!(fs::read_to_string(to.join("file")).unwrap(), "new");
        assert!(!from.exists());
    }
}
