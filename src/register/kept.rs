//! Checkpoints that somebody else has seen, in the folder `checkpoints` of a register: `N` is the checkpoint of N
//! entries as the register signed it, `N.cosigned` holds the lines of witnesses (`cat N N.cosigned` is a cosigned
//! checkpoint as others read it), `N.DIGITS.tsr` the answer of a time-stamping service about `N`.

use declass_formats::Sha256Digest;

use super::{
    checkpoint::{Checkpoint, base64},
    content::Content,
    disk::Folder,
    no_use_of,
    offences::Offences,
    question::Question,
    refused,
};
use crate::{
    error::Error,
    note::{self, Note},
    sign::MAX_STAMP,
};

/// Their folder.
pub(super) const FOLDER: &str = "checkpoints";
const COSIGNED: &str = "cosigned";
const STAMP: &str = "tsr";
/// More is not read of them in all, nor more files.
const MOST_BYTES: usize = 64 << 20;
/// Nor more of one.
const MOST_OF_ONE: u64 = if note::LIMIT > MAX_STAMP as u64 { note::LIMIT } else { MAX_STAMP as u64 };
pub(super) const MOST_FILES: usize = 20_000;

/// A checkpoint, and what others said of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// Number of entries, as its name says.
    pub(super) size: u64,
    /// The signed note; empty if only what others say of it is there.
    pub(super) note: Vec<u8>,
    /// Lines of witnesses.
    pub(super) cosigned: String,
    /// Answers of time-stamping services.
    pub(super) stamps: Vec<Vec<u8>>,
}

/// Reads all kept checkpoints, the smallest first.
///
/// # Errors
/// [`Error::Register`] or [`Error::Io`] if one cannot be read or there are too many.
pub(super) fn read(register: &Folder) -> Result<Vec<Kept>, Error> {
    let Some(folder) = register.inner(FOLDER)? else { return Ok(Vec::new()) };
    let mut all = std::collections::BTreeMap::<u64, Kept>::new();
    let mut bytes = 0;
    for name in folder.names(MOST_FILES)? {
        let Some((size, kind)) = sized(&name) else { continue };
        let read = folder.read(&name, MOST_OF_ONE)?.unwrap_or_default();
        bytes += read.len();
        if bytes > MOST_BYTES {
            let said = format!("there are more than {MOST_BYTES} bytes, the most that is read of it");
            return Err(no_use_of(folder.path(), &said, "move old checkpoints elsewhere"));
        }
        let kept = all.entry(size).or_insert_with(|| Kept { size, ..Kept::default() });
        match kind {
            Kind::Note => kept.note = read,
            Kind::Cosigned => kept.cosigned = String::from_utf8_lossy(&read).into_owned(),
            Kind::Stamp => kept.stamps.push(read),
        }
    }
    Ok(all.into_values().collect())
}

enum Kind {
    Note,
    Cosigned,
    Stamp,
}

/// What a name says, if it is one of those that are written here.
fn sized(name: &str) -> Option<(u64, Kind)> {
    let (number, rest) = name.split_once('.').unwrap_or((name, ""));
    let size = number.parse::<u64>().ok().filter(|size| size.to_string() == number)?;
    let kind = match rest.rsplit('.').next() {
        Some("") => Kind::Note,
        Some(COSIGNED) => Kind::Cosigned,
        Some(STAMP) => Kind::Stamp,
        _ => return None,
    };
    Some((size, kind))
}

/// Whether a file of this name is one of them.
pub(super) fn is_kept(name: &str) -> bool {
    sized(name).is_some()
}

impl Kept {
    /// The checkpoint with the lines of witnesses below it.
    pub(super) fn cosigned_note(&self) -> Result<Note, String> {
        Note::read(&self.note)?.with_lines(&self.cosigned)
    }
}

