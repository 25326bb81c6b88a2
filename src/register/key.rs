//! The private key of a register: Ed25519, which C2SP checkpoints are signed with.
//!
//! On disk it is PKCS#8 in PEM and NOT encrypted; everything that knows so is in this file.

use std::path::Path;

use declass_formats::read_regular;
use ed25519_dalek::{
    Signer,
    pkcs8::{self, DecodePrivateKey, EncodePrivateKey, KeypairBytes, spki::der::pem::LineEnding},
};
use zeroize::Zeroizing;

use super::{
    disk, no_use_of,
    note::Note,
    vkey::{Origin, VerifierKey},
};
use crate::error::Error;

/// More is not read of any key.
const LIMIT: u64 = 1 << 16;

/// A private key that signs checkpoints. Its memory is wiped when it is dropped.
#[derive(Debug)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// [`Error::RegisterUnusable`] if the system has none.
    pub fn generate() -> Result<Self, Error> {
        let mut secret = Zeroizing::new([0; 32]);
        disk::fill_randomly(&mut *secret)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&secret)))
    }

    /// Reads a key from its file.
    ///
    /// # Errors
    /// [`Error::RegisterUnusable`] if there is no such key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = Zeroizing::new(read_regular(path, LIMIT)?);
        let text = std::str::from_utf8(&text).unwrap_or_default();
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            let hint =
                "decrypt it first: openssl pkey -in KEY -out PLAIN (this version opens no encrypted keys)";
            return Err(no_use_of(path, "the key is encrypted", hint));
        }
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(text.trim());
        let hint = "name the key that `declass register init` made with --key";
        key.map(Self).map_err(|_| no_use_of(path, "it is no Ed25519 key in PKCS#8", hint))
    }

    /// Writes the key where nothing is yet, for its owner's eyes only.
    ///
    /// # Errors
    /// [`Error::RegisterUnusable`] if something is there or the disk refuses.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        // Version 1, without the public key: OpenSSL 3.0 reads no other.
        let bytes = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let pem = bytes.to_pkcs8_pem(LineEnding::LF).map_err(|error: pkcs8::Error| {
            no_use_of(path, &format!("the key cannot be written: {error}"), "")
        })?;
        disk::create(path, pem.as_bytes(), disk::PRIVATE)
    }

    /// The public key under a register's name.
    #[must_use]
    pub fn verifier(&self, origin: &Origin) -> VerifierKey {
        VerifierKey::new(origin.clone(), self.0.verifying_key())
    }

    /// Signs a text that ends with a line feed.
    pub(super) fn sign(&self, text: String, origin: &Origin) -> Note {
        let signature = self.0.sign(text.as_bytes()).to_bytes();
        Note::new(text, &self.verifier(origin), signature)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_key_comes_back_from_its_file_which_is_private_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.key");
        let (key, origin) = (SigningKey::generate().unwrap(), "a".parse().unwrap());
        key.write(&path).unwrap();
        assert_eq!(SigningKey::read(&path).unwrap().verifier(&origin), key.verifier(&origin));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, disk::PRIVATE);
        assert!(key.write(&path).unwrap_err().to_string().contains("exists"));
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (text, why) in [
            ("", "no Ed25519 key"),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
                "encrypted",
            ),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no Ed25519 key"),
        ] {
            fs::write(&path, text).unwrap();
            let said = SigningKey::read(&path).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
