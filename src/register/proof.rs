//! Proofs that need the register no more: that an event is in it, or that it still begins as it once was.

use declass_formats::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::{
    By, Entered, Facts, Kind, Role, SigningKey,
    checkpoint::{Checkpoint, base64},
    event::Event,
    examine::Register,
    keys::{Keys, Rotation},
    own,
    tree::{self, Subtrees},
};
use crate::{
    note::{Note, VerifierKey},
    unambiguous,
};

/// What a proof says, with all that is needed to check it but the key.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Proof {
    /// The register of a checkpoint begins with that of an older one.
    #[serde(rename = "urn:declass:register:consistency:v1")]
    Consistency {
        /// The older checkpoint, a signed note.
        old: String,
        /// Digests of RFC 6962, 2.1.2, in hexadecimal.
        path: Vec<String>,
        /// The checkpoint, a signed note.
        checkpoint: String,
        /// Changes of keys before it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rotations: Vec<Rotation>,
    },
    /// Some events are in the register of a checkpoint.
    #[serde(rename = "urn:declass:register:excerpt:v1")]
    Excerpt {
        /// The events.
        entries: Vec<Line>,
        /// The checkpoint, a signed note.
        checkpoint: String,
        /// An older checkpoint, which this one continues.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Since>,
        /// Changes of keys before it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rotations: Vec<Rotation>,
    },
    /// An event is in the register of a checkpoint.
    #[serde(rename = "urn:declass:register:inclusion:v1")]
    Inclusion {
        /// Its number.
        index: u64,
        /// Its line.
        entry: String,
        /// Digests of RFC 6962, 2.1.1, in hexadecimal.
        path: Vec<String>,
        /// The checkpoint, a signed note.
        checkpoint: String,
        /// Changes of keys before it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rotations: Vec<Rotation>,
    },
}

/// An event of several, with its proof.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number.
    pub index: u64,
    /// Its line.
    pub entry: String,
    /// Digests of RFC 6962, 2.1.1, in hexadecimal.
    pub path: Vec<String>,
}

/// That a checkpoint continues an older one.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The older checkpoint, a signed note.
    old: String,
    /// Digests of RFC 6962, 2.1.2, in hexadecimal.
    path: Vec<String>,
}

/// Countersigns an entry that a proof shows: the event that the register's keeper enters with it.
///
/// # Errors
/// In words, why the proof shows no entry, or why it cannot be signed.
pub fn countersign(
    proof: &[u8],
    trusted: &VerifierKey,
    role: Role,
    key: &SigningKey,
) -> Result<(Event, Vec<u8>), String> {
    let Proven::Included(event, _) = Proof::check(proof, trusted)? else {
        return Err("it does not show an entry, but that a register continues an older one".into());
    };
    let entry = Some(Box::new(Entered::new(event.seq, tree::leaf(&event.line()?))));
    let by = Some(Box::new(By::role(role)));
    let facts = own::sign(Facts { entry, by, ..Facts::new(Kind::Countersigned) }, trusted.origin(), key)?;
    let mut line = serde_json_canonicalizer::to_vec(&facts).map_err(|error| error.to_string())?;
    line.push(b'\n');
    Ok((*event, line))
}

/// Reads what [`countersign`] has written; the register itself checks what is signed.
///
/// # Errors
/// In words, why it is none.
pub fn read_countersignature(bytes: &[u8]) -> Result<Facts, String> {
    let facts = Facts::deserialize(unambiguous::parse(bytes)?).map_err(|error| error.to_string())?;
    let written = serde_json_canonicalizer::to_vec(&facts).map_err(|error| error.to_string())?;
    if facts.event != Kind::Countersigned || bytes.strip_suffix(b"\n").unwrap_or(bytes) != written {
        return Err("it is not what `declass register countersign` writes".into());
    }
    Ok(facts)
}

/// What a proof has shown.
#[derive(Debug)]
pub enum Proven {
    /// The register of the second checkpoint begins with that of the first.
    Consistent(Checkpoint, Checkpoint),
    /// The event is in the register of the checkpoint.
    Included(Box<Event>, Checkpoint),
    /// The events are in the register of the checkpoint, which begins with that of an older one if there is one.
    Excerpt(Vec<Event>, Checkpoint, Option<Checkpoint>),
}

impl Register {
    /// Proof that the event `index` is in the register; none if there is no such event.
    #[must_use]
    pub fn prove(&self, index: u64) -> Option<Proof> {
        let at = usize::try_from(index).ok()?;
        let line = self.events().get(at)?.line().ok()?;
        Some(Proof::Inclusion {
            index,
            entry: String::from_utf8(line).ok()?,
            path: hexadecimal(&tree::inclusion(&self.content.leaves, at)),
            checkpoint: self.note.to_string(),
            rotations: self.content.keys.rotations().cloned().collect(),
        })
    }

    /// Proof that some events are in the register, and that it begins with that of an older checkpoint, if one is
    /// given.
    ///
    /// # Errors
    /// In words, which event there is none of, or why the older checkpoint is none of this register.
    pub fn prove_all(&self, indices: &[u64], old: Option<&[u8]>) -> Result<Proof, String> {
        let subtrees = Subtrees::of(&self.content.leaves);
        let mut entries = Vec::new();
        for index in indices {
            let at = usize::try_from(*index).ok().filter(|at| *at < self.events().len());
            let at = at.ok_or_else(|| format!("there is no entry {index}"))?;
            let entry = String::from_utf8(self.events()[at].line()?).map_err(|error| error.to_string())?;
            entries.push(Line { index: *index, entry, path: hexadecimal(&subtrees.inclusion(at)) });
        }
        let since = old.map(|old| self.since(old)).transpose()?;
        let rotations = self.content.keys.rotations().cloned().collect();
        Ok(Proof::Excerpt { entries, checkpoint: self.note.to_string(), since, rotations })
    }

