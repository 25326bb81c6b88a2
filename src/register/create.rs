//! Making a register, and the keys of one.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    SigningKey, VerifierKey,
    checkpoint::Checkpoint,
    disk::{self, parent_of},
    examine::{CHECKPOINT, ENTRIES},
    no_use_of, tree,
    vkey::Origin,
};
use crate::error::Error;

/// Makes an empty register where nothing is yet; the folder appears whole.
///
/// # Errors
/// [`Error::RegisterUnusable`] if something is there, [`Error::Io`] if the disk refuses.
pub fn create(path: &Path, origin: &Origin, key: &SigningKey) -> Result<(), Error> {
    let plain: PathBuf = path.components().collect();
    let parent = parent_of(&plain);
    let staged =
        tempfile::Builder::new().prefix(".declass-").tempdir_in(parent).map_err(Error::io(parent))?;
    fs::set_permissions(staged.path(), fs::Permissions::from_mode(0o755))
        .map_err(Error::io(staged.path()))?;
    let empty = Checkpoint { origin: origin.clone(), size: 0, root: tree::root(&[]) };
    let note = key.sign(empty.to_string(), origin).to_string();
    disk::create(&staged.path().join(ENTRIES), b"", 0o644)?;
    disk::create(&staged.path().join(CHECKPOINT), note.as_bytes(), 0o644)?;
    renameat_with(CWD, staged.path(), CWD, &plain, RenameFlags::NOREPLACE).map_err(|error| match error {
        rustix::io::Errno::EXIST => no_use_of(path, "it exists", "name a folder that does not exist yet"),
        error => Error::io(path)(error.into()),
    })?;
    // Nothing is at its first place any more that could be removed.
    let _moved = staged.keep();
    fs::File::open(parent).and_then(|parent| parent.sync_all()).map_err(Error::io(parent))
}

/// Makes a new key for a register: the private one at `path`, unencrypted and for its owner's eyes only, the public one
/// beside it at `public`. Neither replaces anything or lies in the register, which others read.
///
/// # Errors
/// [`Error::RegisterUnusable`] if something is there or the place is in the register, [`Error::Io`] if the disk refuses.
pub fn write_key(
    register: &Path,
    path: &Path,
    public: &Path,
    origin: &Origin,
) -> Result<(SigningKey, VerifierKey), Error> {
    if let (Ok(folder), Ok(register)) = (parent_of(path).canonicalize(), register.canonicalize())
        && folder.starts_with(&register)
    {
        let hint = "a register is there to be read by others; keep its key elsewhere";
        return Err(no_use_of(path, "this place is in the register", hint));
    }
    let key = SigningKey::generate()?;
    let verifier = key.verifier(origin);
    disk::create(public, format!("{verifier}\n").as_bytes(), 0o644)?;
    if let Err(error) = key.write(path) {
        // The public half of a key that was never written serves nobody. Best effort.
        let _ = fs::remove_file(public);
        return Err(error);
    }
    Ok((key, verifier))
}
