//! From an unsigned release to a signed one: the claim in an envelope, then one signature over everything.

use std::{fs, io, path::Path};

use super::{attributes::keep_bytes, lock::locked};
use crate::{
    claim::{
        StoredClaim,
        names::{CARD_FILE, CLAIM_FILE, STATEMENT_FILE},
    },
    error::Error,
    export::signed_card,
    progress::Progress,
    sign::{
        Bundle, Manifest, ReleaseKey, Stamp, attach_stamp, read_if_there, remove_leftovers, sign_folder,
        write_whole,
    },
};

const MAX_CARD: u64 = 64 << 20;

/// Signs the claim of a release and then the whole of it, in place of earlier signatures.
///
/// Each file is replaced at once. What a killed run leaves has no signature over everything that holds, so
/// that it does not pass; signing again completes it.
///
/// # Errors
/// [`Error::NotAClaim`], [`Error::CannotSign`], [`Error::Io`] if the disk refuses.
pub fn sign_release(folder: &Path, key: &ReleaseKey, progress: &dyn Progress) -> Result<Manifest, Error> {
    let _lock = locked(folder)?;
    keep_bytes(folder)?;
    sign_files(folder, key, progress)
}

/// Removes the temporary files that a killed run has left in a release, so that what is looked at before it
/// is signed is the release alone.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read.
pub fn clear_leftovers(folder: &Path) -> Result<(), Error> {
    let _lock = locked(folder)?;
    remove_leftovers(folder);
    Ok(())
}

/// Puts a service's answer to [`crate::sign::stamp_request`] into the signature over a release. The claim's
/// own signature is covered by that one, and was there no later.
///
/// # Errors
/// [`Error::CannotStamp`] if it is no answer to that request or not in order, [`Error::Io`] if the disk
/// refuses.
pub fn stamp_release(folder: &Path, answer: &Path) -> Result<Stamp, Error> {
    let _lock = locked(folder)?;
    attach_stamp(folder, answer)
}

/// Signs a release in a folder that nobody else knows of.
pub(super) fn sign_files(
    folder: &Path,
    key: &ReleaseKey,
    progress: &dyn Progress,
) -> Result<Manifest, Error> {
    let claim = StoredClaim::read(folder)?;
    let bundle = Bundle::sign(claim.statement().to_vec(), key);
    write(&folder.join(CLAIM_FILE), &bundle.to_bytes())?;
    let unsigned = folder.join(STATEMENT_FILE);
    match fs::remove_file(&unsigned) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(&unsigned)(error)),
        _ => {}
    }
    point_card_to_signed_claim(&folder.join(CARD_FILE))?;
    sign_folder(folder, key, progress)
}

fn point_card_to_signed_claim(path: &Path) -> Result<(), Error> {
    let Some(card) = read_if_there(path, MAX_CARD)? else { return Ok(()) };
    // A card that is no text was not written here.
    match String::from_utf8(card).ok().map(|card| (signed_card(&card), card)) {
        Some((signed, card)) if signed != card => write(path, signed.as_bytes()),
        _ => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_whole(path, bytes).map_err(Error::io(path))
}