    fn since(&self, old: &[u8]) -> Result<Since, String> {
        let size = usize::try_from(self.content.older(old)?.size).map_err(|error| error.to_string())?;
        let path = hexadecimal(&tree::consistency(&self.content.leaves, size));
        Ok(Since { old: String::from_utf8(old.to_vec()).map_err(|error| error.to_string())?, path })
    }

    /// Proof that the register begins with that of an older checkpoint, a signed note; the error says why it
    /// does not.
    pub fn prove_since(&self, old: &[u8]) -> Result<Proof, String> {
        let Since { old, path } = self.since(old)?;
        Ok(Proof::Consistency {
            old,
            path,
            checkpoint: self.note.to_string(),
            rotations: self.content.keys.rotations().cloned().collect(),
        })
    }
}

impl Proof {
    /// Reads a proof and checks it against a trusted key of the register; the error says why it shows
    /// nothing.
    pub fn check(bytes: &[u8], trusted: &VerifierKey) -> Result<Proven, String> {
        match Self::deserialize(unambiguous::parse(bytes)?).map_err(|error| error.to_string())? {
            Self::Consistency { old, path, checkpoint, rotations } => {
                let keys = followed(trusted, &rotations)?;
                let new = read(&keys, &checkpoint)?;
                Ok(Proven::Consistent(continued(&keys, &Since { old, path }, &new)?, new))
            }
            Self::Excerpt { entries, checkpoint, since, rotations } => {
                let keys = followed(trusted, &rotations)?;
                let checkpoint = read(&keys, &checkpoint)?;
                let events: Vec<Event> =
                    entries.iter().map(|line| line.check(&checkpoint)).collect::<Result<_, _>>()?;
                if events.is_empty() {
                    return Err("it shows no entry".into());
                }
                if !events.is_sorted_by(|a, b| a.seq < b.seq) {
                    return Err("its entries are not in order".into());
                }
                countersigned(&entries, &events)?;
                let old = since.map(|since| continued(&keys, &since, &checkpoint)).transpose()?;
                Ok(Proven::Excerpt(events, checkpoint, old))
            }
            Self::Inclusion { index, entry, path, checkpoint, rotations } => {
                let checkpoint = read(&followed(trusted, &rotations)?, &checkpoint)?;
                let event = Line { index, entry, path }.check(&checkpoint)?;
                Ok(Proven::Included(Box::new(event), checkpoint))
            }
        }
    }
}

impl Line {
    /// The event, if it is in the register of a checkpoint.
    fn check(&self, checkpoint: &Checkpoint) -> Result<Event, String> {
        let (index, leaf) = (self.index, tree::leaf(self.entry.as_bytes()));
        let root = tree::root_by_inclusion(index, checkpoint.size, leaf, &digests(&self.path)?);
        if root != Some(checkpoint.root) {
            let signed = base64(checkpoint.root);
            return Err(format!("its path does not lead from entry {index} to the root {signed}"));
        }
        let event = Event::read(self.entry.as_bytes())?;
        if event.seq != index {
            return Err(format!("it is of entry {index}, whose number is {}", event.seq));
        }
        // The register's keeper could enter a signature of somebody else's that is none.
        own::check(&event.facts, &checkpoint.origin).map_err(|reason| format!("entry {index}: {reason}"))?;
        Ok(event)
    }
}

/// Fails if a countersignature is of another entry than the one that is here under its number.
fn countersigned(entries: &[Line], events: &[Event]) -> Result<(), String> {
    for event in events {
        let Some(about) = &event.facts.entry else { continue };
        let Ok(place) = entries.binary_search_by_key(&about.index, |line| line.index) else { continue };
        if tree::leaf(entries[place].entry.as_bytes()).to_string() != about.leaf {
            return Err(format!(
                "entry {} countersigns another entry {} than this one",
                event.seq, about.index
            ));
        }
    }
    Ok(())
}

/// The older checkpoint, if the new one continues it.
fn continued(keys: &Keys, since: &Since, new: &Checkpoint) -> Result<Checkpoint, String> {
    let old = read(keys, &since.old)?;
    if tree::is_consistent((old.size, old.root), (new.size, new.root), &digests(&since.path)?) {
        Ok(old)
    } else {
        Err("its path does not lead from the one checkpoint to the other".into())
    }
}

fn followed(trusted: &VerifierKey, rotations: &[Rotation]) -> Result<Keys, String> {
    let mut keys = Keys::new(trusted.clone());
    rotations.iter().try_for_each(|rotation| keys.follow(rotation).map(|_| ()))?;
    Ok(keys)
}

fn read(keys: &Keys, note: &str) -> Result<Checkpoint, String> {
    let checkpoint = Note::read(note.as_bytes()).and_then(|note| keys.checkpoint(&note));
    checkpoint.map_err(|reason| format!("its checkpoint: {reason}"))
}

fn hexadecimal(path: &[Sha256Digest]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}

fn digests(path: &[String]) -> Result<Vec<Sha256Digest>, String> {
    let digest = |text: &String| Sha256Digest::from_hexadecimal(text);
    path.iter().map(digest).collect::<Option<_>>().ok_or_else(|| "its path is not made of digests".to_owned())
}
