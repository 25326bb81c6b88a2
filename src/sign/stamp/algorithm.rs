//! The hashes and signatures that time-stamping services use.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use pkcs8::DecodePublicKey;
use rsa::{RsaPublicKey, pkcs1v15, traits::PublicKeyParts};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::spki::ObjectIdentifier;

use crate::sign::Refusal;

/// Shorter moduli of RSA are no longer safe.
const MIN_RSA_BITS: usize = 2048;

/// A hash that a signature may be of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How something is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    /// ECDSA, its signature in ASN.1 DER.
    Ecdsa,
    /// RSASSA-PKCS1-v1_5.
    Rsa,
}

impl Hash {
    /// The hash of this name.
    pub(super) fn named(name: ObjectIdentifier) -> Result<Self, Refusal> {
        match name.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Ok(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Ok(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Ok(Self::Sha512),
            other => {
                Err(Refusal::Unsupported(format!("its hash `{other}` is not SHA-256, SHA-384 or SHA-512")))
            }
        }
    }

    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

impl Scheme {
    /// The scheme of this name, and the hash, where the name says which.
    pub(super) fn named(name: ObjectIdentifier) -> Result<(Self, Option<Hash>), Refusal> {
        Ok(match name.to_string().as_str() {
            "1.2.840.113549.1.1.1" => (Self::Rsa, None),
            "1.2.840.113549.1.1.11" => (Self::Rsa, Some(Hash::Sha256)),
            "1.2.840.113549.1.1.12" => (Self::Rsa, Some(Hash::Sha384)),
            "1.2.840.113549.1.1.13" => (Self::Rsa, Some(Hash::Sha512)),
            "1.2.840.10045.4.3.2" => (Self::Ecdsa, Some(Hash::Sha256)),
            "1.2.840.10045.4.3.3" => (Self::Ecdsa, Some(Hash::Sha384)),
            "1.2.840.10045.4.3.4" => (Self::Ecdsa, Some(Hash::Sha512)),
            other => {
                let reason = format!(
                    "its signature is of the kind `{other}`, which is neither ECDSA nor RSA (PKCS #1 v1.5)"
                );
                return Err(Refusal::Unsupported(reason));
            }
        })
    }

    /// Whether a signature is of this key, as DER of a `SubjectPublicKeyInfo`, and message.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for other kinds of keys.
    pub(super) fn verifies(
        self,
        key: &[u8],
        hash: Hash,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Refusal> {
        let digest = hash.digest(message);
        match self {
            Self::Ecdsa => ecdsa(key, &digest, signature),
            Self::Rsa => rsa(key, hash, &digest, signature),
        }
    }
}

/// What RFC 2634 knew certificates by, before others took its place.
pub(super) fn sha1(bytes: &[u8]) -> Vec<u8> {
    Sha1::digest(bytes).to_vec()
}

fn ecdsa(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<bool, Refusal> {
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(key) {
        let signature = p256::ecdsa::Signature::from_der(signature);
        return Ok(signature.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()));
    }
    let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(key) else {
        return Err(Refusal::Unsupported("its key is not of the curves P-256 and P-384".into()));
    };
    let signature = p384::ecdsa::Signature::from_der(signature);
    Ok(signature.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()))
}

fn rsa(key: &[u8], hash: Hash, digest: &[u8], signature: &[u8]) -> Result<bool, Refusal> {
    let key = RsaPublicKey::from_public_key_der(key).ok().filter(|key| key.size() * 8 >= MIN_RSA_BITS);
    let Some(key) = key else {
        return Err(Refusal::Unsupported(format!(
            "its key is not an RSA key of {MIN_RSA_BITS} to 8192 bits"
        )));
    };
    let Ok(signature) = pkcs1v15::Signature::try_from(signature) else { return Ok(false) };
    let verified = match hash {
        Hash::Sha256 => pkcs1v15::VerifyingKey::<Sha256>::new(key).verify_prehash(digest, &signature),
        Hash::Sha384 => pkcs1v15::VerifyingKey::<Sha384>::new(key).verify_prehash(digest, &signature),
        Hash::Sha512 => pkcs1v15::VerifyingKey::<Sha512>::new(key).verify_prehash(digest, &signature),
    };
    Ok(verified.is_ok())
}
