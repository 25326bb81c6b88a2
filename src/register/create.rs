//! Making a register, and the keys of one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use declass_formats::read_regular;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    SigningKey,
    checkpoint::Checkpoint,
    content::{CHECKPOINT, ENTRIES},
    disk::{self, Folder, parent_of},
    examine::examine_locked,
    kept, no_use_of, pending, refused, tree,
};
use crate::{
    error::Error,
    note::{Origin, VerifierKey},
};

/// More is not read of a public key.
const PUBLIC: u64 = 1 << 12;

/// Makes an empty register where nothing is yet; the folder appears whole.
///
/// # Errors
/// [`Error::Register`] if something is there, [`Error::Io`] if the disk refuses.
pub fn create(path: &Path, origin: &Origin, key: &SigningKey) -> Result<(), Error> {
    let empty = Checkpoint { origin: origin.clone(), size: 0, root: tree::root(&[]) };
    let note = key.sign(empty.to_string(), origin).to_string();
    make(path, |staged| {
        disk::create(&staged.join(ENTRIES), b"", disk::SHARED)?;
        disk::create(&staged.join(CHECKPOINT), note.as_bytes(), disk::SHARED)
    })
}

/// Makes a folder where nothing is yet, filled before it appears.
fn make(path: &Path, fill: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let plain: PathBuf = path.components().collect();
    let parent = parent_of(&plain);
    let hidden =
        tempfile::Builder::new().prefix(".declass-").tempdir_in(parent).map_err(Error::io(parent))?;
    // A folder in the hidden one, which is private: this one has what the umask grants.
    let staged = hidden.path().join("register");
    fs::create_dir(&staged).map_err(Error::io(&staged))?;
    fill(&staged)?;
    renameat_with(CWD, &staged, CWD, &plain, RenameFlags::NOREPLACE).map_err(|error| match error {
        rustix::io::Errno::EXIST => no_use_of(path, "it exists", "name a folder that does not exist yet"),
        error => Error::io(path)(error.into()),
    })?;
    fs::File::open(parent).and_then(|parent| parent.sync_all()).map_err(Error::io(parent))
}

/// Copies a register to a place where nothing is yet, if it is sound and continues all of these older checkpoints,
/// which are signed notes; the folder appears whole.
///
/// # Errors
/// [`Error::Register`] if it is not sound, does not continue one of them, or something is there, [`Error::Io`] if the
/// disk refuses.
pub fn import(from: &Path, to: &Path, trusted: &VerifierKey, older: &[Vec<u8>]) -> Result<Checkpoint, Error> {
    let folder = Folder::for_reading(from)?;
    let register = examine_locked(&folder, trusted)?.sound()?;
    // Held against what is copied below, which nobody changes meanwhile.
    for older in older {
        let said = |reason: String| refused(from, &format!("an older checkpoint: {reason}"), "");
        register.content.older(older).map_err(said)?;
    }
    make(to, |staged| {
        copy(&folder, staged, &[ENTRIES, CHECKPOINT, pending::FILE])?;
        let Some(kept) = folder.inner(kept::FOLDER)? else { return Ok(()) };
        let names = kept.names(kept::MOST_FILES)?;
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| kept::is_kept(name)).collect();
        let inner = staged.join(kept::FOLDER);
        fs::create_dir(&inner).map_err(Error::io(&inner))?;
        copy(&kept, &inner, &names)
    })?;
    Ok(register.checkpoint)
}

/// Copies files that are there.
fn copy(from: &Folder, to: &Path, names: &[&str]) -> Result<(), Error> {
    for name in names {
        let Some(mut file) = from.file(name)? else { continue };
        let path = to.join(name);
        let mut written = || -> io::Result<()> {
            let mut new = fs::File::create_new(&path)?;
            io::copy(&mut file, &mut new)?;
            new.sync_all()
        };
        written().map_err(Error::io(&path))?;
    }
    Ok(())
}

/// Fails for a place in the register, which others read.
///
/// # Errors
/// [`Error::Register`] if it is one.
pub fn check_key_place(register: &Path, path: &Path) -> Result<(), Error> {
    if let (Ok(folder), Ok(register)) = (parent_of(path).canonicalize(), register.canonicalize())
        && folder.starts_with(&register)
    {
        let hint = "a register is there to be read by others; keep its key elsewhere";
        return Err(no_use_of(path, "this place is in the register", hint));
    }
    Ok(())
}

/// Writes a public key where nothing is yet, or finds it there.
///
/// # Errors
/// [`Error::Register`] if something else is there, [`Error::Io`] if the disk refuses.
pub fn write_public_key(path: &Path, verifier: &VerifierKey) -> Result<(), Error> {
    let line = format!("{verifier}\n");
    match path.symlink_metadata() {
        Err(_) => disk::create(path, line.as_bytes(), disk::SHARED),
        Ok(_) if read_regular(path, PUBLIC)? == line.as_bytes() => Ok(()),
        Ok(_) => Err(no_use_of(path, "it exists, and is not the public key of this one", "name another key")),
    }
}
