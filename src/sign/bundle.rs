//! A signed statement as it is stored: a Sigstore bundle v0.3 around a DSSE envelope.
//!
//! The reader takes what the reference verifiers take: exactly one signature, no unknown members, one JSON
//! value without repeated keys, standard base64 with padding.

use std::fmt;

use base64ct::{Base64, Encoding};
use declass_formats::Sha256Digest;

use super::{
    PublicKey, Refusal, ReleaseKey,
    stored::{PAYLOAD_TYPE, Stored, StoredSignature, decoded},
};

/// The largest bundle that is read, being a record of a release.
pub(crate) const MAX_BUNDLE: u64 = 64 << 20;

/// A statement with a signature, which may be anybody's until [`verifies`](Self::verifies) says whose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bundle {
    payload: Vec<u8>,
    signature: Vec<u8>,
    key_id: String,
    hint: Option<String>,
    stamps: Vec<Vec<u8>>,
    /// SHA-256 of the bytes that it was read from.
    file: Sha256Digest,
}

impl Bundle {
    /// Signs a statement.
    #[must_use]
    pub fn sign(payload: Vec<u8>, key: &ReleaseKey) -> Self {
        let public = key.public();
        let signature = key.sign(&encoded(&payload));
        let (key_id, hint) = (public.fingerprint(), Some(public.hint()));
        let unread = Sha256Digest([0; 32]);
        let bundle = Self { payload, signature, key_id, hint, stamps: Vec::new(), file: unread };
        Self { file: Sha256Digest::of(&bundle.to_bytes()), ..bundle }
    }

    /// Reads a bundle, without any judgement of its signature.
    ///
    /// # Errors
    /// [`Refusal`] if it is not in order, or signed with a certificate.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let Stored { verification_material: material, dsse_envelope: envelope, .. } = Stored::read(bytes)?;
        let hint = match (material.public_key, material.certificate.or(material.x509_certificate_chain)) {
            (Some(key), None) => key.hint,
            (None, Some(_)) => {
                return Err(Refusal::Unsupported("it is signed with a certificate, not with a key".into()));
            }
            _ => return Err(Refusal::Malformed("it names not exactly one key".into())),
        };
        let Ok([signature]) = <[StoredSignature; 1]>::try_from(envelope.signatures) else {
            return Err(Refusal::Malformed("it has not exactly one signature".into()));
        };
        Ok(Self {
            payload: decoded("payload", &envelope.payload)?,
            signature: decoded("signature", &signature.sig)?,
            key_id: signature.keyid.unwrap_or_default(),
            hint,
            stamps: material.timestamp_verification_data.unwrap_or_default().read()?,
            file: Sha256Digest::of(bytes),
        })
    }

    /// The DSSE envelope alone, as JSON without line feeds.
    #[must_use]
    pub fn envelope(&self) -> String {
        self.stored().envelope()
    }

    /// The bundle as one line of JSON.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.stored().to_bytes()
    }

    fn stored(&self) -> Stored {
        let signature =
            StoredSignature { sig: Base64::encode_string(&self.signature), keyid: Some(self.key_id.clone()) };
        Stored::new(Base64::encode_string(&self.payload), signature, self.hint.clone(), &self.stamps)
    }

    /// The bytes of a bundle with one more answer of a time-stamping service in it, and all else as it was.
    ///
    /// # Errors
    /// [`Refusal`] if they are no bundle, or have as many time stamps as are read.
    pub(super) fn stamped(bytes: &[u8], stamp: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut stored = Stored::read(bytes)?;
        stored.add_stamp(stamp);
        let bytes = stored.to_bytes();
        Self::read(&bytes).map(|_| bytes)
    }

    /// The statement, whoever signed it.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signature: what time stamps are of.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// SHA-256 of the file that it is, or would be.
    #[must_use]
    pub fn file(&self) -> Sha256Digest {
        self.file
    }

    /// Answers of time-stamping services about the signature, whatever they say.
    #[must_use]
    pub fn stamps(&self) -> &[Vec<u8>] {
        &self.stamps
    }

    /// The signer's name for its key, a help to find it and no more: a fingerprint, a hint, or nothing.
    #[must_use]
    pub fn named_key(&self) -> &str {
        if self.key_id.is_empty() { self.hint.as_deref().unwrap_or_default() } else { &self.key_id }
    }

    /// Whether the signer's names for its key, where it gives any, are those of this one.
    #[must_use]
    pub fn names(&self, key: &PublicKey) -> bool {
        let hinted = self.hint.as_ref().is_none_or(|hint| *hint == key.hint());
        hinted && (self.key_id.is_empty() || self.key_id == key.fingerprint())
    }

    /// Whether the signature is of this key.
    #[must_use]
    pub fn verifies(&self, key: &PublicKey) -> bool {
        key.verifies(&encoded(&self.payload), &self.signature)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Malformed(reason) | Self::Unsupported(reason)) = self;
        f.write_str(reason)
    }
}