/// Keeps the checkpoint that is there now; gives its size. What is kept of that size already is evidence, and never
/// replaced.
///
/// # Errors
/// [`Error::Register`] if another one of that size is kept, or there is no room.
pub(super) fn keep(register: &Folder, note: &[u8]) -> Result<u64, Error> {
    let read = Note::read(note).and_then(|note| Ok(Checkpoint::read(note.unverified())?.0));
    let size = read.map_err(|reason| no_use_of(register.path(), &format!("checkpoint: {reason}"), ""))?.size;
    let folder = register.inner_or_make(FOLDER)?;
    let name = size.to_string();
    match folder.read(&name, note::LIMIT)? {
        None => put(&folder, &name, note)?,
        Some(kept) if kept == note => {}
        Some(_) => {
            let said = format!("another checkpoint of {size} entries was kept than the register has now");
            let hint =
                "`declass register verify` says which of the two is wrong; keep both, they are evidence";
            return Err(refused(&folder.path().join(name), &said, hint));
        }
    }
    Ok(size)
}

/// Puts a file into the folder, if all that is there could be read afterwards.
fn put(folder: &Folder, name: &str, bytes: &[u8]) -> Result<(), Error> {
    const HINT: &str =
        "move old checkpoints elsewhere, each with all files whose names begin with its number";
    let full = |said: String| Err(no_use_of(&folder.path().join(name), &said, HINT));
    if bytes.len() as u64 > MOST_OF_ONE {
        return full(format!("it would have more than {MOST_OF_ONE} bytes, the most that is read of it"));
    }
    let names = folder.names(MOST_FILES)?;
    // A file is written under another name first.
    if names.len() + 2 > MOST_FILES {
        return full(format!("there would be more than {MOST_FILES} files, the most that is read of them"));
    }
    let mut all = bytes.len() as u64;
    for other in names.iter().filter(|other| *other != name && is_kept(other)) {
        let path = folder.path().join(other);
        let file = folder.file(other)?;
        all += file.map_or(Ok(0), |file| file.metadata().map(|it| it.len())).map_err(Error::io(&path))?;
    }
    if all > MOST_BYTES as u64 {
        return full(format!("there would be more than {MOST_BYTES} bytes, the most that is read of them"));
    }
    folder.replace(name, bytes)
}

/// Puts the answer of a time-stamping service beside its checkpoint.
pub(super) fn put_stamp(register: &Folder, size: u64, answer: &[u8]) -> Result<(), Error> {
    let digits = format!("{:.12}", Sha256Digest::of(answer).to_string());
    put(&register.inner_or_make(FOLDER)?, &format!("{size}.{digits}.{STAMP}"), answer)
}

/// Puts the lines of witnesses beside their checkpoint, in place of those that are there.
pub(super) fn put_lines(register: &Folder, size: u64, lines: &str) -> Result<(), Error> {
    put(&register.inner_or_make(FOLDER)?, &format!("{size}.{COSIGNED}"), lines.as_bytes())
}

/// Holds kept checkpoints against the entries: each must be signed by the register's key, and of its first entries.
pub(super) fn check(kept: &[Kept], content: &Content, offences: &mut Offences) {
    let sizes = kept.iter().filter_map(|it| usize::try_from(it.size).ok());
    let mut roots = content.roots(sizes).into_iter();
    for it in kept {
        let said = |reason: &str| format!("the kept checkpoint of {} entries: {reason}", it.size);
        let note = it.cosigned_note().and_then(|note| content.keys.checkpoint(&note));
        let reason = match (note, roots.next().flatten()) {
            (Err(reason), _) => reason,
            (Ok(checkpoint), _) if checkpoint.size != it.size => "it counts another number".to_owned(),
            (Ok(_), None) => format!(
                "here are {}: some were taken away, or an older copy was put in the register's place",
                content.size()
            ),
            (Ok(checkpoint), Some(root)) if checkpoint.root != root => {
                let (is, signed) = (base64(root), base64(checkpoint.root));
                format!("its root is {signed}, that of the entries here is {is}: history was rewritten")
            }
            (Ok(_), Some(_)) => continue,
        };
        offences.push(Question::Witnessed, said(&reason));
    }
}

/// In words, what is kept.
pub(super) fn summary(kept: &[Kept]) -> Option<String> {
    let latest = kept.last()?;
    let stamps: usize = kept.iter().map(|it| it.stamps.len()).sum();
    let lines: usize = kept.iter().map(|it| it.cosigned.lines().count()).sum();
    Some(format!(
        "checkpoints kept: {}, the latest of {} entries; stamps: {stamps}, cosignatures: {lines}",
        kept.len(),
        latest.size
    ))
}
