//! Whose signatures count: a file that people review, kept apart from what is signed.

use std::{fmt, path::Path, time::SystemTime};

use serde::Deserialize;

use super::{
    Bundle, Dating, JudgedAt, PublicKey, Recorded, RegisterRules, Stamped,
    authority::{Authority, AuthorityEntry, dating, judge},
    disk::read_rules,
    moment::Moment,
    read_text,
    record_rules::{Actor, RegisterRequired, Witness},
    rules::parse_rules,
};
use crate::error::Error;

const VERSION: u32 = 1;

/// The keys that are trusted, and what for; and the time-stamping services.
#[derive(Clone, Debug)]
pub struct Trust {
    keys: Vec<TrustedKey>,
    authorities: Vec<Authority>,
    required: Vec<Role>,
    register: RegisterRules,
    recorded: Vec<Recorded>,
}

/// What a key may sign.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The claim of a removal.
    Claim,
    /// All files of a release, as OpenSSF Model Signing does.
    Oms,
}

/// A key and when it counts.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// Who holds it.
    pub identity: String,
    roles: Vec<Role>,
    not_before: Option<Moment>,
    not_after: Option<Moment>,
    revoked_at: Option<Moment>,
    revoked_reason: Option<String>,
}

/// Why a signature does not count.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Distrust {
    /// It is not of the key that it names.
    BadSignature(String),
    /// It is of a key that is not trusted, or not for this or not now.
    Untrusted(String),
}

impl Trust {
    /// Reads a trust file; the paths of keys in it are relative to it.
    ///
    /// # Errors
    /// [`Error::Rules`] if it or a key cannot be read, or anything in it is not understood.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::read(path).map_err(|reason| Error::Rules { path: path.to_owned(), reason })
    }

    fn read(path: &Path) -> Result<Self, String> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let file: TrustFile = parse_rules(&read_rules(path)?)?;
        if file.version != VERSION {
            return Err(format!("its version is {}, this tool knows {VERSION}", file.version));
        }
        let keys: Vec<TrustedKey> =
            file.key.into_iter().map(|entry| entry.read(folder)).collect::<Result<_, _>>()?;
        if let Some(twice) =
            keys.iter().enumerate().find(|(i, key)| keys[..*i].iter().any(|k| k.key == key.key))
        {
            return Err(format!("key `{}` is there twice", twice.1.key.fingerprint()));
        }
        if file.policy.require.is_empty() {
            return Err("it requires no signature at all".into());
        }
        let authorities = file.tsa.into_iter().map(|entry| entry.read(folder)).collect::<Result<_, _>>()?;
        let (witnesses, actors) = (file.witness, file.actor);
        let register = RegisterRules { witnesses, actors, required: file.register }.check()?;
        Ok(Self { keys, authorities, required: file.policy.require, register, recorded: Vec::new() })
    }

    /// The same trust, knowing when signatures were there by what registers have of them. Whose registers count is
    /// for the caller to say.
    #[must_use]
    pub fn knowing(mut self, recorded: Vec<Recorded>) -> Self {
        self.recorded = recorded;
        self
    }

    /// What is asked of a register.
    #[must_use]
    pub fn register(&self) -> &RegisterRules {
        &self.register
    }

    /// Who stamped these bytes and when, by the answer of a time-stamping service.
    ///
    /// # Errors
    /// In words, why the stamp does not count.
    pub fn stamped(&self, answer: &[u8], bytes: &[u8], now: SystemTime) -> Result<Stamped, String> {
        judge(&self.authorities, answer, bytes, now)
    }

    /// What must be there and be signed.
    #[must_use]
    pub fn requires(&self, role: Role) -> bool {
        self.required.contains(&role)
    }

    /// When the signature of a bundle was there at the latest, as its time stamps or registers say.
    #[must_use]
    pub fn dating(&self, bundle: &Bundle, now: SystemTime) -> Dating {
        dating(&self.authorities, &self.recorded, bundle, now)
    }

    /// Whose signature it is, if it counts for this role at this time: that of its time stamp, or else now. Against a
    /// revocation the word of a register's keeper does not count.
    ///
    /// # Errors
    /// [`Distrust`] if not.
    pub fn judge(
        &self,
        bundle: &Bundle,
        role: Role,
        at: impl Into<JudgedAt>,
    ) -> Result<&TrustedKey, Distrust> {
        let mut named = self.keys.iter().filter(|key| bundle.names(&key.key)).peekable();
        if named.peek().is_none() {
            let reason = format!("no trusted key is `{}`", bundle.named_key());
            return Err(Distrust::Untrusted(reason));
        }
        let Some(key) = named.find(|key| bundle.verifies(&key.key)) else {
            let whose = if bundle.named_key().is_empty() { "any trusted key" } else { bundle.named_key() };
            return Err(Distrust::BadSignature(format!("the signature is not of `{whose}`")));
        };
        match key.standing(role, at.into()) {
            Ok(()) => Ok(key),
            Err(reason) => Err(Distrust::Untrusted(format!("the key of `{}` {reason}", key.identity))),
        }
    }
}

