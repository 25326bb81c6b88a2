//! The private key of a register: Ed25519, which C2SP checkpoints are signed with. On disk it is PKCS#8, encrypted with a
//! passphrase.

use std::path::Path;

use declass_formats::read_regular;
use ed25519_dalek::{
    Signer,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes},
};
use pkcs8::SecretDocument;
use zeroize::Zeroizing;

use super::{
    disk, no_use_of,
    note::Note,
    vkey::{Origin, VerifierKey},
};
use crate::{
    error::Error,
    key_file::{bad, decrypt, encrypt, private_block},
};

/// More is not read of any key.
const LIMIT: u64 = 1 << 16;
const OTHER_KEYS: &str = "name the key that `declass register init` made with --key";

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

    /// Writes the key, encrypted, where nothing is yet, for its owner's eyes only.
    ///
    /// # Errors
    /// [`Error::Key`] for an empty passphrase, [`Error::RegisterUnusable`] if something is there, [`Error::Io`] if the disk
    /// refuses.
    pub fn write(&self, path: &Path, passphrase: &str) -> Result<(), Error> {
        // Version 1, without the public key: OpenSSL 3.0 reads no other.
        let bytes = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let plain = bytes.to_pkcs8_der().map_err(|error| bad(error.to_string(), ""))?;
        disk::create(path, encrypt(&plain, passphrase)?.as_bytes(), disk::PRIVATE)
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

/// A private key as it is kept in a file.
#[derive(Debug)]
pub enum StoredKey {
    /// It takes a passphrase to open.
    Encrypted(SecretDocument),
    /// Anybody who has the file has the key. Others make such keys; [`SigningKey::write`] does not.
    Plain(SigningKey),
}

impl StoredKey {
    /// Reads a key's file.
    ///
    /// # Errors
    /// [`Error::RegisterUnusable`] if there is no such key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = Zeroizing::new(read_regular(path, LIMIT)?);
        let read = match private_block(std::str::from_utf8(&text).unwrap_or_default()) {
            Some(("ENCRYPTED PRIVATE KEY", block)) => {
                SecretDocument::from_pem(block).ok().map(|(_, document)| Self::Encrypted(document))
            }
            Some(("PRIVATE KEY", block)) => {
                let key = ed25519_dalek::SigningKey::from_pkcs8_pem(block).ok();
                key.map(|key| Self::Plain(SigningKey(key)))
            }
            _ => None,
        };
        read.ok_or_else(|| no_use_of(path, "it is no Ed25519 key in PKCS#8", OTHER_KEYS))
    }

    /// Opens an encrypted key.
    ///
    /// # Errors
    /// [`Error::Key`] for a wrong passphrase or a key of another kind.
    pub fn open(self, passphrase: &str) -> Result<SigningKey, Error> {
        let document = match self {
            Self::Plain(key) => return Ok(key),
            Self::Encrypted(document) => document,
        };
        let key = ed25519_dalek::SigningKey::from_pkcs8_der(decrypt(&document, passphrase)?.as_bytes());
        key.map(SigningKey).map_err(|_| bad("it is no Ed25519 key", OTHER_KEYS))
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
        key.write(&path, "secret").unwrap();
        assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let open = |passphrase| StoredKey::read(&path).unwrap().open(passphrase);
        assert_eq!(open("secret").unwrap().verifier(&origin), key.verifier(&origin));
        assert!(open("Secret").unwrap_err().to_string().contains("the passphrase does not open it"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, disk::PRIVATE);
        assert!(key.write(&path, "secret").unwrap_err().to_string().contains("exists"));
        let other = folder.path().join("other.key");
        assert!(key.write(&other, "").unwrap_err().to_string().contains("is empty") && !other.exists());
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for label in ["", "PUBLIC KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
            fs::write(&path, format!("-----BEGIN {label}-----\nAAAB!\n-----END {label}-----\n")).unwrap();
            let said = StoredKey::read(&path).unwrap_err().to_string();
            assert!(said.contains("no Ed25519 key"), "{said}");
        }
    }
}
