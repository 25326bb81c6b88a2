//! Writing a release: into a hidden sibling first, re-opened and verified there, then moved into place at
//! once.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use declass_formats::{Artifact, Edits, RelPath, Sha256Digest};

use super::{
    attributes::{ATTRIBUTES_FILE, keep_bytes, write_attributes},
    destination::{Destination, parent_of},
    parents::Parents,
    signing::sign_files,
};
use crate::{
    attest::{RunRecord, statement},
    claim::{
        Seed, Statement,
        names::{CARD_FILE, MAX_RECORD, STATEMENT_FILE, is_earlier_claim, open_model},
    },
    error::Error,
    progress::{Progress, Step},
    sign::{ReleaseKey, digest_of, read_if_there},
    temporary::Temporary,
    verify::Pass,
};

/// A copy of a model with its edits, complete on disk but not yet in its place.
///
/// Dropping it removes it. If the process dies, the leftover is removed by the next run that writes to the
/// same place.
#[derive(Debug)]
pub struct Staged {
    folder: Temporary,
    destination: Destination,
    /// The folder of the original.
    input: PathBuf,
    artifact: Artifact,
    /// Last, since what is empty can be told only once the folder is gone.
    _parents: Parents,
}

impl Staged {
    /// Writes the edited copy beside `destination` and opens it again.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses, [`Error::Format`] if an edit does not fit the model.
    pub fn write(
        original: &Artifact,
        edits: &Edits,
        destination: Destination,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        destination.check_input(original)?;
        Self::copy(original, edits, destination, progress)
    }

    /// A copy of a release with all that belongs to it but its present claim and signatures, beside the place that it
    /// shall go to, which may be that of the release.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses, [`Error::Format`] if the files cannot be read.
    pub(crate) fn again(
        release: &Artifact,
        destination: Destination,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let copy = Self::copy(release, &Edits::default(), destination, progress)?;
        let kept = release.left_out().iter().filter(|path| is_earlier_claim(path)).map(RelPath::as_str);
        for name in kept.chain([ATTRIBUTES_FILE]) {
            if let Some(bytes) = read_if_there(&release.folder().join(name), MAX_RECORD)? {
                write_file(&copy.folder.path().join(name), &bytes)?;
            }
        }
        Ok(copy)
    }

    fn copy(
        original: &Artifact,
        edits: &Edits,
        destination: Destination,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let parent = parent_of(destination.path());
        let prefix = prefix_of(destination.path())?;
        let parents = Parents::create(&parent).map_err(Error::io(&parent))?;
        let folder = Temporary::create(&parent, &prefix)?;
        let size = original.files().iter().map(|file| file.size).sum();
        progress.begin(Step::Writing, size);
        original.write(edits, folder.path(), &|bytes| progress.advance(Step::Writing, bytes))?;
        progress.end(Step::Writing);
        let twins: Vec<RelPath> = original.twins().cloned().collect();
        let artifact = open_model(folder.path())?.with_twins(&twins)?;
        let input = original.folder().to_owned();
        Ok(Self { folder, destination, input, artifact, _parents: parents })
    }

    /// The copy, opened from disk.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// Puts a model card into the copy, in place of the original's.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub fn put_card(&mut self, text: &str) -> Result<(), Error> {
        let here = self.folder.path();
        let path = here.join(CARD_FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(&path)(error)),
            _ => write_file(&path, text.as_bytes())?,
        }
        let twins: Vec<RelPath> = self.artifact.twins().cloned().collect();
        self.artifact = open_model(here)?.with_twins(&twins)?;
        Ok(())
    }

    /// Adds the claim that follows from the pass and the card, signs the claim and the whole if there is a key, and
    /// moves the folder into place, if it [may](Destination::check) go there. Only a job publishes: it knows what the
    /// record of the run has to say.
    ///
    /// # Errors
    /// [`Error::OtherRelease`] if the staged files are not those that the pass was given to,
    /// [`Error::DestinationExists`], [`Error::ForeignFiles`], [`Error::CannotSign`], [`Error::Io`] if the
    /// disk refuses.
    pub(crate) fn publish(
        mut self,
        pass: &Pass,
        record: &RunRecord,
        card: &str,
        key: Option<&ReleaseKey>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        require_verified(self.folder.path(), pass, progress)?;
        self.put_card(card)?;
        let here = self.folder.path();
        write_attributes(here, &[&self.input, self.destination.path()])?;
        self.claim(&statement(pass.report(), record))?;
        for (name, file) in record.earlier_claims() {
            write_file(&here.join(name), file)?;
        }
        self.place(key, progress)
    }

    /// Adds a claim to a copy of a release, and nothing else.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses.
    pub(crate) fn claim(&self, claim: &Statement) -> Result<(), Error> {
        claim.seeds().try_for_each(Seed::require_writable)?;
        write_file(&self.folder.path().join(STATEMENT_FILE), &claim.to_bytes())
    }

    /// Signs a copy that has its claim, if there is a key, and moves it into its place at once.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub(crate) fn place(self, key: Option<&ReleaseKey>, progress: &dyn Progress) -> Result<(), Error> {
        let here = self.folder.path();
        keep_bytes(here)?;
        if let Some(key) = key {
            sign_files(here, key, progress)?;
        }
        sync_folder(here)?;
        open_to_readers(here)?;
        self.destination.receive(here)?;
        sync_folder(&parent_of(self.destination.path()))
        // What is left in the temporary folder, an older release or nothing, goes with `self`.
    }
}

/// Reads the folder once more: what it holds must be what was verified, neither more nor less.
fn require_verified(folder: &Path, pass: &Pass, progress: &dyn Progress) -> Result<(), Error> {
    let artifact = open_model(folder)?.with_twins(&pass.report().removal().other_paths())?;
    let mut found: BTreeMap<&RelPath, Option<Sha256Digest>> = BTreeMap::new();
    progress.begin(Step::Hashing, artifact.files().iter().map(|file| file.size).sum());
    for file in artifact.files() {
        found.insert(&file.path, Some(digest_of(&folder.join(file.path.as_str()), progress)?));
    }
    progress.end(Step::Hashing);
    found.extend(artifact.left_out().iter().map(|path| (path, None)));
    if let Some(git) = artifact.skipped().first() {
        return Err(Error::OtherRelease { path: folder.join(&git.name) });
    }
    let verified = pass.digests();
    let mut paths = found.keys().chain(verified.keys());
    let differs = |path: &&&RelPath| found.get(*path).copied().flatten() != verified.get(*path).copied();
    match paths.find(|path| differs(path) || found.get(*path) == Some(&None)) {
        Some(path) => Err(Error::OtherRelease { path: folder.join(path.as_str()) }),
        None => Ok(()),
    }
}

/// How temporary siblings of a destination begin.
fn prefix_of(destination: &Path) -> Result<String, Error> {
    let name = destination.file_name().ok_or_else(|| Error::NoName { path: destination.to_owned() })?;
    Ok(format!(".{}.declass-", name.to_string_lossy()))
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(Error::io(path))
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
}

/// Temporary folders are private; a release is as readable as any new folder here. How readable that is (the
/// process's umask, the parent's defaults), a new folder tells.
fn open_to_readers(folder: &Path) -> Result<(), Error> {
    let open = || {
        let probe = folder.join(".probe");
        fs::create_dir(&probe)?;
        let permissions = fs::metadata(&probe)?.permissions();
        fs::remove_dir(&probe)?;
        fs::set_permissions(folder, permissions)
    };
    open().map_err(Error::io(folder))
}
