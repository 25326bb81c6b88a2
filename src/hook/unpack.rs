//! A release in git: hashed where it lies, and put on disk as far as that is needed.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use declass_formats::RelPath;
use tempfile::TempDir;

use crate::{
    error::Error,
    gate::Files,
    git::{Blobs, Entry, Kind, ObjectId, Repository},
    sign::{Content, Contents, MAX_BUNDLE},
};

/// More files are no release.
const MAX_FILES: usize = 100_000;

/// The files of a folder in git.
pub(super) struct GitRelease {
    /// Claims and signatures lie here, later all files.
    folder: TempDir,
    contents: Contents,
    objects: BTreeMap<RelPath, ObjectId>,
    blobs: RefCell<Blobs>,
}

impl GitRelease {
    /// Reads and hashes everything below a folder, piece by piece.
    pub(super) fn read(repository: &Repository, tree: &ObjectId, scratch: &Path) -> Result<Self, Error> {
        let entries = entries(repository, tree)?;
        let folder =
            tempfile::Builder::new().prefix("declass-").tempdir_in(scratch).map_err(Error::io(scratch))?;
        let mut blobs = repository.blobs()?;
        let mut contents = Vec::new();
        let mut objects = BTreeMap::new();
        for (path, Entry { kind, id, .. }) in entries {
            let content = match kind {
                Kind::File if path.is_release_record() => {
                    record(&mut blobs, &id, &folder.path().join(path.as_str()))?
                }
                Kind::File => blobs.read(&id, |file, size| {
                    Content::of_reader(file, size).map_err(|error| cut_off(&id, &error))
                })?,
                Kind::Folder | Kind::Other => Content::NoFile,
            };
            objects.insert(path.clone(), id);
            contents.push((path, content));
        }
        Ok(Self { folder, contents: contents.into_iter().collect(), objects, blobs: blobs.into() })
    }
}

impl Files for GitRelease {
    fn contents(&self) -> &Contents {
        &self.contents
    }

    fn records(&self) -> &Path {
        self.folder.path()
    }

    fn unpack(&self, files: &Contents) -> Result<(), Error> {
        let is_wanted = |(path, content): &(&RelPath, &Content)| {
            matches!(content, Content::File(_)) && !path.is_release_record()
        };
        for (path, _) in files.entries().iter().filter(is_wanted) {
            let Some(id) = self.objects.get(path) else { continue };
            let place = self.folder.path().join(path.as_str());
            let write = |file: &mut dyn Read| {
                place.parent().map_or(Ok(()), fs::create_dir_all)?;
                // Never through what another entry has put there.
                io::copy(file, &mut File::create_new(&place)?)
            };
            self.blobs.borrow_mut().read(id, |file, _| write(file).map_err(Error::io(&place)))?;
        }
        Ok(())
    }
}

/// Every entry by its path, which must be one that a folder can have.
fn entries(repository: &Repository, tree: &ObjectId) -> Result<BTreeMap<RelPath, Entry>, Error> {
    let mut entries = BTreeMap::new();
    let refused = |reason: String| Error::Git { reason: format!("folder {tree} {reason}") };
    repository.list(tree, false, |entry| {
        let path = std::str::from_utf8(&entry.path)
            .map_err(|_| refused("holds a name that is not Unicode".into()))?;
        let path =
            RelPath::try_from(path).map_err(|problem| refused(format!("holds a bad name: {problem}")))?;
        if let Some(twice) = entries.insert(path, entry) {
            return Err(refused(format!("holds `{}` twice", String::from_utf8_lossy(&twice.path))));
        }
        match entries.len() <= MAX_FILES {
            true => Ok(()),
            false => Err(refused(format!("holds more than {MAX_FILES} files"))),
        }
    })?;
    Ok(entries)
}

/// A claim or a signature, which is put on disk at once unless it is a pointer.
fn record(blobs: &mut Blobs, id: &ObjectId, place: &Path) -> Result<Content, Error> {
    blobs.read(id, |file, size| {
        if size > MAX_BUNDLE {
            return Err(Error::Git {
                reason: format!("object {id} has {size} bytes, a claim or signature never has"),
            });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| cut_off(id, &error))?;
        let content = Content::of_reader(&bytes[..], size).map_err(|error| cut_off(id, &error))?;
        if matches!(content, Content::File(_)) {
            fs::write(place, &bytes).map_err(Error::io(place))?;
        }
        Ok(content)
    })
}

fn cut_off(id: &ObjectId, error: &io::Error) -> Error {
    Error::Git { reason: format!("object {id} cannot be read: {error}") }
}
