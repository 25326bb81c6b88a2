//! Proofs that need the register no more: that an event is in it, or that it still begins as it once was.

use declass_formats::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::{
    checkpoint::{Checkpoint, base64},
    event::Event,
    examine::Register,
    keys::{Keys, Rotation},
    note::Note,
    tree,
    vkey::VerifierKey,
};
use crate::unambiguous;

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

/// What a proof has shown.
#[derive(Debug)]
pub enum Proven {
    /// The register of the second checkpoint begins with that of the first.
    Consistent(Checkpoint, Checkpoint),
    /// The event is in the register of the checkpoint.
    Included(Box<Event>, Checkpoint),
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

    /// Proof that the register begins with that of an older checkpoint, a signed note; the error says why it
    /// does not.
    pub fn prove_since(&self, old: &[u8]) -> Result<Proof, String> {
        let size = usize::try_from(self.content.older(old)?.size).map_err(|error| error.to_string())?;
        Ok(Proof::Consistency {
            old: String::from_utf8(old.to_vec()).map_err(|error| error.to_string())?,
            path: hexadecimal(&tree::consistency(&self.content.leaves, size)),
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
                let (old, new) = (read(&keys, &old)?, read(&keys, &checkpoint)?);
                if tree::is_consistent((old.size, old.root), (new.size, new.root), &digests(&path)?) {
                    Ok(Proven::Consistent(old, new))
                } else {
                    Err("its path does not lead from the one checkpoint to the other".into())
                }
            }
            Self::Inclusion { index, entry, path, checkpoint, rotations } => {
                let checkpoint = read(&followed(trusted, &rotations)?, &checkpoint)?;
                let leaf = tree::leaf(entry.as_bytes());
                let root = tree::root_by_inclusion(index, checkpoint.size, leaf, &digests(&path)?);
                if root != Some(checkpoint.root) {
                    let signed = base64(checkpoint.root);
                    return Err(format!("its path does not lead from entry {index} to the root {signed}"));
                }
                let event = Event::read(entry.as_bytes())?;
                if event.seq == index {
                    Ok(Proven::Included(Box::new(event), checkpoint))
                } else {
                    Err(format!("it is of entry {index}, whose number is {}", event.seq))
                }
            }
        }
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
