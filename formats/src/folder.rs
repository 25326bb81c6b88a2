//! The folder that a model lies in: the only way by which this crate reaches a file of a model.
//!
//! Names come from the file system or from inside hostile files. What they may do wrong: leave the folder by
//! `..` or an absolute path ([`RelPath`] refuses both), leave it through a symbolic link, name a device or a
//! pipe, or be so many or so deep that listing them never ends. Each is an error here, also where a link
//! does not resolve.

mod rel_path;
mod skipped;

use std::{
    fs::{self, File},
    io::Read,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use rel_path::RelPath;
pub use skipped::Skipped;

use crate::{
    FormatError, Problem,
    reader::{Fill, Reader},
};

/// A folder, and the checks that keep names inside it.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    resolved: PathBuf,
    holes: Option<Arc<dyn Fill>>,
}

impl Folder {
    pub(crate) fn open(root: &Path) -> Result<Self, FormatError> {
        // The parent of a bare file name is "", which the system does not know as a folder.
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let resolved = root.canonicalize().map_err(|error| FormatError::new(root, error))?;
        Ok(Self { root: root.to_owned(), resolved, holes: None })
    }

    /// The same folder, whose files may have holes that are filled before they are read.
    pub(crate) fn with_holes(self, holes: Arc<dyn Fill>) -> Self {
        Self { holes: Some(holes), ..self }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The path to show to the user.
    pub(crate) fn locate(&self, path: &RelPath) -> PathBuf {
        self.root.join(path.as_str())
    }

    pub(crate) fn exists(&self, path: &RelPath) -> bool {
        self.locate(path).symlink_metadata().is_ok()
    }

    /// Opens a file, and tells its size.
    pub(crate) fn open_file(&self, path: &RelPath) -> Result<(Reader, u64), FormatError> {
        let shown = self.locate(path);
        let fail = |problem| FormatError::new(&shown, problem);
        let missing = shown.symlink_metadata().err();
        if let Some(error) = missing {
            return Err(fail(error.into()));
        }
        let resolved = shown.canonicalize().map_err(|_| fail(Problem::Link))?;
        if !resolved.starts_with(&self.resolved) {
            return Err(fail(Problem::Link));
        }
        // Asked before opening, since to open a pipe would wait for its writer.
        let metadata = fs::metadata(&resolved).map_err(|error| fail(error.into()))?;
        if !metadata.is_file() {
            return Err(fail(Problem::NotAFile));
        }
        let file = File::open(&resolved).map_err(|error| fail(error.into()))?;
        let holes = self.holes.clone().map(|holes| (holes, path.clone()));
        Ok((Reader::new(file, holes), metadata.size()))
    }

    /// The same for a file that nothing can be done without, and that git-lfs may not have fetched.
    pub(crate) fn open_fetched(&self, path: &RelPath) -> Result<(Reader, u64), FormatError> {
        let (file, size) = self.open_file(path)?;
        let fail = |problem| FormatError::new(self.locate(path), problem);
        let mut start = [0; LFS_POINTER.len()];
        let known = usize::try_from(size).unwrap_or(usize::MAX).min(start.len());
        if known > 0 {
            file.read_exact_at(&mut start[..known], 0).map_err(|error| fail(error.into()))?;
        }
        if start == *LFS_POINTER && size < MAX_POINTER {
            return Err(fail(Problem::LfsPointer));
        }
        // Neither format begins so: eight bytes are a length, or one is a number of a field.
        if WEB_PAGES.iter().any(|page| {
            start.trim_ascii_start().get(..page.len()).is_some_and(|it| it.eq_ignore_ascii_case(page))
        }) {
            return Err(fail(Problem::WebPage));
        }
        Ok((file, size))
    }

    /// The whole of a file that must not have more than `limit` bytes.
    pub(crate) fn read(&self, path: &RelPath, limit: u64) -> Result<Vec<u8>, FormatError> {
        let (file, found) = self.open_file(path)?;
        let fail = |problem| FormatError::new(self.locate(path), problem);
        if found > limit {
            return Err(fail(Problem::Large { found, limit }));
        }
        let mut bytes = Vec::new();
        // The file may grow while it is read, hence the second bound.
        let whole = file.whole().map_err(|error| fail(error.into()))?;
        whole.take(limit).read_to_end(&mut bytes).map_err(|error| fail(error.into()))?;
        Ok(bytes)
    }

    /// Every file but what git and hubs keep, with its size, in order; and what they keep, counted.
    pub(crate) fn survey(&self) -> Result<Survey, FormatError> {
        let mut survey = Survey::default();
        self.survey_below("", 0, &mut survey)?;
        survey.files.sort();
        survey.skipped.sort();
        Ok(survey)
    }

    fn survey_below(&self, below: &str, depth: usize, survey: &mut Survey) -> Result<(), FormatError> {
        let folder = self.root.join(below);
        let fail = |problem| FormatError::new(&folder, problem);
        if depth > MAX_DEPTH {
            return Err(fail(Problem::TooMany { what: "levels", limit: MAX_DEPTH }));
        }
        for entry in fs::read_dir(&folder).map_err(|error| fail(error.into()))? {
            let entry = entry.map_err(|error| fail(error.into()))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let path = entry.path().display().to_string();
                return Err(fail(Problem::BadPath { path, why: "is not Unicode" }));
            };
            let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
            if KEPT_BY_OTHERS.contains(&path.as_str()) {
                let skipped = Skipped::count(&path, &entry.path(), &mut survey.files);
                survey.skipped.push(skipped.map_err(|error| fail(error.into()))?);
                continue;
            }
            if entry.file_type().map_err(|error| fail(error.into()))?.is_dir() {
                self.survey_below(&path, depth + 1, survey)?;
                continue;
            }
            let path = RelPath::try_from(path.as_str()).map_err(fail)?;
            let size = self.open_file(&path)?.1;
            survey.files.push((path, size));
            if survey.files.len() > MAX_FILES {
                return Err(fail(Problem::TooMany { what: "files", limit: MAX_FILES }));
            }
        }
        Ok(())
    }
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Every file that was looked at, with its size.
    pub(crate) files: Vec<(RelPath, u64)>,
    /// What was only counted.
    pub(crate) skipped: Vec<Skipped>,
}

/// What git and its hooks keep in a folder, and what a download from a hub leaves there: no part of a model.
const KEPT_BY_OTHERS: [&str; 6] =
    [".cache/huggingface", ".git", ".gitattributes", ".github", ".gitignore", ".pre-commit-config.yaml"];

/// What git-lfs writes in the place of a file until it is fetched begins so, and is short.
/// How pages begin that a server gives in the place of a file.
const WEB_PAGES: [&[u8]; 2] = [b"<!doctype html", b"<html"];
const LFS_POINTER: &[u8; 39] = b"version https://git-lfs.github.com/spec";
const MAX_POINTER: u64 = 1024;

const MAX_DEPTH: usize = 16;
const MAX_FILES: usize = 20_000;
