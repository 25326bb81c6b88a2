//! Public keys, and the two names that other tools know them by.

use base64ct::{Base64Unpadded, Encoding};
use declass_formats::Sha256Digest;
use p256::ecdsa::signature::Verifier;
use pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};

/// A key that verifies signatures: P-256 with SHA-256, or P-384 with SHA-384.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PublicKey {
    /// As releases of this tool are signed.
    P256(p256::ecdsa::VerifyingKey),
    /// As other tools may sign.
    P384(p384::ecdsa::VerifyingKey),
}

impl PublicKey {
    /// Reads the PEM of a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let p256 = p256::ecdsa::VerifyingKey::from_public_key_pem(text).map(Self::P256);
        p256.or_else(|_| p384::ecdsa::VerifyingKey::from_public_key_pem(text).map(Self::P384))
            .map_err(|_| "it is not a public key of the curve P-256 or P-384 in PEM".to_owned())
    }

    /// The key as PEM: lines of 64 characters that end with a line feed.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let pem = match self {
            Self::P256(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P384(key) => key.to_public_key_pem(LineEnding::LF),
        };
        pem.expect("a valid point has an encoding")
    }

    /// `SHA256:...` as `ssh-keygen -l` shows it: the `keyid` of an envelope, which some verifiers insist on.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let (curve, point) = match self {
            Self::P256(key) => ("nistp256", key.to_sec1_point(false).as_bytes().to_vec()),
            Self::P384(key) => ("nistp384", key.to_sec1_point(false).as_bytes().to_vec()),
        };
        let mut blob = Vec::new();
        for part in [format!("ecdsa-sha2-{curve}").as_bytes(), curve.as_bytes(), &point] {
            blob.extend((part.len() as u32).to_be_bytes());
            blob.extend(part);
        }
        format!("SHA256:{}", Base64Unpadded::encode_string(&Sha256Digest::of(&blob).0))
    }

    /// What OpenSSF Model Signing calls a key by: SHA-256 of the PEM text, in hexadecimal.
    #[must_use]
    pub fn hint(&self) -> String {
        Sha256Digest::of(self.to_pem().as_bytes()).to_string()
    }

    /// Whether a signature in ASN.1 DER is of this key and message.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::ReleaseKey;

    #[test]
    fn the_names_are_those_that_other_tools_give() {
        let pem = include_str!("../../fixtures/signed/p256.pub.pem");
        let key = PublicKey::from_pem(pem).unwrap();
        assert_eq!(key.to_pem(), pem);
        assert_eq!(key.fingerprint(), "SHA256:Isy+0MwQnRMAlMXyO4dRgzCjVDpWi/Fn1OfItF78iCM");
        assert_eq!(key.hint(), "2b5ab6535b03667707191608c340c0e1a4aa7025b8159b4332cc1027d7112d9f");
    }

    #[test]
    fn a_signature_is_of_one_key_and_one_message() {
        let key = ReleaseKey::generate().unwrap();
        let signature = key.sign(b"message");
        assert!(key.public().verifies(b"message", &signature));
        assert!(!key.public().verifies(b"massage", &signature));
        assert!(!ReleaseKey::generate().unwrap().public().verifies(b"message", &signature));
        assert!(!key.public().verifies(b"message", &[0; 64]) && !key.public().verifies(b"message", &[]));
        assert_eq!(key.sign(b"message"), signature, "signing draws no lots");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
            assert!(PublicKey::from_pem(text).is_err());
        }
    }
}