/// What is signed of a payload: DSSE's pre-authentication encoding, which no other payload has.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let (kind, length) = (PAYLOAD_TYPE, payload.len());
    [format!("DSSEv1 {} {kind} {length} ", kind.len()).as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BY_MODEL_SIGNING: &[u8] = include_bytes!("../../fixtures/signed/model_signing-1.1.1.model.sig");
    const STAMPED: &[u8] = include_bytes!("../../fixtures/signed/class-removal.with-rfc3161.sigstore.json");
    const BY_ANOTHER_EMITTER: &[u8] = include_bytes!("../../fixtures/signed/class-removal.sigstore.json");

    fn key() -> PublicKey {
        PublicKey::from_pem(include_str!("../../fixtures/signed/p256.pub.pem")).unwrap()
    }

    #[test]
    fn bundles_of_others_are_read_and_verified() {
        for bytes in [BY_MODEL_SIGNING, STAMPED, BY_ANOTHER_EMITTER] {
            let bundle = Bundle::read(bytes).unwrap();
            assert!(bundle.verifies(&key()) && bundle.names(&key()), "{bundle:?}");
            assert!(!bundle.verifies(&ReleaseKey::generate().unwrap().public()));
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let key = ReleaseKey::generate().unwrap();
        let bundle = Bundle::sign(b"{}".to_vec(), &key);
        assert_eq!(Bundle::read(&bundle.to_bytes()).unwrap(), bundle);
        assert!(bundle.verifies(&key.public()) && bundle.names(&key.public()));
        assert_eq!(bundle.named_key(), key.public().fingerprint());
        let other = Bundle { payload: b"[]".to_vec(), ..bundle };
        assert!(!other.verifies(&key.public()));
    }

    #[test]
    fn what_the_reference_refuses_is_refused() {
        let sample: Value = serde_json::from_slice(BY_MODEL_SIGNING).unwrap();
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut bundle = sample.clone();
            change(&mut bundle);
            Bundle::read(&serde_json::to_vec(&bundle).unwrap())
        };
        let old = "application/vnd.dev.sigstore.bundle+json;version=0.3";
        let signature = sample["dsseEnvelope"]["signatures"][0].clone();
        let malformed: [(&str, Value); 9] = [
            ("/mediaType", old.into()),
            ("/dsseEnvelope/payloadType", "application/json".into()),
            ("/dsseEnvelope/payload", "e30".into()),
            ("/dsseEnvelope/payload", "_-==".into()),
            ("/dsseEnvelope/signatures", json!([])),
            ("/dsseEnvelope/signatures", json!([signature, signature])),
            ("/dsseEnvelope/signatures/0", json!({"sig": "AAAA", "keyid": "", "extra": 1})),
            ("/verificationMaterial", json!({"tlogEntries": []})),
            ("/verificationMaterial/publicKey", json!({"hint": 1})),
        ];
        for (place, value) in malformed {
            let read = changed(&|bundle| *bundle.pointer_mut(place).unwrap() = value.clone());
            assert!(matches!(read, Err(Refusal::Malformed(_))), "{place}: {read:?}");
        }
        assert!(changed(&|bundle| bundle["extra"] = json!({})).is_err());
        let certified = json!({"x509CertificateChain": {"certificates": []}, "tlogEntries": []});
        let read = changed(&|bundle| bundle["verificationMaterial"] = certified.clone());
        assert!(matches!(read, Err(Refusal::Unsupported(_))), "{read:?}");
    }

    #[test]
    fn one_value_without_repeated_keys() {
        let line = BY_MODEL_SIGNING;
        assert!(Bundle::read(&[line, b"\n", line].concat()).is_err());
        assert!(Bundle::read(&[line, b"\n"].concat()).is_ok());
        let text = String::from_utf8(line.to_vec()).unwrap();
        let twice = text.replacen("\"dsseEnvelope\":", "\"dsseEnvelope\":{},\"dsseEnvelope\":", 1);
        assert!(Bundle::read(twice.as_bytes()).is_err());
        for hostile in [&b""[..], b"\xff", b"[", b"null", b"{}", &b"[".repeat(100_000)] {
            assert!(Bundle::read(hostile).is_err());
        }
    }
}
