//! What a time-stamping service answers: RFC 3161's `TimeStampResp` around a CMS signature (RFC 5652) of a
//! `TSTInfo`.

use x509_cert::{
    der::{
        DateTime, Decode, Encode, Tag, Tagged,
        asn1::{AnyRef, ObjectIdentifier, OctetStringRef, Utf8StringRef},
    },
    ext::Extension,
};

use super::{
    algorithm::{Hash, Scheme, sha1},
    certificate::{Certificate, MAX_WORDS},
    der::{algorithm, elements, is_tagged, malformed, only},
};
use crate::sign::Refusal;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// The first byte of a set.
const SET: u8 = 0x31;

/// What is said of a time.
pub(super) struct Info {
    pub(super) hash: Hash,
    pub(super) imprint: Vec<u8>,
    pub(super) nonce: Option<Vec<u8>>,
    pub(super) time: DateTime,
}

/// A signature of something about a time, not yet checked.
pub(super) struct Token<'a> {
    content: &'a [u8],
    certificates: Vec<AnyRef<'a>>,
    /// Issuer and number of the signer's certificate.
    signer: AnyRef<'a>,
    hash: Hash,
    /// The attributes that are signed, and through them the content.
    attributes: AnyRef<'a>,
    scheme: Scheme,
    signature: &'a [u8],
}

impl<'a> Token<'a> {
    /// Takes an answer apart.
    pub(super) fn read(response: &'a [u8]) -> Result<Self, Refusal> {
        let whole = AnyRef::from_der(response).map_err(malformed("it"))?;
        let (status, token) = match elements(whole)?[..] {
            [status] => (status, None),
            [status, token] => (status, Some(token)),
            _ => return Err(wrong("it is not an answer to a request for a time stamp")),
        };
        require_granted(status)?;
        let token = token.ok_or_else(|| wrong("there is no time stamp in it"))?;
        let [kind, data] = elements(token)?[..] else { return Err(wrong("it holds no signed data")) };
        require_kind(kind, SIGNED_DATA)?;
        let data = elements(only(data)?)?;
        let [_version, _hashes, content, optional @ .., signers] = &data[..] else {
            return Err(wrong("it holds no signed data"));
        };
        let [kind, content] = elements(*content)?[..] else { return Err(wrong("it holds no content")) };
        require_kind(kind, TST_INFO)?;
        let certificates = optional.iter().find(|part| is_tagged(part, 0));
        let certificates =
            certificates.ok_or_else(|| wrong("it does not carry the certificate of its signer"))?;
        Self::of_signer(octets(only(content)?)?, elements(*certificates)?, only(*signers)?)
    }

    fn of_signer(
        content: &'a [u8],
        certificates: Vec<AnyRef<'a>>,
        signer: AnyRef<'a>,
    ) -> Result<Self, Refusal> {
        let parts = elements(signer)?;
        let [_version, signer, hash, attributes, scheme, signature, ..] = parts[..] else {
            return Err(wrong("its signature is not complete"));
        };
        if signer.tag() != Tag::Sequence || !is_tagged(&attributes, 0) {
            let reason = "its signer is not named by issuer and number, or signed no attributes";
            return Err(Refusal::Unsupported(reason.into()));
        }
        let hash = Hash::named(algorithm(hash)?)?;
        let (scheme, named) = Scheme::named(algorithm(scheme)?)?;
        if named.is_some_and(|named| named != hash) {
            return Err(wrong("it names two hashes"));
        }
        Ok(Self { content, certificates, signer, hash, attributes, scheme, signature: octets(signature)? })
    }

    /// What it says, and the certificate of the one who signed that, which the answer brought along: it may
    /// be anybody's.
    pub(super) fn open(&self) -> Result<(Info, Certificate), Refusal> {
        require_kind(self.attribute(CONTENT_TYPE)?, TST_INFO)?;
        if octets(self.attribute(MESSAGE_DIGEST)?)? != self.hash.digest(self.content) {
            return Err(wrong("what is signed is not what it says"));
        }
        let certificate = self.certificate()?;
        // They are signed as the set that they are, not as the tagged part of the signature in which they are
        // sent.
        let mut signed = self.attributes.to_der().map_err(malformed("it"))?;
        if let Some(tag) = signed.first_mut() {
            *tag = SET;
        }
        if certificate.verifies((self.scheme, self.hash), &signed, self.signature)? {
            Ok((Info::read(self.content)?, certificate))
        } else {
            Err(wrong("its signature is not of the certificate that it names"))
        }
    }

    /// The certificate that the signed attributes name by its digest.
    fn certificate(&self) -> Result<Certificate, Refusal> {
        let named = self.named_certificate()?;
        let mut found = None;
        for certificate in &self.certificates {
            let der = certificate.to_der().map_err(malformed("a certificate"))?;
            if named.is_of(&der) {
                found = Some(Certificate::read(&der)?);
                break;
            }
        }
        let certificate = found.ok_or_else(|| wrong("it does not carry the certificate of its signer"))?;
        let [issuer, serial] = elements(self.signer)?[..] else {
            return Err(wrong("its signer has no name"));
        };
        if certificate.is(issuer, serial)? {
            Ok(certificate)
        } else {
            Err(wrong("its signer and its certificate are not the same"))
        }
    }

