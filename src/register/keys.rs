//! Which key signs when: the keys of a register one after the other, each named under the one before.

use serde::{Deserialize, Serialize};

use super::{SigningKey, checkpoint::Checkpoint};
use crate::note::{Note, Origin, VerifierKey};

/// That a new key takes over, said by the old one: a checkpoint of the register before this event, with the
/// new key as one more line, signed by the old key. Whoever trusts the old key can check it, without the
/// register at hand.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Rotation {
    /// The old key.
    pub from: VerifierKey,
    /// The new one.
    pub to: VerifierKey,
    note: String,
}

impl Rotation {
    /// Lets the old key name the new one, after the entries that the checkpoint counts.
    pub(super) fn sign(before: &Checkpoint, old: &SigningKey, new: &SigningKey) -> Self {
        let to = new.verifier(&before.origin);
        let note = old.sign(format!("{before}{to}\n"), &before.origin).to_string();
        Self { from: old.verifier(&before.origin), to, note }
    }

    /// What the register was when the old key said so, if it did.
    fn checked(&self) -> Result<Checkpoint, String> {
        let note = Note::read(self.note.as_bytes())?;
        let (before, rest) = Checkpoint::read(note.verified(&self.from)?)?;
        let named = [&before.origin, self.to.origin()].iter().all(|name| *name == self.from.origin());
        if named && self.to != self.from && rest == [self.to.to_string()] {
            Ok(before)
        } else {
            Err(format!("it does not hand over from {} to {}", self.from.short(), self.to.short()))
        }
    }
}

/// The keys of a register, and which of them is trusted.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    trusted: VerifierKey,
    rotations: Vec<(u64, Rotation)>,
}

impl Keys {
    pub(super) fn new(trusted: VerifierKey) -> Self {
        Self { trusted, rotations: Vec::new() }
    }

    /// The name of the register.
    pub(super) fn origin(&self) -> &Origin {
        self.trusted.origin()
    }

    /// Takes the next rotation; gives the size and root that the register had before, by what the old key
    /// signed.
    pub(super) fn follow(&mut self, rotation: &Rotation) -> Result<Checkpoint, String> {
        let before =
            rotation.checked().map_err(|reason| format!("the rotation of keys does not hold: {reason}"))?;
        if let Some((_, last)) = self.rotations.last()
            && last.to != rotation.from
        {
            let (from, last) = (rotation.from.short(), last.to.short());
            return Err(format!("the rotation of keys is signed by {from} when the key was {last}"));
        }
        self.rotations.push((before.size, rotation.clone()));
        Ok(before)
    }

    /// The key that signs a checkpoint of this many entries, if the trusted key is one of those of the
    /// register.
    pub(super) fn signer(&self, size: u64) -> Result<&VerifierKey, String> {
        let mut all = self.rotations.iter().flat_map(|(_, rotation)| [&rotation.from, &rotation.to]);
        if !self.rotations.is_empty() && !all.any(|key| *key == self.trusted) {
            return Err(format!("the trusted key {} is not one of its keys", self.trusted.short()));
        }
        let before = self.rotations.iter().rev().find(|(before, _)| *before < size).map(|(_, by)| &by.to);
        Ok(before.or(self.rotations.first().map(|(_, first)| &first.from)).unwrap_or(&self.trusted))
    }

    /// All rotations so far, the oldest first.
    pub(super) fn rotations(&self) -> impl ExactSizeIterator<Item = &Rotation> {
        self.rotations.iter().map(|(_, rotation)| rotation)
    }

    /// Reads a checkpoint of this register, signed by the key that signs at its size.
    pub(super) fn checkpoint(&self, note: &Note) -> Result<Checkpoint, String> {
        let (unverified, _) = Checkpoint::read(note.unverified())?;
        if unverified.origin != *self.trusted.origin() {
            let (is, trusted) = (unverified.origin, self.trusted.origin());
            return Err(format!("it is of `{is}`, and the trusted key is of `{trusted}`"));
        }
        note.verified(self.signer(unverified.size)?)?;
        Ok(unverified)
    }
}

#[cfg(test)]
mod tests {
    use declass_formats::Sha256Digest;

    use super::*;

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint { origin: "a".parse().unwrap(), size, root: Sha256Digest::of(&size.to_be_bytes()) }
    }

    #[test]
    fn the_chain_is_followed_from_any_of_its_keys_and_no_other() {
        let keys: Vec<SigningKey> = (0..4).map(|_| SigningKey::generate().unwrap()).collect();
        let origin = checkpoint(0).origin;
        let rotations = [(3, 0), (5, 1)]
            .map(|(size, from)| Rotation::sign(&checkpoint(size), &keys[from], &keys[from + 1]));
        for (trusted, known) in [(0, true), (1, true), (2, true), (3, false)] {
            let mut chain = Keys::new(keys[trusted].verifier(&origin));
            rotations.iter().for_each(|rotation| assert!(chain.follow(rotation).is_ok()));
            for (size, signer) in [(0, 0), (3, 0), (4, 1), (5, 1), (6, 2), (100, 2)] {
                let note = keys[signer].sign(checkpoint(size).to_string(), &origin);
                assert_eq!(chain.checkpoint(&note).is_ok(), known, "{trusted}, {size}");
                let early = keys[(signer + 1) % 3].sign(checkpoint(size).to_string(), &origin);
                assert!(chain.checkpoint(&early).is_err());
            }
        }
    }

    #[test]
    fn a_rotation_that_the_old_key_did_not_sign_is_refused() {
        let [old, new, thief] = [(); 3].map(|()| SigningKey::generate().unwrap());
        let origin = checkpoint(0).origin;
        let good = Rotation::sign(&checkpoint(3), &old, &new);
        let stolen = Rotation { to: thief.verifier(&origin), ..good.clone() };
        let own = Rotation { note: Rotation::sign(&checkpoint(3), &thief, &new).note, ..good.clone() };
        let none = Rotation::sign(&checkpoint(3), &old, &old);
        let other = Rotation { note: good.note.replace('a', "b"), ..good.clone() };
        for bad in [stolen, own, none, other] {
            assert!(Keys::new(old.verifier(&origin)).follow(&bad).is_err());
        }
        let mut chain = Keys::new(old.verifier(&origin));
        chain.follow(&good).unwrap();
        let behind = chain.follow(&Rotation::sign(&checkpoint(4), &old, &thief)).unwrap_err();
        assert!(behind.contains("when the key was"), "{behind}");
    }
}
