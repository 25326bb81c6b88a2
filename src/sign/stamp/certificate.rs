//! The X.509 certificates of time-stamping services and of those that issue them (RFC 5280).

use std::time::SystemTime;

use declass_formats::Sha256Digest;
use x509_cert::{
    der::{
        Decode, Document, Encode,
        asn1::{AnyRef, BitStringRef, ObjectIdentifier},
    },
    ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage},
};

use super::{
    algorithm::{Hash, Scheme},
    der::{algorithm, elements, malformed},
};
use crate::sign::Refusal;

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// Key usage, basic constraints and extended key usage: the critical extensions that are looked at here.
const UNDERSTOOD: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.19"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
];

/// More is not shown of what others say.
pub(super) const MAX_WORDS: usize = 200;

/// A certificate, which may be anybody's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::sign) struct Certificate {
    /// As it came: names and signatures are about these bytes.
    der: Vec<u8>,
    fields: x509_cert::Certificate,
}

impl Certificate {
    pub(super) fn read(der: &[u8]) -> Result<Self, Refusal> {
        let fields = x509_cert::Certificate::from_der(der).map_err(malformed("a certificate"))?;
        Ok(Self { der: der.to_vec(), fields })
    }

    /// Reads a PEM file with one certificate in it.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub(in crate::sign) fn from_pem(text: &str) -> Result<Self, String> {
        if text.matches("-----BEGIN ").count() != 1 {
            return Err("it holds not exactly one block of PEM".into());
        }
        match Document::from_pem(text.trim()) {
            Ok(("CERTIFICATE", document)) => {
                Self::read(document.as_bytes()).map_err(|refusal| refusal.to_string())
            }
            Ok((label, _)) => Err(format!("it holds a `{label}`, expected a `CERTIFICATE`")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The digest by which it is known, that of all its bytes.
    pub(in crate::sign) fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.der)
    }

    /// Who it is about, as it says itself, shortly.
    pub(super) fn subject(&self) -> String {
        self.fields.tbs_certificate().subject().to_string().chars().take(MAX_WORDS).collect()
    }

    /// Whether it is the one of this number by this issuer.
    pub(super) fn is(&self, issuer: AnyRef<'_>, serial: AnyRef<'_>) -> Result<bool, Refusal> {
        let body = self.fields.tbs_certificate();
        let same = || {
            Ok(body.issuer().to_der()? == issuer.to_der()?
                && body.serial_number().to_der()? == serial.to_der()?)
        };
        same().map_err(malformed("a certificate"))
    }

    pub(in crate::sign) fn is_valid_at(&self, time: SystemTime) -> bool {
        let validity = self.fields.tbs_certificate().validity();
        (validity.not_before.to_system_time()..=validity.not_after.to_system_time()).contains(&time)
    }

    /// Fails unless it is for signing time stamps and for nothing else, as RFC 3161 wants it.
    pub(super) fn require_time_stamping(&self) -> Result<(), Refusal> {
        let refused = |why: &str| Err(Refusal::Malformed(format!("the certificate of its signer {why}")));
        let body = self.fields.tbs_certificate();
        match body.get_extension::<ExtendedKeyUsage>().map_err(malformed("a certificate"))? {
            Some((true, uses)) if uses.0 == [TIME_STAMPING] => {}
            _ => return refused("is not for time stamping, or not only for that"),
        }
        match body.get_extension::<KeyUsage>().map_err(malformed("a certificate"))? {
            Some((_, usage)) if !usage.digital_signature() && !usage.non_repudiation() => {
                refused("is not for signing")
            }
            _ => self.require_understood(),
        }
    }

    /// Whether this is of an authority that issued the other certificate.
    pub(in crate::sign) fn issued(&self, other: &Self) -> bool {
        let body = self.fields.tbs_certificate();
        let is_authority =
            matches!(body.get_extension::<BasicConstraints>(), Ok(Some((_, limits))) if limits.ca);
        let signs = match body.get_extension::<KeyUsage>() {
            Ok(usage) => usage.is_none_or(|(_, usage)| usage.key_cert_sign()),
            Err(_) => false,
        };
        is_authority
            && signs
            && self.require_understood().is_ok()
            && body.subject() == other.fields.tbs_certificate().issuer()
            && self.signed(&other.der).is_ok_and(|signed| signed)
    }

    /// Whether a signature is of the key of this certificate.
    pub(super) fn verifies(
        &self,
        (scheme, hash): (Scheme, Hash),
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Refusal> {
        let key = self.fields.tbs_certificate().subject_public_key_info().to_der();
        scheme.verifies(&key.map_err(malformed("a certificate"))?, hash, message, signature)
    }

    /// Whether the signature in a certificate is of this one's key.
    fn signed(&self, certificate: &[u8]) -> Result<bool, Refusal> {
        let whole = AnyRef::from_der(certificate).map_err(malformed("a certificate"))?;
        let [body, kind, signature] = elements(whole)?[..] else {
            return Err(Refusal::Malformed("a certificate has not three parts".into()));
        };
        let (scheme, Some(hash)) = Scheme::named(algorithm(kind)?)? else {
            return Err(Refusal::Malformed("a certificate does not say by which hash it is signed".into()));
        };
        let signature = signature.decode_as::<BitStringRef<'_>>().map_err(malformed("a certificate"))?;
        let body = body.to_der().map_err(malformed("a certificate"))?;
        self.verifies((scheme, hash), &body, signature.raw_bytes())
    }

    /// Fails for extensions that say of themselves that they must be understood, and are not.
    fn require_understood(&self) -> Result<(), Refusal> {
        let extensions = self.fields.tbs_certificate().extensions().into_iter().flatten();
        let mut unknown = extensions.filter(|it| it.critical && !UNDERSTOOD.contains(&it.extn_id));
        match unknown.next() {
            Some(extension) => {
                let reason = format!(
                    "a certificate has a critical extension `{}`, which is not known",
                    extension.extn_id
                );
                Err(Refusal::Unsupported(reason))
            }
            None => Ok(()),
        }
    }
}
