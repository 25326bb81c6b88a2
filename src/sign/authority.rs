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
    /// Whether the one who says so is somebody else than whoever keeps what is dated.
    pub source: Source,
}

/// Who says when something was there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The keeper of a register, who could say any time: nothing that counts against a revocation, since whoever
    /// stole a key could keep a register.
    Keeper,
    /// A time-stamping service or a witness.
    Others,
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
    /// The earliest by somebody else than the keeper of a register.
    pub by_others: Option<Stamped>,
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
    let mut dating = Dating::default();
    recorded.iter().filter(is_about).for_each(|it| dating.know(&it.stamped));
    for response in bundle.stamps() {
        match judge(authorities, response, bundle.signature(), now) {
            Ok(stamped) => dating.know(&stamped),
            Err(reason) => dating.ignored.push(reason),
        }
    }
    dating
}

impl Dating {
    /// Takes what one more says.
    fn know(&mut self, stamped: &Stamped) {
        let is_earlier = |known: &Option<Stamped>| known.as_ref().is_none_or(|it| stamped.time < it.time);
        if is_earlier(&self.earliest) {
            self.earliest = Some(stamped.clone());
        }
        if stamped.source == Source::Others && is_earlier(&self.by_others) {
            self.by_others = Some(stamped.clone());
        }
    }

    /// Takes what was said of something that was signed later, with this in it.
    pub(crate) fn know_all(&mut self, later: &Self) {
        later.earliest.iter().chain(&later.by_others).for_each(|stamped| self.know(stamped));
    }

    /// The times to judge a key at, where nobody says when it signed as of `now`.
    #[must_use]
    pub fn judged_at(&self, now: SystemTime) -> JudgedAt {
        let or_now = |stamped: &Option<Stamped>| stamped.as_ref().map_or(now, |stamped| stamped.time);
        JudgedAt { signed: or_now(&self.earliest), shown: or_now(&self.by_others) }
    }
}

/// The times that a key is judged at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct JudgedAt {
    /// When it signed at the latest, whoever says so: it must have been valid then.
    pub signed: SystemTime,
    /// When it signed at the latest as others show: it must not have been revoked then.
    pub shown: SystemTime,
}

/// One time for everything.
impl From<SystemTime> for JudgedAt {
    fn from(time: SystemTime) -> Self {
        Self { signed: time, shown: time }
    }
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
    Ok(Stamped { time: stamp.time(), authority: authority.identity.clone(), source: Source::Others })
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
