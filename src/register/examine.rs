//! Reading a register and holding it against its checkpoint.

use std::path::{Path, PathBuf};

use super::{
    checkpoint::{Checkpoint, base64},
    content::{CHECKPOINT, Content, ENTRIES},
    disk::Folder,
    event::Event,
    kept::{self, Kept},
    lines::{Lines, Stop},
    no_use_of,
    offences::Offences,
    pending::{self, Pending},
    question::Question,
    record::Record,
    refused,
};
use crate::{
    error::Error,
    evidence::Check,
    note::{self, Note, Origin, VerifierKey},
};

/// What was found in a register's folder, good or bad.
#[derive(Debug)]
pub struct Examination {
    path: PathBuf,
    pub(super) content: Content,
    checkpoint: Option<(Checkpoint, Note)>,
    pending: Option<Pending>,
    pub(super) kept: Vec<Kept>,
    offences: Offences,
}

/// A register in which everything is as it should be.
#[derive(Debug)]
pub struct Register {
    pub(super) content: Content,
    pub(super) checkpoint: Checkpoint,
    pub(super) note: Note,
    pub(super) pending: Option<Pending>,
    pub(super) kept: Vec<Kept>,
}

/// Reads a register while nobody appends, and holds it against one trusted key, which may be any that it ever
/// had.
///
/// # Errors
/// [`Error::Register`] or [`Error::Io`] if there is nothing that could be read; what is wrong in it is a
/// finding.
pub fn examine(path: &Path, trusted: &VerifierKey) -> Result<Examination, Error> {
    examine_locked(&Folder::for_reading(path)?, trusted)
}

/// Fails if there is no register in a folder, whoever signed it.
///
/// # Errors
/// [`Error::Register`], with what a register is.
pub fn require_register(path: &Path) -> Result<(), Error> {
    read_checkpoint(&Folder::for_reading(path)?).map(drop)
}

/// [`examine`] while the lock is held.
pub(super) fn examine_locked(folder: &Folder, trusted: &VerifierKey) -> Result<Examination, Error> {
    let note = read_checkpoint(folder)?;
    let entries = folder.path().join(ENTRIES);
    let file = folder.file(ENTRIES)?.ok_or_else(|| no_use_of(&entries, "there are no entries", ""))?;
    let mut examination = Examination {
        path: folder.path().to_owned(),
        content: Content::new(trusted),
        checkpoint: None,
        pending: None,
        kept: kept::read(folder)?,
        offences: Offences::default(),
    };
    let note = Note::read(&note).and_then(|note| Ok((Checkpoint::read(note.unverified())?.0, note)));
    match note {
        Ok((checkpoint, note)) => {
            let tail = examination.read(&checkpoint, &mut Lines::of(file)).map_err(Error::io(&entries))?;
            examination.settle(folder.read(pending::FILE, pending::LIMIT)?, &tail, &checkpoint);
            examination.check_signature(checkpoint, note);
            kept::check(&examination.kept, &examination.content, &mut examination.offences);
        }
        Err(reason) => examination.offences.push(Question::Checkpoint, reason),
    }
    Ok(examination)
}

/// The name that a register's checkpoint gives it, whoever signed it.
///
/// # Errors
/// [`Error::Register`] or [`Error::Io`] if there is no checkpoint, [`Error::Register`] if it is none.
pub fn origin(path: &Path) -> Result<Origin, Error> {
    origin_of(&Folder::for_reading(path)?)
}

/// [`origin`] while the lock is held.
pub(super) fn origin_of(folder: &Folder) -> Result<Origin, Error> {
    let note = Note::read(&read_checkpoint(folder)?);
    let checkpoint = note.and_then(|note| Ok(Checkpoint::read(note.unverified())?.0));
    let said = |reason: String| refused(folder.path(), &format!("checkpoint: {reason}"), "");
    Ok(checkpoint.map_err(said)?.origin)
}

/// The bytes of the checkpoint.
fn read_checkpoint(folder: &Folder) -> Result<Vec<u8>, Error> {
    folder.read(CHECKPOINT, note::LIMIT)?.ok_or_else(|| {
        let hint =
            "a register is a folder with `entries.jsonl` and `checkpoint`; `declass register init` makes one";
        no_use_of(&folder.path().join(CHECKPOINT), "there is no checkpoint", hint)
    })
}

impl Examination {
    /// The register, if nothing speaks against it.
    ///
    /// # Errors
    /// [`Error::Register`] with the first thing that does.
    pub fn sound(self) -> Result<Register, Error> {
        match (self.offences.first(), self.checkpoint) {
            (None, Some((checkpoint, note))) => Ok(Register {
                content: self.content,
                checkpoint,
                note,
                pending: self.pending,
                kept: self.kept,
            }),
            (first, _) => {
                let hint = "`declass register verify` says everything that is wrong";
                Err(refused(&self.path, &first.unwrap_or_default(), hint))
            }
        }
    }

    /// The answers to all questions.
    #[must_use]
    pub fn answers(&self) -> Vec<Check> {
        let answer = |question: Question| match self.offences.of(question) {
            Some(offence) => Some(question.answer(Err(offence))),
            None => Some(question.answer(Ok(self.good(question)?))),
        };
        Question::ALWAYS.into_iter().filter_map(answer).collect()
    }

