//! Having others see a checkpoint: what is sent to a time-stamping service or a witness, and what is done with the
//! answer. Nothing here goes online, and none of it needs the register's key.

use std::{fmt::Write, path::Path};

use base64ct::{Base64, Encoding};

use super::{
    content::CHECKPOINT, disk::Folder, examine::examine_locked, kept, no_use_of, refused, tree, witnessed,
};
use crate::{
    error::Error,
    note::{self, Cosigned, VerifierKey},
    sign::{MAX_STAMP, Stamp, Trust, request_for},
};

/// A cosignature that was put beside its checkpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attached {
    /// Number of entries that the checkpoint counts.
    pub size: u64,
    /// Who cosigned, by the name in the trust file.
    pub witness: String,
    /// When.
    pub cosigned: Cosigned,
}

/// Whether a folder looks like a register: it has a checkpoint.
#[must_use]
pub fn is_register(path: &Path) -> bool {
    path.join(CHECKPOINT).is_file() && path.join(super::content::ENTRIES).is_file()
}

/// The request for a time stamp of the register's checkpoint (RFC 3161), which is kept for the answer. The same
/// checkpoint always gives the same request.
///
/// # Errors
/// [`Error::Register`] or [`Error::Io`] if there is no checkpoint or it cannot be kept.
pub fn request_stamp(path: &Path) -> Result<Vec<u8>, Error> {
    let folder = Folder::for_appending(path)?;
    let note = current(&folder)?;
    kept::keep(&folder, &note)?;
    Ok(request_for(&note))
}

/// Puts the answer of a time-stamping service beside the checkpoint that it is about; gives the number of entries
/// that this one counts.
///
/// # Errors
/// [`Error::Register`] if it is not in order or about no checkpoint of the register.
pub fn attach_stamp(path: &Path, answer: &Path) -> Result<(u64, Stamp), Error> {
    let folder = Folder::for_appending(path)?;
    let response = declass_formats::read_regular(answer, MAX_STAMP as u64)?;
    let stamp = Stamp::read(&response).map_err(|refusal| no_use_of(answer, &refusal.to_string(), ""))?;
    let about = kept::read(&folder)?.into_iter().rev().find(|kept| stamp.is_of(&kept.note));
    let about = about.ok_or_else(|| {
        let hint = "make a request with `declass timestamp request` and send it to a service";
        no_use_of(answer, "it is of no checkpoint that this register keeps", hint)
    })?;
    kept::put_stamp(&folder, about.size, &response)?;
    Ok((about.size, stamp))
}

/// What a witness is sent (C2SP tlog-witness, `add-checkpoint`): the checkpoint, and proof that it continues the one
/// of `old` entries, by default the latest that anybody has cosigned.
///
/// # Errors
/// [`Error::Register`] if the register is not sound, or has fewer entries.
pub fn ask_witness(path: &Path, trusted: &VerifierKey, old: Option<u64>) -> Result<Vec<u8>, Error> {
    let folder = Folder::for_appending(path)?;
    let register = examine_locked(&folder, trusted)?.sound()?;
    let cosigned = register.kept.iter().filter(|kept| !kept.cosigned.is_empty()).map(|kept| kept.size);
    let old = old.or(cosigned.max()).unwrap_or(0);
    let (leaves, size) = (&register.content.leaves, register.checkpoint.size);
    let before = usize::try_from(old).ok().filter(|old| *old <= leaves.len()).ok_or_else(|| {
        let hint =
            "a witness that has seen more entries has seen another copy of the register: find it first";
        refused(path, &format!("here are {size} entries, and the witness has seen {old}"), hint)
    })?;
    let note = current(&folder)?;
    kept::keep(&folder, &note)?;
    let mut body = format!("old {old}\n");
    for digest in tree::consistency(leaves, before) {
        // Writing to memory always succeeds.
        let _ = writeln!(body, "{}", Base64::encode_string(&digest.0));
    }
    Ok([body.as_bytes(), b"\n", &note].concat())
}

/// Puts the cosignatures of an answer beside the checkpoints that they are of; only those of witnesses in the trust
/// file are taken.
///
/// # Errors
/// [`Error::Register`] if there is none.
pub fn attach_cosignatures(path: &Path, answer: &Path, trust: &Trust) -> Result<Vec<Attached>, Error> {
    let folder = Folder::for_appending(path)?;
    let bytes = declass_formats::read_regular(answer, note::LIMIT)?;
    let text = String::from_utf8(bytes).map_err(|_| no_use_of(answer, "it is not UTF-8", ""))?;
    let mut attached = Vec::new();
    for it in kept::read(&folder)? {
        let accepted = witnessed::accepted(&it, &text, trust);
        if accepted.is_empty() {
            continue;
        }
        kept::put_lines(&folder, it.size, &witnessed::with_earliest(&it, &accepted, trust))?;
        let size = it.size;
        attached.extend(accepted.into_iter().map(|(_, witness, cosigned)| Attached {
            size,
            witness,
            cosigned,
        }));
    }
    if attached.is_empty() {
        let hint = "the answer is the lines that begin with a dash, and the trust file names the witness under \
                    `[[witness]]`; a witness that has seen another number of entries says which: ask again with it";
        return Err(refused(
            answer,
            "no line is the cosignature of a known witness of a kept checkpoint",
            hint,
        ));
    }
    Ok(attached)
}

fn current(folder: &Folder) -> Result<Vec<u8>, Error> {
    folder
        .read(CHECKPOINT, note::LIMIT)?
        .ok_or_else(|| no_use_of(&folder.path().join(CHECKPOINT), "there is no checkpoint", ""))
}
