//! Whose time stamps count: the `[[tsa]]` of a trust file.

use std::{fmt, path::Path, time::SystemTime};

use declass_formats::Sha256Digest;
use serde::Deserialize;

use super::{
    Bundle, read_text,
    stamp::{Certificate, Stamp, written},
};

/// A time-stamping service that is trusted, by its certificate or by that of the authority that issues it.
#[derive(Clone, Debug)]
pub(super) struct Authority {
    certificate: Certificate,
    identity: String,
}

/// When a signature was there at the latest, as somebody who is trusted says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stamped {
    /// The time.
    pub time: SystemTime,
    /// Who says so, by the name in the trust file.
    pub authority: String,
}

/// That a signature was there at a time, by a register.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recorded {
    /// SHA-256 of the signature itself, or of the file that holds it.
    pub digest: Sha256Digest,
    /// When it was entered.
    pub stamped: Stamped,
}

/// What the time stamps of a signature, and registers, say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dating {
    /// The earliest of those that count.
    pub earliest: Option<Stamped>,
    /// Why others do not count. They change nothing: the signature is judged as if they were not there.
    pub ignored: Vec<String>,
}

impl Stamped {
    /// The time as text, such as `2026-11-21T02:32:44Z`.
    #[must_use]
    pub fn written(&self) -> String {
        written(self.time)
    }
}

impl fmt::Display for Stamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.written(), self.authority)
    }
}

/// Judges all stamps of a signature, and what registers have recorded; those of a time after `now` do not count.
pub(super) fn dating(
    authorities: &[Authority],
    recorded: &[Recorded],
    bundle: &Bundle,
    now: SystemTime,
) -> Dating {
    let digests = [Sha256Digest::of(bundle.signature()), bundle.file()];
    let is_about = |it: &&Recorded| digests.contains(&it.digest) && it.stamped.time <= now;
    let earliest = recorded.iter().filter(is_about).map(|it| it.stamped.clone()).min_by_key(|it| it.time);
    let mut dating = Dating { earliest, ignored: Vec::new() };
    for response in bundle.stamps() {
        match judge(authorities, response, bundle.signature(), now) {
            Ok(stamped) if dating.earliest.as_ref().is_none_or(|earliest| stamped.time < earliest.time) => {
                dating.earliest = Some(stamped);
            }
            Ok(_) => {}
            Err(reason) => dating.ignored.push(reason),
        }
    }
    dating
}

/// Who stamped these bytes when, if that service is trusted.
pub(super) fn judge(
    authorities: &[Authority],
    response: &[u8],
    bytes: &[u8],
    now: SystemTime,
) -> Result<Stamped, String> {
    let stamp = Stamp::read(response).map_err(|refusal| refusal.to_string())?;
    if !stamp.is_of(bytes) {
        return Err("it is of something else than this signature".into());
    }
    let Some(authority) = authorities.iter().find(|authority| authority.vouches_for(&stamp)) else {
        return Err(format!("no trusted `[[tsa]]` is or issued `{}`", stamp.service()));
    };
    if stamp.time() > now {
        return Err(format!("{} is in the future", written(stamp.time())));
    }
    Ok(Stamped { time: stamp.time(), authority: authority.identity.clone() })
}

impl Authority {
    fn vouches_for(&self, stamp: &Stamp) -> bool {
        let signer = stamp.certificate();
        *signer == self.certificate
            || self.certificate.is_valid_at(stamp.time()) && self.certificate.issued(signer)
    }
}

/// As it is written in a trust file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthorityEntry {
    pem: String,
    /// Digest of the certificate, so that another file in its place is noticed; as openssl prints it, with or
    /// without colons.
    sha256: String,
    identity: String,
}

impl AuthorityEntry {
    /// Reads the certificate, whose path is relative to a folder.
    pub(super) fn read(self, folder: &Path) -> Result<Authority, String> {
        let Self { pem, sha256, identity } = self;
        let read = read_text(&folder.join(&pem)).and_then(|text| Certificate::from_pem(&text));
        let pinned = read.and_then(|certificate| {
            let (found, named) = (certificate.digest(), sha256.replace(':', "").to_ascii_lowercase());
            match Sha256Digest::from_hexadecimal(&named) {
                Some(named) if named == found => Ok(certificate),
                Some(_) => Err(format!("its SHA-256 is {found}, not {named}")),
                None => Err(format!("`{sha256}` is not a SHA-256 digest, that of the file is {found}")),
            }
        });
        let certificate = pinned
            .map_err(|reason| format!("the certificate `{pem}` of `{identity}` cannot be used: {reason}"))?;
        Ok(Authority { certificate, identity })
    }
}