/// Why an entry of a register is not enough.
const KEEPERS_WORD: &str = ": that it signed before, only the keeper of a register says, and against a revocation only \
                            a time stamp or a witness counts";

impl TrustedKey {
    fn standing(&self, role: Role, judged: JudgedAt) -> Result<(), String> {
        let at = judged.signed;
        if !self.roles.contains(&role) {
            return Err(format!("is not trusted for role `{role}`"));
        }
        if let Some(moment) = self.revoked_at.filter(|moment| moment.time <= judged.shown) {
            let reason = self.revoked_reason.as_deref().map_or_else(String::new, |why| format!(" ({why})"));
            let unshown = if at < moment.time { KEEPERS_WORD } else { "" };
            return Err(format!("was revoked on {moment}{reason}{unshown}"));
        }
        if let Some(moment) = self.not_before.filter(|moment| at < moment.time) {
            return Err(format!("is not valid before {moment}"));
        }
        match self.not_after.filter(|moment| moment.time < at) {
            Some(moment) => Err(format!(
                "expired on {moment}: the signature is right, and only a time stamp or a register shows that it was \
                 made before"
            )),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claim => "claim",
            Self::Oms => "oms",
        })
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::BadSignature(reason) | Self::Untrusted(reason)) = self;
        f.write_str(reason)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    version: u32,
    #[serde(default)]
    key: Vec<Entry>,
    #[serde(default)]
    tsa: Vec<AuthorityEntry>,
    #[serde(default)]
    policy: Required,
    #[serde(default)]
    witness: Vec<Witness>,
    #[serde(default)]
    actor: Vec<Actor>,
    #[serde(default)]
    register: RegisterRequired,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    pem: String,
    identity: String,
    roles: Vec<Role>,
    not_before: Option<Moment>,
    not_after: Option<Moment>,
    revoked_at: Option<Moment>,
    revoked_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Required {
    require: Vec<Role>,
}

impl Default for Required {
    fn default() -> Self {
        Self { require: vec![Role::Claim, Role::Oms] }
    }
}

