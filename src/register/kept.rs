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
        let read = folder.read(&name, note::LIMIT.max(MAX_STAMP as u64))?.unwrap_or_default();
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

/// Keeps the checkpoint that is there now; gives its size.
pub(super) fn keep(register: &Folder, note: &[u8]) -> Result<u64, Error> {
    let read = Note::read(note).and_then(|note| Ok(Checkpoint::read(note.unverified())?.0));
    let size = read.map_err(|reason| no_use_of(register.path(), &format!("checkpoint: {reason}"), ""))?.size;
    let folder = register.inner_or_make(FOLDER)?;
    if folder.read(&size.to_string(), note::LIMIT)?.as_deref() != Some(note) {
        folder.replace(&size.to_string(), note)?;
    }
    Ok(size)
}

/// Puts the answer of a time-stamping service beside its checkpoint.
pub(super) fn put_stamp(register: &Folder, size: u64, answer: &[u8]) -> Result<(), Error> {
    let digits = format!("{:.12}", Sha256Digest::of(answer).to_string());
    register.inner_or_make(FOLDER)?.replace(&format!("{size}.{digits}.{STAMP}"), answer)
}

/// Puts lines of witnesses beside their checkpoint, below those that are there.
pub(super) fn put_lines(register: &Folder, kept: &Kept, lines: &str) -> Result<(), Error> {
    let new = lines.split_inclusive('\n').filter(|line| !kept.cosigned.contains(*line));
    let all = kept.cosigned.clone() + &new.collect::<String>();
    register.inner_or_make(FOLDER)?.replace(&format!("{}.{COSIGNED}", kept.size), all.as_bytes())
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
