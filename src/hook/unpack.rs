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
    claim::names::is_record,
    error::Error,
    gate::Files,
    git::{Kind, ObjectId, Objects, Repository},
    sign::{Content, Contents, MAX_BUNDLE},
};

/// More files are no release.
const MAX_FILES: usize = 100_000;

/// Where releases are read from, and what was read: a few objects can stand for any number of files.
pub(super) struct Source {
    pub(super) objects: RefCell<Objects>,
    contents: RefCell<BTreeMap<ObjectId, Content>>,
}

impl Source {
    pub(super) fn of(repository: &Repository) -> Result<Self, Error> {
        Ok(Self { objects: repository.objects()?.into(), contents: RefCell::default() })
    }

    /// What a file holds, hashed piece by piece and once.
    fn content(&self, id: &ObjectId) -> Result<Content, Error> {
        if let Some(content) = self.contents.borrow().get(id) {
            return Ok(*content);
        }
        let content = self
            .objects
            .borrow_mut()
            .file(id, |file, size| Content::of_reader(file, size).map_err(|error| cut_off(id, &error)))?;
        self.contents.borrow_mut().insert(id.clone(), content);
        Ok(content)
    }
}

/// The files of a folder in git.
pub(super) struct GitRelease<'a> {
    source: &'a Source,
    /// Claims and signatures lie here, later all files.
    folder: TempDir,
    contents: Contents,
    objects: BTreeMap<RelPath, ObjectId>,
}

impl<'a> GitRelease<'a> {
    /// Reads and hashes everything below a folder.
    pub(super) fn read(source: &'a Source, tree: &ObjectId, scratch: &Path) -> Result<Self, Error> {
        let entries = entries(&mut source.objects.borrow_mut(), tree)?;
        let folder =
            tempfile::Builder::new().prefix("declass-").tempdir_in(scratch).map_err(Error::io(scratch))?;
        let mut contents = Vec::new();
        let mut objects = BTreeMap::new();
        for (path, (kind, id)) in entries {
            let content = match kind {
                Kind::File if is_record(&path) => {
                    let place = folder.path().join(path.as_str());
                    record(&mut source.objects.borrow_mut(), &id, &place)?
                }
                Kind::File => source.content(&id)?,
                Kind::Folder | Kind::Other => Content::NoFile,
            };
            objects.insert(path.clone(), id);
            contents.push((path, content));
        }
        Ok(Self { source, folder, contents: contents.into_iter().collect(), objects })
    }
}

impl Files for GitRelease<'_> {
    fn contents(&self) -> &Contents {
        &self.contents
    }

    fn records(&self) -> &Path {
        self.folder.path()
    }

    fn unpack(&self, files: &Contents) -> Result<(), Error> {
        let is_wanted =
            |(path, content): &(&RelPath, &Content)| matches!(content, Content::File(_)) && !is_record(path);
        for (path, _) in files.entries().iter().filter(is_wanted) {
            let Some(id) = self.objects.get(path) else { continue };
            let place = self.folder.path().join(path.as_str());
            let write = |file: &mut dyn Read| {
                place.parent().map_or(Ok(()), fs::create_dir_all)?;
                // Never through what another entry has put there.
                io::copy(file, &mut File::create_new(&place)?)
            };
            self.source.objects.borrow_mut().file(id, |file, _| write(file).map_err(Error::io(&place)))?;
        }
        Ok(())
    }
}

/// Every entry but folders by its path, which must be one that a signature can name.
fn entries(objects: &mut Objects, tree: &ObjectId) -> Result<BTreeMap<RelPath, (Kind, ObjectId)>, Error> {
    let mut entries = BTreeMap::new();
    let refused = |reason: String| Error::Git { reason: format!("folder {tree} {reason}") };
    objects.walk(tree, |folder| {
        for entry in folder.entries.iter().filter(|entry| entry.kind != Kind::Folder) {
            let path = String::from_utf8(folder.path_of(entry))
                .map_err(|_| refused("holds a name that is not Unicode".into()))?;
            let path = RelPath::try_from(path.as_str())
                .map_err(|problem| refused(format!("holds a bad name: {problem}")))?;
            entries.insert(path, (entry.kind, entry.id.clone()));
        }
        if entries.len() <= MAX_FILES {
            Ok(())
        } else {
            Err(refused(format!("holds more than {MAX_FILES} files")))
        }
    })?;
    Ok(entries)
}

/// A claim or a signature, which is put on disk at once unless it is a pointer.
fn record(objects: &mut Objects, id: &ObjectId, place: &Path) -> Result<Content, Error> {
    objects.file(id, |file, size| {
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