    /// RFC 5035's `SigningCertificateV2`, or RFC 2634's `SigningCertificate`: of several, the first is the
    /// signer's.
    fn named_certificate(&self) -> Result<Named<'a>, Refusal> {
        let (attribute, old) = match self.attribute_if_there(SIGNING_CERTIFICATE_V2)? {
            Some(attribute) => (attribute, false),
            None => (self.attribute(SIGNING_CERTIFICATE)?, true),
        };
        let missing = || wrong("it does not say which certificate signed it");
        let names = *elements(attribute)?.first().ok_or_else(missing)?;
        let name = elements(*elements(names)?.first().ok_or_else(missing)?)?;
        match (&name[..], old) {
            ([digest, ..], true) => Ok(Named { hash: None, digest: octets(*digest)? }),
            ([hash, digest, ..], false) if hash.tag() == Tag::Sequence => {
                Ok(Named { hash: Some(Hash::named(algorithm(*hash)?)?), digest: octets(*digest)? })
            }
            ([digest, ..], false) => Ok(Named { hash: Some(Hash::Sha256), digest: octets(*digest)? }),
            ([], _) => Err(missing()),
        }
    }

    /// The value of a signed attribute that must be there.
    fn attribute(&self, name: ObjectIdentifier) -> Result<AnyRef<'a>, Refusal> {
        self.attribute_if_there(name)?
            .ok_or_else(|| Refusal::Malformed(format!("the signed attribute `{name}` is missing")))
    }

    /// The value of a signed attribute, which must be there once with one value if at all.
    fn attribute_if_there(&self, name: ObjectIdentifier) -> Result<Option<AnyRef<'a>>, Refusal> {
        let mut found = None;
        for attribute in elements(self.attributes)? {
            let [kind, values] = elements(attribute)?[..] else {
                return Err(wrong("a signed attribute is broken"));
            };
            if kind.decode_as::<ObjectIdentifier>().is_ok_and(|kind| kind == name)
                && found.replace(only(values)?).is_some()
            {
                return Err(wrong("a signed attribute is there twice"));
            }
        }
        Ok(found)
    }
}

/// A certificate by its digest; SHA-1 if no hash is named.
struct Named<'a> {
    hash: Option<Hash>,
    digest: &'a [u8],
}

impl Named<'_> {
    fn is_of(&self, certificate: &[u8]) -> bool {
        self.hash.map_or_else(|| sha1(certificate), |hash| hash.digest(certificate)) == self.digest
    }
}

impl Info {
    fn read(content: &[u8]) -> Result<Self, Refusal> {
        let parts = elements(AnyRef::from_der(content).map_err(malformed("it"))?)?;
        let [version, _policy, imprint, _serial, time, optional @ ..] = &parts[..] else {
            return Err(wrong("it does not say of what and when it is"));
        };
        if version.decode_as::<u8>().ok() != Some(1) {
            return Err(Refusal::Unsupported("it is not of version 1".into()));
        }
        if let Some(extensions) = optional.iter().find(|part| is_tagged(part, 1)) {
            require_uncritical(*extensions)?;
        }
        let [hash, imprint] = elements(*imprint)?[..] else { return Err(wrong("it has no imprint")) };
        let nonce = optional.iter().find(|part| part.tag() == Tag::Integer);
        Ok(Self {
            hash: Hash::named(algorithm(hash)?)?,
            imprint: octets(imprint)?.to_vec(),
            nonce: nonce.map(|nonce| nonce.value().to_vec()),
            time: moment(*time).ok_or_else(|| wrong("its time cannot be read"))?,
        })
    }
}

/// A `GeneralizedTime` in UTC, fractions of a second cut off.
fn moment(time: AnyRef<'_>) -> Option<DateTime> {
    let text = std::str::from_utf8(time.value()).ok().filter(|_| time.tag() == Tag::GeneralizedTime)?;
    let (whole, fraction) = text.strip_suffix('Z')?.split_at_checked(14)?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_fraction = fraction.is_empty() || fraction.strip_prefix('.').is_some_and(is_digits);
    if !is_digits(whole) || !is_fraction {
        return None;
    }
    let two = |at: usize| whole.get(at..at + 2)?.parse::<u8>().ok();
    let year = whole.get(..4)?.parse().ok()?;
    DateTime::new(year, two(4)?, two(6)?, two(8)?, two(10)?, two(12)?).ok()
}

/// Fails unless the service says that it granted the request.
fn require_granted(status: AnyRef<'_>) -> Result<(), Refusal> {
    let parts = elements(status)?;
    let granted = parts.first().and_then(|status| status.decode_as::<u8>().ok());
    if matches!(granted, Some(0 | 1)) {
        return Ok(());
    }
    let words =
        parts.get(1).and_then(|words| elements(*words).ok()?.first()?.decode_as::<Utf8StringRef<'_>>().ok());
    let words = words.map_or_else(String::new, |words| format!(": {}", words.as_str()));
    let words: String = words.chars().take(MAX_WORDS).collect();
    Err(Refusal::Malformed(format!("the service did not grant the request{words}")))
}

/// Fails for extensions that must be understood: none is.
fn require_uncritical(extensions: AnyRef<'_>) -> Result<(), Refusal> {
    for extension in elements(extensions)? {
        let extension: Extension = extension.decode_as().map_err(malformed("an extension"))?;
        if extension.critical {
            let reason = format!("it has a critical extension `{}`, which is not known", extension.extn_id);
            return Err(Refusal::Unsupported(reason));
        }
    }
    Ok(())
}

fn require_kind(found: AnyRef<'_>, expected: ObjectIdentifier) -> Result<(), Refusal> {
    match found.decode_as::<ObjectIdentifier>() {
        Ok(found) if found == expected => Ok(()),
        _ => Err(Refusal::Malformed(format!("it is of another kind than `{expected}`"))),
    }
}

fn octets(value: AnyRef<'_>) -> Result<&[u8], Refusal> {
    let octets = value.decode_as::<&OctetStringRef>().map_err(malformed("it"))?;
    Ok(octets.as_bytes())
}

fn wrong(reason: &str) -> Refusal {
    Refusal::Malformed(reason.into())
}
