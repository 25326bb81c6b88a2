//! Who an event is by: a role, and where the one who has it wants to answer for the event, a signature of their own
//! beside that of the register's keeper.

use std::{fmt, str::FromStr};

use declass_formats::Sha256Digest;
use serde::{Deserialize, Serialize};

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
    pub(super) key: Option<VerifierKey>,
    /// Ed25519 over what the room's `own_text` gives, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
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
