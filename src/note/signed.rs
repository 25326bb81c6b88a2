//! Notes for tests.

use ed25519_dalek::{Signer, SigningKey};

use super::{Note, VerifierKey};

/// A key under a name, and a note by it.
pub(super) fn signed(seed: u8, name: &str, text: &str) -> (VerifierKey, Note) {
    let secret = SigningKey::from_bytes(&[seed; 32]);
    let key = VerifierKey::new(name.parse().unwrap(), secret.verifying_key());
    let note = Note::new(text.into(), &key, secret.sign(text.as_bytes()).to_bytes());
    (key, note)
}
