//! The private key of a register: Ed25519, which C2SP checkpoints are signed with. On disk it is PKCS#8,
//! encrypted with a passphrase.

use std::path::Path;

use ed25519_dalek::{
    Signer,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes},
};
use zeroize::Zeroizing;

use super::disk;
use crate::{
    error::{Error, KeyError, KeyKind},
    key_file::{PrivateKey, encrypt},
    note::{Note, Origin, VerifierKey},
};

/// A private key that signs checkpoints. Its memory is wiped when it is dropped.
#[derive(Debug)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// [`Error::Register`] if the system has none.
    pub fn generate() -> Result<Self, Error> {
        let mut secret = Zeroizing::new([0; 32]);
        disk::fill_randomly(&mut *secret)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&secret)))
    }

    /// Writes the key, encrypted, where nothing is yet, for its owner's eyes only.
    ///
    /// # Errors
    /// [`KeyError`] for an empty passphrase, [`Error::Register`] if something is there, [`Error::Io`] if the
    /// disk refuses.
    pub fn write(&self, path: &Path, passphrase: &str) -> Result<(), Error> {
        // Version 1, without the public key: OpenSSL 3.0 reads no other.
        let bytes = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let plain = bytes.to_pkcs8_der().map_err(|error| KeyError::NotMade { reason: error.to_string() })?;
        disk::create(path, encrypt(&plain, passphrase)?.as_bytes(), disk::PRIVATE)
    }

    /// The public key under a register's name.
    #[must_use]
    pub fn verifier(&self, origin: &Origin) -> VerifierKey {
        VerifierKey::new(origin.clone(), self.0.verifying_key())
    }

    /// The bare signature of some bytes.
    pub(super) fn signature(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }

    /// Signs a text that ends with a line feed.
    pub(crate) fn sign(&self, text: String, origin: &Origin) -> Note {
        let signature = self.signature(text.as_bytes());
        Note::new(text, &self.verifier(origin), signature)
    }
}

impl PrivateKey for SigningKey {
    const KIND: KeyKind = KeyKind::Register;

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        ed25519_dalek::SigningKey::from_pkcs8_der(der).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::key_file::PrivatePem;

    fn read(file: &str) -> Result<PrivatePem<SigningKey>, KeyError> {
        PrivatePem::read(file.as_bytes())
    }

    #[test]
    fn a_key_comes_back_from_its_file_which_is_private_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.key");
        let (key, origin) = (SigningKey::generate().unwrap(), "a".parse().unwrap());
        key.write(&path, "secret").unwrap();
        let pem = fs::read_to_string(&path).unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let open = |passphrase| read(&pem).unwrap().open(passphrase);
        assert_eq!(open("secret").unwrap().verifier(&origin), key.verifier(&origin));
        assert!(matches!(open("Secret"), Err(KeyError::WrongPassphrase)));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, disk::PRIVATE);
        assert!(key.write(&path, "secret").unwrap_err().to_string().contains("exists"));
        let other = folder.path().join("other.key");
        assert!(
            matches!(key.write(&other, ""), Err(Error::Key(KeyError::EmptyPassphrase))) && !other.exists()
        );
    }

    #[test]
    fn other_keys_are_refused_with_what_they_are() {
        let wanted = KeyKind::Register;
        let other_format = KeyError::OtherFormat { wanted, label: "RSA PRIVATE KEY".into() };
        for (label, why) in [
            ("", KeyError::Absent { wanted }),
            ("PUBLIC KEY", KeyError::Absent { wanted }),
            ("PRIVATE KEY", KeyError::OtherCurve { wanted }),
            ("EC PRIVATE KEY", KeyError::OtherCurve { wanted }),
            ("OPENSSH PRIVATE KEY", KeyError::OpenSsh { wanted }),
            ("RSA PRIVATE KEY", other_format),
        ] {
            let pem = format!("-----BEGIN {label}-----\nAAAB!\n-----END {label}-----\n");
            assert_eq!(read(&pem).unwrap_err(), why);
        }
        let damaged = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAB!\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert!(matches!(read(damaged), Err(KeyError::Malformed { .. })));
    }
}
