//! Cosignatures of witnesses (C2SP tlog-cosignature, `cosignature/v1`): somebody else who follows a log signs that
//! a checkpoint continues all those that it saw before, and when it did.

use super::{
    key::Named,
    note::{Note, Signature},
};

/// What a key for cosignatures is called in a signed note.
const COSIGNATURE: u8 = 4;

/// The public key of a witness.
pub type WitnessKey = Named<COSIGNATURE>;

/// That a witness has seen a checkpoint.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Cosigned {
    /// When, in seconds from the start of 1970.
    pub time: u64,
}

impl WitnessKey {
    /// Whether this witness cosigned a note, and when; the earliest, if more than once.
    ///
    /// # Errors
    /// Why a line that says it is of this witness is not.
    pub(crate) fn cosigned(&self, note: &Note) -> Result<Option<Cosigned>, String> {
        let mut earliest = None;
        for line in note.by(self) {
            let cosigned = self.read(line, note.unverified())?;
            earliest = Some(earliest.map_or(cosigned, |other: Cosigned| other.min(cosigned)));
        }
        Ok(earliest)
    }

    /// Eight bytes of time, big-endian, and the signature over time and text.
    fn read(&self, line: &Signature, text: &str) -> Result<Cosigned, String> {
        let Some((time, signature)) = line.bytes.split_first_chunk::<8>() else {
            return Err(format!("the cosignature of {} is cut off", self.short()));
        };
        let time = u64::from_be_bytes(*time);
        if self.verifies(message(time, text).as_bytes(), signature) {
            Ok(Cosigned { time })
        } else {
            Err(format!("the cosignature of {} is not of this checkpoint", self.short()))
        }
    }
}

/// What a witness signs.
fn message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    /// A note by one key with one line of a witness below it, which says this time and signs that one.
    fn cosigned(witness: &SigningKey, said: u64, signed: u64) -> (WitnessKey, Note) {
        let key = WitnessKey::new("witness.example/w".parse().unwrap(), witness.verifying_key());
        let (_, note) = crate::note::signed::signed(3, "a", "a\n1\nroot\n");
        let signature = witness.sign(message(signed, note.unverified()).as_bytes()).to_bytes();
        let bytes = [&key.id()[..], &said.to_be_bytes(), &signature].concat();
        let line = format!("— {} {}\n", key.origin(), Base64::encode_string(&bytes));
        let note = note.with_lines(&line).unwrap();
        (key, note)
    }

    #[test]
    fn a_cosignature_is_of_its_witness_time_and_text() {
        let [witness, other] = [[1; 32], [2; 32]].map(|seed| SigningKey::from_bytes(&seed));
        let (key, note) = cosigned(&witness, 17, 17);
        assert_eq!(key.cosigned(&note), Ok(Some(Cosigned { time: 17 })));
        assert_eq!(WitnessKey::new(key.origin().clone(), other.verifying_key()).cosigned(&note), Ok(None));
        let (key, note) = cosigned(&witness, 18, 17);
        assert!(key.cosigned(&note).is_err());
        // The same bytes as an ordinary signature are another key, with another id.
        let same = crate::note::VerifierKey::new(key.origin().clone(), witness.verifying_key());
        assert!(same.id() != key.id() && note.verified(&same).is_err());
        assert!(key.to_string().parse::<crate::note::VerifierKey>().is_err());
        assert_eq!(key.to_string().parse::<WitnessKey>(), Ok(key));
    }
}
