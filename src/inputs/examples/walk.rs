//! The files below a folder, as far as they may be used.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Unusable,
    bounds::{MAX_DEPTH, MAX_FILES, MAX_LISTED},
};
use crate::{
    error::Error,
    inputs::fault::{Fault, shown},
};

/// A folder out of which no path leads.
pub(super) struct Root {
    path: PathBuf,
    resolved: PathBuf,
}

/// What a folder holds, in order of the paths.
#[derive(Default)]
pub(super) struct Found {
    /// Paths from the root, with `/` between names.
    pub(super) files: Vec<String>,
    /// The folders right below.
    pub(super) folders: BTreeSet<String>,
    pub(super) unusable: Vec<Unusable>,
}

/// What systems put into folders by themselves.
const NOBODYS: [&str; 3] = ["Thumbs.db", "desktop.ini", "__MACOSX"];

impl Root {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self { path: path.to_owned(), resolved: path.canonicalize().map_err(Error::io(path))? })
    }

    /// Lists everything, hidden files and what systems put there aside.
    pub(super) fn walk(&self) -> Result<Found, Error> {
        let mut found = Found::default();
        self.walk_into("", 0, &mut found)?;
        found.files.sort_unstable();
        found.unusable.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(found)
    }

    fn walk_into(&self, inside: &str, depth: usize, found: &mut Found) -> Result<(), Error> {
        let folder = self.path.join(inside);
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let name = entry.file_name();
            let Some(text) = name.to_str().filter(|text| !text.contains(char::is_control)) else {
                let id = format!("{inside}{}", shown(&name.to_string_lossy()));
                found.refuse(id, "its name holds signs that cannot be shown");
                continue;
            };
            if text.starts_with('.') || NOBODYS.contains(&text) {
                continue;
            }
            let id = format!("{inside}{text}");
            let kind = entry.file_type().map_err(Error::io(&entry.path()))?;
            if kind.is_dir() {
                if depth == 0 {
                    found.folders.insert(id.clone());
                }
                if depth + 1 == MAX_DEPTH {
                    let reason = format!("`{}` lies {MAX_DEPTH} folders deep", shown(&id));
                    return Err(Fault::new(reason).at(&self.path));
                }
                self.walk_into(&format!("{id}/"), depth + 1, found)?;
            } else if kind.is_symlink() && entry.path().is_dir() {
                found.refuse(id, "it is a link to a folder, which is not followed");
            } else {
                found.files.push(id);
            }
            if found.files.len() + found.unusable.len() > MAX_FILES {
                return Err(Fault::new(format!("it holds more than {MAX_FILES} files")).at(&self.path));
            }
        }
        Ok(())
    }

    /// Where a file really lies, if that is a file within the folder.
    pub(super) fn locate(&self, inside: &str) -> Result<PathBuf, Fault> {
        let resolved = self.path.join(inside).canonicalize();
        let resolved = resolved.map_err(|error| Fault::new(format!("it cannot be found ({error})")))?;
        if !resolved.starts_with(&self.resolved) {
            return Err(Fault::new("it lies outside of the folder"));
        }
        match fs::metadata(&resolved) {
            Ok(metadata) if metadata.is_file() => Ok(resolved),
            Ok(_) => Err(Fault::new("it is not a file")),
            Err(error) => Err(Fault::new(format!("it cannot be found ({error})"))),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Found {
    fn refuse(&mut self, id: String, reason: &str) {
        if self.unusable.len() < MAX_LISTED {
            self.unusable.push(Unusable { id, reason: reason.into() });
        }
    }
}