    /// Holds an older checkpoint, a signed note, against the entries that are there.
    #[must_use]
    pub fn compare(&self, older: &[u8]) -> Check {
        let begins = |older: Checkpoint| format!("of {} entries, with which the register begins", older.size);
        Question::OldCheckpoint.answer(self.content.older(older).map(begins))
    }

    /// Looks for the request of a private record.
    #[must_use]
    pub fn find(&self, record: &Record) -> Check {
        let request = self.content.lives.request_of_record(record.commitment());
        let of_record = self.content.events.iter().filter(|event| event.facts.request == Some(request));
        let entries: Vec<String> = of_record.map(|event| event.seq.to_string()).collect();
        let found = if entries.is_empty() {
            Err(format!("no entry is of request {request}: was the record or its salt changed?"))
        } else {
            Ok(format!("entries of its request {request}: {}", entries.join(", ")))
        };
        Question::Record.answer(found)
    }

    /// The answer to a question without offences, if it was asked and there is anything to say.
    fn good(&self, question: Question) -> Option<String> {
        let (checkpoint, _) = self.checkpoint.as_ref()?;
        let size = checkpoint.size;
        match question {
            Question::Checkpoint => Some(format!("of `{}`, entries: {size}", checkpoint.origin)),
            Question::Entries => {
                Some(format!("each canonical JSON, numbered, {}", self.content.order_of_times()))
            }
            Question::Keys => match self.content.keys.rotations().len() {
                0 => None,
                count => Some(format!("rotations: {count}, each signed by the key before")),
            },
            Question::OwnSignatures => match self.content.own_signatures() {
                0 => None,
                count => Some(format!("{count}, each of the key that its event names")),
            },
            Question::LifeCycles => Some(self.content.lives.summary()),
            Question::Pending => self.pending.as_ref().map(ToString::to_string),
            Question::Root => Some(base64(checkpoint.root)),
            Question::Signature => Some(format!("by {}", self.content.keys.signer(size).ok()?.short())),
            Question::OldCheckpoint | Question::Proof | Question::Record | Question::Rules => None,
            Question::Witnessed => kept::summary(&self.kept),
        }
    }

    /// Reads as many entries as the checkpoint counts; gives what follows them.
    fn read(&mut self, checkpoint: &Checkpoint, lines: &mut Lines) -> std::io::Result<Vec<u8>> {
        while self.content.size() < checkpoint.size {
            let (batch, stop) = lines.batch(checkpoint.size - self.content.size())?;
            let are_events = self.content.enter(&batch, &mut self.offences);
            let number = self.content.size();
            let said = match stop {
                _ if !are_events => {
                    format!("entry {number} is no event: it and what follows are not looked at")
                }
                None => continue,
                Some(Stop::End) => {
                    format!("the checkpoint counts {} entries, {number} are there", checkpoint.size)
                }
                Some(Stop::TooLong) => format!("entry {number} is longer than any entry"),
                Some(Stop::Unfinished) => {
                    format!("the checkpoint counts {} entries, entry {number} is cut off", checkpoint.size)
                }
            };
            self.offences.push(Question::Root, said);
            return Ok(Vec::new());
        }
        let root = self.content.tree.root();
        if root != checkpoint.root {
            let (is, signed) = (base64(root), base64(checkpoint.root));
            self.offences.push(
                Question::Root,
                format!(
                    "the entries have the root {is}, signed is {signed}: they are not those that were signed"
                ),
            );
        }
        self.content.bytes = lines.read();
        lines.rest()
    }

    /// Looks at what an interrupted append has left.
    fn settle(&mut self, pending: Option<Vec<u8>>, tail: &[u8], checkpoint: &Checkpoint) {
        match pending {
            None if tail.is_empty() => {}
            None => self.offences.push(
                Question::Root,
                format!(
                    "something follows the {} entries that the checkpoint counts; nobody signed it",
                    checkpoint.size
                ),
            ),
            Some(_) if !self.offences.is_empty() => {}
            Some(bytes) => match Pending::read(&bytes, tail, checkpoint, &mut self.content) {
                Ok(pending) => self.pending = Some(pending),
                Err(reason) => self.offences.push(Question::Pending, reason),
            },
        }
    }

    fn check_signature(&mut self, checkpoint: Checkpoint, note: Note) {
        if let Err(reason) = self.content.keys.checkpoint(&note) {
            self.offences.push(Question::Signature, reason);
        }
        self.checkpoint = Some((checkpoint, note));
    }
}

impl Register {
    /// All events, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.content.events
    }

    /// The checkpoint that covers them as a signed note.
    #[must_use]
    pub fn note(&self) -> String {
        self.note.to_string()
    }

    /// The key that signed it.
    #[must_use]
    pub fn signer(&self) -> Option<&VerifierKey> {
        self.content.keys.signer(self.checkpoint.size).ok()
    }

    /// The checkpoint that covers them.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// An event that is signed but not entered yet, since an append was interrupted.
    #[must_use]
    pub fn pending(&self) -> Option<&Event> {
        self.pending.as_ref().and_then(Pending::event)
    }
}
