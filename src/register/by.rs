//! Who an event is by: a role, and where the one who has it wants to answer for the event, a signature of their own
//! beside that of the register's keeper.

use std::{fmt, str::FromStr};

use base64ct::{Base64, Encoding};
use declass_formats::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::{SigningKey, event::Facts};
use crate::note::{Origin, VerifierKey};

const MOST_CHARACTERS: usize = 60;

/// The role of whoever did something, such as `data-protection-officer`: never a name.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Role(String);

/// Who an event is by.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct By {
    /// Their role.
    pub role: Role,
    /// Their key, under the name of the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<VerifierKey>,
    /// Ed25519 over [`text`], in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// An entry that another one is about.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Entered {
    /// Its number.
    pub index: u64,
    /// Its leaf in the tree of RFC 6962, in hexadecimal: a digest of its line.
    pub leaf: String,
}

impl Role {
    /// The role as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that keys of the role have in signed notes.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.0.parse().ok()
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-./".contains(c);
        if text.is_empty() || text.len() > MOST_CHARACTERS || !text.chars().all(fits) {
            return Err(format!(
                "`{}` is not a role: 1 to {MOST_CHARACTERS} small letters, digits, `-`, `.` and `/`, such as \
                 data-protection-officer",
                text.escape_debug()
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl By {
    /// By somebody with this role, who did not sign.
    #[must_use]
    pub fn role(role: Role) -> Self {
        Self { role, key: None, signature: None }
    }

    /// The key that signed, if one did.
    #[must_use]
    pub fn key(&self) -> Option<&VerifierKey> {
        self.key.as_ref()
    }

    /// The signature in base64, if there is one.
    #[must_use]
    pub fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }
}

/// What somebody signs who answers for an event of the register of this name: three lines, of which the last is the
/// event in canonical JSON, without its number, its time and this signature.
///
/// # Errors
/// If the event cannot be written.
pub fn text(origin: &Origin, facts: &Facts) -> Result<String, String> {
    let mut unsigned = facts.clone();
    if let Some(by) = &mut unsigned.by {
        by.signature = None;
    }
    let json = serde_json_canonicalizer::to_string(&unsigned).map_err(|error| error.to_string())?;
    Ok(format!("declass register event\n{origin}\n{json}\n"))
}

/// The event, signed by somebody who has the role that it names.
pub(super) fn sign(mut facts: Facts, origin: &Origin, key: &SigningKey) -> Result<Facts, String> {
    let by = facts.by.as_mut().ok_or("an event that is signed needs a role")?;
    by.key = Some(key.verifier(&by.role.as_str().parse()?));
    let text = text(origin, &facts)?;
    if let Some(by) = &mut facts.by {
        by.signature = Some(Base64::encode_string(&key.signature(text.as_bytes())));
    }
    Ok(facts)
}

/// Fails if an event has a signature of somebody's own that is not over it.
pub(super) fn check(facts: &Facts, origin: &Origin) -> Result<(), String> {
    let Some(by) = &facts.by else { return Ok(()) };
    let (key, signature) = match (&by.key, &by.signature) {
        (None, None) => return Ok(()),
        (Some(key), Some(signature)) => (key, signature),
        _ => return Err("it names a key without a signature, or a signature without a key".into()),
    };
    if key.origin().as_str() != by.role.as_str() {
        return Err(format!("its key {} is not named as its role `{}`", key.short(), by.role));
    }
    let bytes = Base64::decode_vec(signature).map_err(|_| "its own signature is not base64")?;
    if key.verifies(text(origin, facts)?.as_bytes(), &bytes) {
        Ok(())
    } else {
        Err(format!("its own signature is not of the key {} over this event", key.short()))
    }
}

impl Entered {
    /// An entry by its number and leaf.
    #[must_use]
    pub fn new(index: u64, leaf: Sha256Digest) -> Self {
        Self { index, leaf: leaf.to_string() }
    }

    /// Fails if it is not one of these leaves.
    pub(super) fn check(&self, leaves: &[Sha256Digest]) -> Result<(), String> {
        let there = usize::try_from(self.index).ok().and_then(|index| leaves.get(index));
        match there {
            Some(leaf) if leaf.to_string() == self.leaf => Ok(()),
            Some(_) => Err(format!("entry {} is not the one that it signs", self.index)),
            None => Err(format!("it is about entry {}, which is not there", self.index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::Kind;

    #[test]
    fn a_signature_is_of_its_event_register_and_role() {
        let (key, origin): (_, Origin) = (SigningKey::generate().unwrap(), "a".parse().unwrap());
        let request = Some(Sha256Digest::of(b"request"));
        let by = Some(Box::new(By::role("data-protection-officer".parse().unwrap())));
        let facts = Facts { request, by, ..Facts::new(Kind::Approved) };
        assert_eq!(check(&facts, &origin), Ok(()), "nobody has to sign");
        let signed = sign(facts, &origin, &key).unwrap();
        assert_eq!(check(&signed, &origin), Ok(()));
        assert!(check(&signed, &"b".parse().unwrap()).is_err());
        let other = Facts { request: Some(Sha256Digest::of(b"other")), ..signed.clone() };
        assert!(check(&other, &origin).is_err());
        let mut role = signed.clone();
        role.by.as_mut().unwrap().role = "operations".parse().unwrap();
        assert!(check(&role, &origin).is_err());
        let mut bare = signed;
        bare.by.as_mut().unwrap().signature = None;
        assert!(check(&bare, &origin).is_err());
        for role in ["", "Jane Doe", "jane@example.org", "ä", &"a".repeat(61)] {
            assert!(role.parse::<Role>().is_err(), "{role}");
        }
    }
}
