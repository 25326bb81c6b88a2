//! Time stamps (RFC 3161): a service that many trust signs that something was there at a time, having seen
//! its digest only.
//!
//! What is stamped is the signature of a bundle. A stamp says nothing about whose signature that is, and
//! counts only if its service is trusted; [`Stamp::read`] checks what needs no trust. Answers may come from
//! anybody.

mod algorithm;
mod attach;
mod certificate;
mod der;
mod request;
mod token;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

pub(crate) use attach::attach_stamp;
pub use attach::stamp_request;
pub(super) use certificate::Certificate;
pub(crate) use request::request as request_for;
use x509_cert::der::DateTime;

use self::{algorithm::Hash, token::Token};
use super::Refusal;

/// Answers of services with all their certificates have some thousand bytes.
pub(crate) const MAX_STAMP: usize = 1 << 16;

/// An answer of a time-stamping service that is in order: granted, and signed by the certificate that came
/// along, which is for time stamping and was valid at the time.
#[derive(Clone, Debug)]
pub struct Stamp {
    hash: Hash,
    imprint: Vec<u8>,
    nonce: Option<Vec<u8>>,
    time: DateTime,
    certificate: Certificate,
}

impl Stamp {
    /// Reads an answer, DER of a `TimeStampResp`.
    ///
    /// # Errors
    /// [`Refusal`] if it is not in order, or signed in a way that is not known here.
    pub fn read(response: &[u8]) -> Result<Self, Refusal> {
        if response.len() > MAX_STAMP {
            return Err(Refusal::Malformed(format!("it has more than {MAX_STAMP} bytes")));
        }
        let (info, certificate) = Token::read(response)?.open()?;
        certificate.require_time_stamping()?;
        if !certificate.is_valid_at(info.time.to_system_time()) {
            let reason = format!("the certificate of its signer was not valid at {}", info.time);
            return Err(Refusal::Malformed(reason));
        }
        let token::Info { hash, imprint, nonce, time } = info;
        Ok(Self { hash, imprint, nonce, time, certificate })
    }

    /// Whether it is of these bytes: those of a signature, or of a checkpoint.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        self.hash.digest(bytes) == self.imprint
    }

    /// Whether it answers the request that [`stamp_request`] makes for this signature.
    #[must_use]
    pub fn answers_request_for(&self, signature: &[u8]) -> bool {
        self.nonce.as_deref() == Some(&request::nonce(signature))
    }

    /// The time that it says.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time.to_system_time()
    }

    /// That time as text, such as `2026-11-21T02:32:44Z`.
    #[must_use]
    pub fn written(&self) -> String {
        self.time.to_string()
    }

    /// The service, as its certificate names it.
    #[must_use]
    pub fn service(&self) -> String {
        self.certificate.subject()
    }

    pub(super) fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.time, self.service())
    }
}

/// A time in words, such as `2026-11-21T02:32:44Z`.
pub(super) fn written(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    DateTime::from_unix_duration(Duration::from_secs(since.as_secs()))
        .unwrap_or(DateTime::INFINITY)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Bundle;

    fn bundle() -> Bundle {
        let bytes = include_bytes!("../../../fixtures/signed/class-removal.with-rfc3161.sigstore.json");
        Bundle::read(bytes).unwrap()
    }

    #[test]
    fn a_stamp_by_openssl_is_read() {
        let bundle = bundle();
        let stamp = Stamp::read(&bundle.stamps()[0]).unwrap();
        assert_eq!(stamp.to_string(), "2026-11-21T02:32:44Z by CN=Test TSA");
        assert_eq!(written(stamp.time()), "2026-11-21T02:32:44Z");
        assert!(stamp.is_of(bundle.signature()) && !stamp.is_of(bundle.payload()));
        // It was asked for with another tool.
        assert!(!stamp.answers_request_for(bundle.signature()));
    }

    #[test]
    fn no_changed_or_missing_byte_changes_what_is_said() {
        let response = bundle().stamps()[0].clone();
        for end in 0..response.len() {
            assert!(Stamp::read(&response[..end]).is_err(), "cut at {end}");
        }
        assert!(Stamp::read(&[&response[..], b"\0"].concat()).is_err());
        assert!(Stamp::read(&vec![0x30; MAX_STAMP + 1]).is_err());
        let honest = Stamp::read(&response).unwrap();
        let mut unnoticed = 0;
        for at in 0..response.len() {
            let mut changed = response.clone();
            changed[at] ^= 1;
            // Of what nothing depends on, such as the names of hashes that are named twice, any value will
            // do.
            if let Ok(stamp) = Stamp::read(&changed) {
                unnoticed += 1;
                let same = |a: &Stamp, b: &Stamp| {
                    (&a.imprint, a.time, &a.certificate) == (&b.imprint, b.time, &b.certificate)
                };
                assert!(same(&stamp, &honest), "byte {at}");
            }
        }
        assert!(unnoticed < response.len() / 2, "{unnoticed}");
    }
}
