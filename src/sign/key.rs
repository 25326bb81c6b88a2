//! The private key of a release: P-256, since the verifiers of OpenSSF Model Signing take NIST curves only.
//! On disk it is PKCS#8, encrypted with a key that scrypt makes of a passphrase.

use p256::{
    SecretKey,
    ecdsa::{SigningKey, signature::Signer},
    elliptic_curve::Generate,
};
use pkcs8::{DecodePrivateKey, EncodePrivateKey};
use zeroize::Zeroizing;

use super::PublicKey;
use crate::{
    error::{KeyError, KeyKind},
    key_file::{PrivateKey, encrypt, other_curve},
};

/// A private key that signs. Its memory is wiped when it is dropped.
#[derive(Clone, Debug)]
pub struct ReleaseKey(SigningKey);

impl ReleaseKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// [`KeyError`] if the system has none.
    pub fn generate() -> Result<Self, KeyError> {
        SigningKey::try_generate().map(Self).map_err(|error| KeyError::NotMade { reason: error.to_string() })
    }

    /// The key as PEM of encrypted PKCS#8.
    ///
    /// # Errors
    /// [`KeyError`] for an empty passphrase, or if the system has no randomness.
    pub fn to_encrypted_pem(&self, passphrase: &str) -> Result<Zeroizing<String>, KeyError> {
        let plain = SecretKey::from(&self.0)
            .to_pkcs8_der()
            .map_err(|error| KeyError::NotMade { reason: error.to_string() })?;
        encrypt(&plain, passphrase)
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::P256(*self.0.verifying_key())
    }

    /// An ECDSA signature with SHA-256 in ASN.1 DER; the same bytes give the same signature (RFC 6979).
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}

impl PrivateKey for ReleaseKey {
    const KIND: KeyKind = KeyKind::Release;

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        SecretKey::from_pkcs8_der(der).ok().map(|key| Self(key.into()))
    }

    fn from_sec1(pem: &str) -> Result<Self, KeyError> {
        if pem.contains("Proc-Type:") {
            return Err(KeyError::OldEncryption);
        }
        SecretKey::from_sec1_pem(pem).map(|key| Self(key.into())).map_err(|_| other_curve::<Self>())
    }
}

#[cfg(test)]
mod tests {
    use pkcs8::LineEnding;

    use super::*;
    use crate::key_file::PrivatePem;

    fn read(text: &str) -> Result<ReleaseKey, KeyError> {
        PrivatePem::read(text.as_bytes()).and_then(|pem| pem.open("secret"))
    }

    #[test]
    fn a_key_comes_back_with_its_passphrase_only() {
        let key = ReleaseKey::generate().unwrap();
        let pem = key.to_encrypted_pem("secret").unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{}", *pem);
        assert_eq!(read(&pem).unwrap().public(), key.public());
        let wrong = PrivatePem::<ReleaseKey>::read(pem.as_bytes()).unwrap().open("Secret");
        assert!(matches!(wrong, Err(KeyError::WrongPassphrase)));
        assert_eq!(key.to_encrypted_pem("").unwrap_err(), KeyError::EmptyPassphrase);
    }

    #[test]
    fn plain_keys_are_read_behind_other_blocks() {
        let key = ReleaseKey::generate().unwrap();
        let secret = SecretKey::from(&key.0);
        let (pkcs8, sec1) = (secret.to_pkcs8_pem(LineEnding::LF), secret.to_sec1_pem(LineEnding::LF));
        for pem in [pkcs8.unwrap(), sec1.unwrap()] {
            let before = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
            assert_eq!(read(&format!("{before}{}", *pem)).unwrap().public(), key.public());
        }
    }

    #[test]
    fn other_keys_are_refused_with_what_they_are() {
        let block =
            |label: &str, inner: &str| format!("-----BEGIN {label}-----\n{inner}\n-----END {label}-----\n");
        let wanted = KeyKind::Release;
        let label = "ENCRYPTED SIGSTORE PRIVATE KEY".to_owned();
        let refused = [
            (String::new(), KeyError::Absent { wanted }),
            (block("PUBLIC KEY", "AAAA"), KeyError::Absent { wanted }),
            (block(&label, "AAAA"), KeyError::OtherFormat { wanted, label: label.clone() }),
            (block("OPENSSH PRIVATE KEY", "AAAA"), KeyError::OpenSsh { wanted }),
            (block("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\nAAAA"), KeyError::OldEncryption),
            (block("PRIVATE KEY", "AAAA"), KeyError::OtherCurve { wanted }),
            ("-----BEGIN PRIVATE KEY-----".to_owned(), KeyError::Absent { wanted }),
        ];
        for (text, why) in refused {
            assert_eq!(read(&text).unwrap_err(), why);
        }
    }
}