impl Entry {
    fn read(self, folder: &Path) -> Result<TrustedKey, String> {
        let about = |reason: &str| format!("key `{}` {reason}", self.id);
        let pem = read_text(&folder.join(&self.pem))
            .map_err(|reason| about(&format!("cannot be read: {reason}")))?;
        let key = PublicKey::from_pem(&pem).map_err(|reason| about(&format!("cannot be used: {reason}")))?;
        let id = key.fingerprint();
        if id != self.id {
            return Err(about(&format!("is not the one in `{}`, which is `{id}`", self.pem)));
        }
        if self.roles.is_empty() {
            return Err(about("has no roles"));
        }
        let Self { identity, roles, not_before, not_after, revoked_at, revoked_reason, .. } = self;
        Ok(TrustedKey { key, identity, roles, not_before, not_after, revoked_at, revoked_reason })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;
    use crate::sign::ReleaseKey;

    /// A trust file with one key, and what is wrong with it, if anything.
    fn trust(key: &ReleaseKey, more: &str) -> Result<Trust, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("key.pem"), key.public().to_pem()).unwrap();
        let id = key.public().fingerprint();
        let text =
            format!("version = 1\n[[key]]\nid = \"{id}\"\npem = \"key.pem\"\nidentity = \"a@b\"\n{more}");
        fs::write(folder.path().join("trust.toml"), text).unwrap();
        Trust::open(&folder.path().join("trust.toml")).map_err(|error| error.to_string())
    }

    fn at(days: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400)
    }

    #[test]
    fn a_key_counts_for_its_roles_and_its_time() {
        let key = ReleaseKey::generate().unwrap();
        let bundle = Bundle::sign(b"{}".to_vec(), &key);
        let times =
            "roles = [\"oms\"]\nnot_before = 1970-01-11T00:00:00Z\nnot_after = 1970-01-21T00:00:00Z\n";
        let trust_it =
            trust(&key, &format!("{times}revoked_at = 1970-01-16T00:00:00Z\nrevoked_reason = \"stolen\"\n"));
        let trust_it = trust_it.unwrap();
        let said = |role, days| trust_it.judge(&bundle, role, at(days)).map(|key| key.identity.clone());
        assert_eq!(said(Role::Oms, 12).unwrap(), "a@b");
        for (role, days, why) in [
            (Role::Claim, 12, "not trusted for role `claim`"),
            (Role::Oms, 9, "not valid before 1970-01-11"),
            (Role::Oms, 15, "revoked on 1970-01-16T00:00:00Z (stolen)"),
            (Role::Oms, 30, "revoked"),
        ] {
            let Err(Distrust::Untrusted(said)) = said(role, days) else { panic!("{why}") };
            assert!(said.contains(why), "{said}");
        }
        let expired = trust(&key, times).unwrap().judge(&bundle, Role::Oms, at(30)).unwrap_err().to_string();
        assert!(expired.contains("expired on 1970-01-21"), "{expired}");
    }

    #[test]
    fn other_keys_and_other_signatures_do_not_count() {
        let (key, other) = (ReleaseKey::generate().unwrap(), ReleaseKey::generate().unwrap());
        let trust = trust(&key, "roles = [\"claim\"]").unwrap();
        let judged = |bundle: &Bundle| trust.judge(bundle, Role::Claim, at(0)).map(|_| ());
        assert_eq!(judged(&Bundle::sign(b"{}".to_vec(), &key)), Ok(()));
        let foreign = judged(&Bundle::sign(b"{}".to_vec(), &other));
        assert!(matches!(foreign, Err(Distrust::Untrusted(_))), "{foreign:?}");
        let text = String::from_utf8(Bundle::sign(b"{}".to_vec(), &key).to_bytes()).unwrap();
        let forged = Bundle::read(text.replace("\"e30=\"", "\"W10=\"").as_bytes()).unwrap();
        assert!(matches!(judged(&forged), Err(Distrust::BadSignature(_))));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let key = ReleaseKey::generate().unwrap();
        for (more, why) in [
            ("", "roles"),
            ("roles = []", "has no roles"),
            ("roles = [\"king\"]", "king"),
            ("roles = [\"oms\"]\nnot_befor = 1970-01-11T00:00:00Z", "not_befor"),
            ("roles = [\"oms\"]\nnot_after = 1970-01-11", "is not a moment"),
            ("roles = [\"oms\"]\n[policy]\nrequire = [\"ledger\"]", "ledger"),
            ("roles = [\"oms\"]\n[policy]\nrequire = []", "no signature at all"),
            (
                "roles = [\"oms\"]\n[[tsa]]\nidentity = \"t\"\npem = \"key.pem\"\nsha256 = \"\"",
                "expected a `CERTIFICATE`",
            ),
            ("roles = [\"oms\"]\n[[tsa]]\nidentity = \"t\"", "pem"),
            ("roles = [\"oms\"]\n[[tsa]]\nidentity = \"t\"\npem = \"key.pem\"", "sha256"),
        ] {
            let said = trust(&key, more).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        let twice = format!("roles = [\"oms\"]\n[[key]]\nid = \"{}\"\n", key.public().fingerprint());
        let said = trust(&key, &format!("{twice}pem = \"key.pem\"\nidentity = \"c@d\"\nroles = [\"oms\"]"));
        assert!(said.unwrap_err().contains("is there twice"));
    }
}
