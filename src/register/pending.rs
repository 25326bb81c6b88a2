//! An append that was interrupted: a line, and below it the checkpoint that was signed for it.

use std::fmt;

use super::{
    checkpoint::Checkpoint,
    content::{CHECKPOINT, Content, ENTRIES},
    disk::Folder,
    event::{Event, LONGEST_LINE},
    tree::leaf,
};
use crate::{
    error::Error,
    note::{self, Note},
};

/// Its file.
pub(super) const FILE: &str = "pending";
/// More is not read of it.
pub(super) const LIMIT: u64 = LONGEST_LINE as u64 + 1 + note::LIMIT;

/// What an interrupted append has left.
#[derive(Debug)]
pub(super) enum Pending {
    /// All is entered; only the file is left.
    Entered,
    /// The event is signed, and its line or the checkpoint not yet in place.
    Signed(Box<Signed>),
}

/// A signed event on its way.
#[derive(Debug)]
pub(super) struct Signed {
    event: Event,
    line: Vec<u8>,
    note: Vec<u8>,
}

impl Pending {
    /// Reads what is pending at a register that is sound up to its checkpoint; the event counts as entered
    /// from then on.
    pub(super) fn read(
        bytes: &[u8],
        tail: &[u8],
        checkpoint: &Checkpoint,
        content: &mut Content,
    ) -> Result<Self, String> {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let rest = bytes.get(line.len() + 1..).ok_or("its line does not end")?;
        let note = Note::read(rest)?;
        let (next, _) = Checkpoint::read(note.unverified())?;
        if next == *checkpoint {
            return if tail.is_empty() { Ok(Self::Entered) } else { Err(FOREIGN.into()) };
        }
        let event = Event::read(line)?;
        if let Some((_, reason)) = content.admit(&event).into_iter().next() {
            return Err(reason);
        }
        let mut tree = content.tree.clone();
        tree.push(leaf(line));
        if content.keys.checkpoint(&note)?
            != (Checkpoint { size: checkpoint.size + 1, root: tree.root(), ..next })
        {
            return Err("its checkpoint is not of one entry more".into());
        }
        let signed = Signed { event, line: [line, b"\n"].concat(), note: rest.to_vec() };
        if signed.line.starts_with(tail) { Ok(Self::Signed(Box::new(signed))) } else { Err(FOREIGN.into()) }
    }

    /// The event that is not entered yet.
    pub(super) fn event(&self) -> Option<&Event> {
        match self {
            Self::Entered => None,
            Self::Signed(signed) => Some(&signed.event),
        }
    }

    /// Does what is left to do.
    pub(super) fn finish(&self, folder: &Folder, bytes: u64) -> Result<(), Error> {
        if let Self::Signed(signed) = self {
            folder.end_with(ENTRIES, bytes, &signed.line)?;
            folder.replace(CHECKPOINT, &signed.note)?;
        }
        folder.remove(FILE)
    }
}

const FOREIGN: &str = "something else than the pending entry follows the last one; nobody signed it";

impl Signed {
    /// A line without line feed, and the note that is signed for it.
    pub(super) fn new(event: Event, mut line: Vec<u8>, note: &Note) -> Self {
        line.push(b'\n');
        Self { event, line, note: note.to_string().into_bytes() }
    }

    /// Makes it certain that the event will be entered.
    pub(super) fn announce(self, folder: &Folder) -> Result<Pending, Error> {
        folder.replace(FILE, &[&self.line[..], &self.note].concat())?;
        Ok(Pending::Signed(Box::new(self)))
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered => write!(f, "an append was interrupted after its end; the next one cleans up"),
            Self::Signed(signed) => {
                let (event, number) = (signed.event.facts.event.name(), signed.event.seq);
                write!(
                    f,
                    "`{event}` is signed as entry {number} and not entered yet; the next append finishes it"
                )
            }
        }
    }
}
