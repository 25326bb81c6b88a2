//! What the entries of a register come to.

use declass_formats::Sha256Digest;
use rayon::prelude::*;

use super::{
    checkpoint::Checkpoint,
    event::Event,
    keys::Keys,
    life::Lives,
    offences::Offences,
    own,
    question::Question,
    time::Time,
    tree::{self, Frontier},
};
use crate::note::{Note, VerifierKey};

/// File of the events.
pub(super) const ENTRIES: &str = "entries.jsonl";
/// File of the signed root.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// Entries and what follows from them.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) events: Vec<Event>,
    pub(super) leaves: Vec<Sha256Digest>,
    pub(super) tree: Frontier,
    pub(super) keys: Keys,
    pub(super) lives: Lives,
    /// Time of the last event.
    pub(super) latest: Option<Time>,
    /// Events whose times are before that of the one in front of them, in words: a clock was wrong. Their order
    /// is that of their numbers all the same.
    backward: Vec<String>,
    /// Bytes of the entries that the checkpoint covers.
    pub(super) bytes: u64,
}

impl Content {
    pub(super) fn new(trusted: &VerifierKey) -> Self {
        Self {
            events: Vec::new(),
            leaves: Vec::new(),
            tree: Frontier::default(),
            keys: Keys::new(trusted.clone()),
            lives: Lives::default(),
            latest: None,
            backward: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Takes the next lines up to the first that is no event; whether all were events. Reading them is what takes
    /// time, and is done by all cores.
    pub(super) fn enter(&mut self, lines: &[Vec<u8>], offences: &mut Offences) -> bool {
        let read = lines.par_iter().map(|line| (Event::read(line), tree::leaf(line)));
        for (event, leaf) in read.collect::<Vec<_>>() {
            let number = self.size();
            let event = match event {
                Ok(event) => event,
                Err(reason) => {
                    offences.push(Question::Entries, format!("entry {number}: {reason}"));
                    return false;
                }
            };
            for (question, reason) in self.admit(&event) {
                offences.push(question, format!("entry {number}: {reason}"));
            }
            self.events.push(event);
            self.leaves.push(leaf);
            self.tree.push(leaf);
        }
        true
    }

    /// Takes an event as the one after those so far; gives what speaks against it.
    pub(super) fn admit(&mut self, event: &Event) -> Vec<(Question, String)> {
        let mut offences = Vec::new();
        if event.seq != self.size() {
            offences.push((Question::Entries, format!("its number is {}", event.seq)));
        }
        if let Some(latest) = self.latest.filter(|latest| event.time < *latest) {
            self.backward
                .push(format!("the time of entry {}, {}, is before {latest}", event.seq, event.time));
        }
        self.latest = Some(event.time);
        if let Some(rotation) = &event.facts.rotation {
            match self.keys.follow(rotation) {
                Ok(before) if (before.size, before.root) == (self.size(), self.tree.root()) => {}
                Ok(_) => offences
                    .push((Question::Keys, "the old key signed the rotation for another place".into())),
                Err(reason) => offences.push((Question::Keys, reason)),
            }
        }
        if let Err(reason) = own::check(&event.facts, self.keys.origin()) {
            offences.push((Question::OwnSignatures, reason));
        }
        if let Some(Err(reason)) = event.facts.entry.as_ref().map(|entry| entry.check(&self.leaves)) {
            offences.push((Question::OwnSignatures, reason));
        }
        if let Err(senseless) = self.lives.admit(&event.facts) {
            offences.push((Question::LifeCycles, senseless.reason));
        }
        offences
    }

    /// How many events somebody signed of their own.
    pub(super) fn own_signatures(&self) -> usize {
        let is_signed = |event: &&Event| event.facts.by.as_ref().is_some_and(|by| by.signature().is_some());
        self.events.iter().filter(is_signed).count()
    }

    /// Whether times go as numbers do, and where they do not.
    pub(super) fn order_of_times(&self) -> String {
        match self.backward.as_slice() {
            [] => "in order of time".to_owned(),
            [only] => {
                format!("not in order of time, since a clock was wrong: {only}, that of the entry in front")
            }
            [first, more @ ..] => format!(
                "not in order of time, since a clock was wrong: {first}, that of the entry in front; and {} more",
                more.len()
            ),
        }
    }

    /// The roots of the first entries, of that many each; sizes in order. None for more than are there.
    pub(super) fn roots(&self, sizes: impl Iterator<Item = usize>) -> Vec<Option<Sha256Digest>> {
        let (mut tree, mut at) = (Frontier::default(), 0);
        sizes
            .map(|size| {
                self.leaves.get(at..size)?.iter().for_each(|leaf| tree.push(*leaf));
                at = size;
                Some(tree.root())
            })
            .collect()
    }

    /// An older checkpoint of the register; the error says why it is none.
    pub(super) fn older(&self, note: &[u8]) -> Result<Checkpoint, String> {
        let older = self.keys.checkpoint(&Note::read(note)?)?;
        let first = usize::try_from(older.size).ok().and_then(|size| self.leaves.get(..size));
        let (size, here) = (older.size, self.size());
        let first = first
            .ok_or_else(|| format!("it counts {size} entries, and here are {here}: some were taken away"))?;
        if tree::root(first) == older.root {
            Ok(older)
        } else {
            Err(format!(
                "the first {size} entries are not those that it was signed for: history was rewritten"
            ))
        }
    }
}
