//! A release in git: hashed where it lies, and put on disk as far as that is needed.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use declass_formats::{Looked, RelPath, Suspicion};

use super::find::names;
use crate::{
    claim::names::{MAX_RECORD, MAX_RECORDS, is_record},
    error::Error,
    gate::Files,
    git::{Kind, ObjectId, Objects, Repository},
    sign::{Content, Contents, Seen},
    temporary::Temporary,
};

/// More files are no release.
const MAX_FILES: usize = 100_000;
/// How folders begin that releases are unpacked to.
const PREFIX: &str = "declass-hook-";

/// Where releases are read from, and what was read: a few objects can stand for any number of files.
pub(super) struct Source {
    pub(super) objects: RefCell<Objects>,
    contents: RefCell<BTreeMap<ObjectId, Seen>>,
    /// Files outside of releases that were looked at.
    others: BTreeMap<ObjectId, Looked>,
}

impl Source {
    pub(super) fn of(repository: &Repository) -> Result<Self, Error> {
        let objects = repository.objects()?.into();
        Ok(Self { objects, contents: RefCell::default(), others: BTreeMap::new() })
    }

    /// Why a file that is in no release may hold weights all the same.
    pub(super) fn suspicion(&mut self, id: &ObjectId, name: &[u8]) -> Result<Option<Suspicion>, Error> {
        let looked = match self.others.get(id) {
            Some(looked) => *looked,
            None => {
                let look =
                    |file: &mut dyn Read, size| Looked::at(file, size).map_err(|error| cut_off(id, &error));
                let looked = self.objects.borrow_mut().file(id, look)?;
                self.others.insert(id.clone(), looked);
                looked
            }
        };
        Ok(names(name).find_map(|name| looked.suspicion(&name)))
    }

    /// What a file holds, hashed piece by piece and once.
    pub(super) fn look(&self, id: &ObjectId) -> Result<Seen, Error> {
        if let Some(looked) = self.contents.borrow().get(id) {
            return Ok(looked.clone());
        }
        let look = |file: &mut dyn Read, size| Seen::at(file, size).map_err(|error| cut_off(id, &error));
        let looked = self.objects.borrow_mut().file(id, look)?;
        self.contents.borrow_mut().insert(id.clone(), looked.clone());
        Ok(looked)
    }
}

/// The files of a folder in git.
pub(super) struct GitRelease<'a> {
    source: &'a Source,
    /// Files are put here once they are known to be as they were signed.
    folder: Temporary,
    contents: Contents,
    objects: BTreeMap<RelPath, ObjectId>,
}

impl<'a> GitRelease<'a> {
    /// Reads and hashes everything below a folder.
    pub(super) fn read(source: &'a Source, tree: &ObjectId, scratch: &Path) -> Result<Self, Error> {
        let entries = entries(&mut source.objects.borrow_mut(), tree)?;
        let folder = Temporary::create(scratch, PREFIX)?;
        let (mut contents, mut objects) = (Contents::default(), BTreeMap::new());
        let mut in_records = 0;
        for (path, (kind, id)) in entries {
            let looked = match kind {
                Kind::File => source.look(&id)?,
                Kind::Folder | Kind::Other => Seen::no_file(),
            };
            if is_record(&path) {
                in_records += looked.size;
                require_record(&id, looked.size, in_records)?;
            }
            contents.insert(path.clone(), &looked);
            objects.insert(path, id);
        }
        Ok(Self { source, folder, contents, objects })
    }
}

impl Files for GitRelease<'_> {
    fn contents(&self) -> &Contents {
        &self.contents
    }

    fn record(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let is_it = |(path, _): &(&RelPath, &Content)| path.as_str() == name;
        let file = self.contents.entries().iter().find(is_it);
        let file = file.filter(|(_, content)| matches!(content, Content::File(_)));
        let Some(id) = file.and_then(|(path, _)| self.objects.get(path)) else { return Ok(None) };
        self.source.objects.borrow_mut().file(id, |file, _| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|error| cut_off(id, &error))?;
            Ok(Some(bytes))
        })
    }

    fn unpack(&self, files: &mut dyn Iterator<Item = &RelPath>) -> Result<&Path, Error> {
        for path in files {
            let Some(id) = self.objects.get(path) else { continue };
            let place = self.folder.path().join(path.as_str());
            let write = |file: &mut dyn Read| {
                place.parent().map_or(Ok(()), fs::create_dir_all)?;
                // Never through what another entry has put there.
                io::copy(file, &mut File::create_new(&place)?)
            };
            self.source.objects.borrow_mut().file(id, |file, _| write(file).map_err(Error::io(&place)))?;
        }
        Ok(self.folder.path())
    }
}

/// Fails if a claim or a signature has more bytes than one ever has, or all of a release have together.
fn require_record(id: &ObjectId, size: u64, together: u64) -> Result<(), Error> {
    let reason = if size > MAX_RECORD {
        format!("object {id} has {size} bytes, a claim or signature never has")
    } else if together > MAX_RECORDS {
        format!("the claims and signatures of a release have more than {MAX_RECORDS} bytes together")
    } else {
        return Ok(());
    };
    Err(Error::Git { reason })
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

fn cut_off(id: &ObjectId, error: &io::Error) -> Error {
    Error::Git { reason: format!("object {id} cannot be read: {error}") }
}
