//! Where a release may go: where nothing is, or in place of an earlier release that holds nothing else.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use declass_formats::Artifact;

use super::statement::{STATEMENT_FILE, claimed_files};
use crate::error::Error;

/// Files of a release that its claim does not name: the model card and the claim itself.
const UNNAMED: [&str; 2] = ["README.md", STATEMENT_FILE];
/// Folders within folders that are looked into; no release is deeper.
const MAX_DEPTH: usize = 20;

/// Whether a release may be written to a place: nothing is there, or `replace` is set and what is there is empty or an
/// earlier release without any file that is not its own.
///
/// # Errors
/// [`Error::DestinationExists`] or [`Error::ForeignFiles`] if not.
pub fn check_destination(destination: &Path, replace: bool) -> Result<(), Error> {
    let taken = |release| Err(Error::DestinationExists { path: destination.to_owned(), release });
    let Ok(metadata) = fs::symlink_metadata(destination) else { return Ok(()) };
    // What a link leads to belongs to another place.
    if !metadata.is_dir() {
        return taken(false);
    }
    let own = match fs::read(destination.join(STATEMENT_FILE)) {
        Ok(claim) => claimed_files(&claim),
        Err(_) if is_empty(destination) => Some(BTreeSet::new()),
        Err(_) => None,
    };
    let Some(own) = own else { return taken(false) };
    if !replace {
        return taken(true);
    }
    let is_own = |file: &PathBuf| file.to_str().is_some_and(|f| own.contains(f) || UNNAMED.contains(&f));
    let mut files = Vec::new();
    list(destination, Path::new(""), 0, &mut files).map_err(Error::io(destination))?;
    files.retain(|file| !is_own(file));
    files.sort();
    match files.is_empty() {
        true => Ok(()),
        false => Err(Error::ForeignFiles { path: destination.to_owned(), files }),
    }
}

/// The input must survive as it is: it may not lie where the output goes, nor the output within a model's folder.
///
/// # Errors
/// [`Error::OverwritesInput`] or [`Error::InsideInput`].
pub(super) fn refuse_to_touch_the_input(original: &Artifact, destination: &Path) -> Result<(), Error> {
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

pub(super) fn parent_of(destination: &Path) -> PathBuf {
    match destination.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// All that is below a folder and is no folder itself. Another run may be replacing the same release: what is gone
/// when it is looked at was not there.
fn list(root: &Path, below: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(below)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
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
