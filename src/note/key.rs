//! Names and public keys, in the one-line form that Go's `note` package reads: `name+id+base64`.

use std::{fmt, str::FromStr};

use base64ct::{Base64, Encoding};
use declass_formats::Sha256Digest;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

/// What Ed25519 is called in a signed note.
pub(super) const ED25519: u8 = 1;
/// What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410).
const BEFORE_KEY: [u8; 12] = [0x30, 0x2a, 0x30, 5, 0x06, 3, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];
const MOST_CHARACTERS: usize = 200;

/// The name of a register, the same for ever: by custom a host and a path of its owner's, such as
/// `example.org/removals`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin(String);

impl Origin {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.chars().any(bad) || name.chars().count() > MOST_CHARACTERS {
            return Err(format!(
                "`{name}` cannot be a name: 1 to {MOST_CHARACTERS} characters without spaces and `+`, such as \
                 example.org/removals"
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

/// An Ed25519 key under a name, for signatures of one kind: the number that C2SP gives it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Named<const KIND: u8> {
    origin: Origin,
    key: VerifyingKey,
}

/// A public key that signs notes, under the name of a register or a role.
pub type VerifierKey = Named<ED25519>;

impl<const KIND: u8> Named<KIND> {
    pub(crate) fn new(origin: Origin, key: VerifyingKey) -> Self {
        Self { origin, key }
    }

    /// The name.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The first bytes of the SHA-256 of name, kind and key, by which a signature says whose it is.
    pub(super) fn id(&self) -> [u8; 4] {
        let named = [self.origin.0.as_bytes(), b"\n", &[KIND], self.key.as_bytes()].concat();
        let [a, b, c, d, ..] = Sha256Digest::of(&named).0;
        [a, b, c, d]
    }

    /// The key in short: `name+id`.
    #[must_use]
    pub fn short(&self) -> String {
        format!("`{}+{:08x}`", self.origin, u32::from_be_bytes(self.id()))
    }

    /// The key as other tools read it: PEM of a `SubjectPublicKeyInfo` (RFC 8410).
    #[must_use]
    pub fn to_pem(&self) -> String {
        let der = [&BEFORE_KEY[..], self.key.as_bytes()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", Base64::encode_string(&der))
    }

    /// Whether a signature is of this key over these bytes.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = ed25519_dalek::Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl<const KIND: u8> fmt::Display for Named<KIND> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[KIND], &self.key.as_bytes()[..]].concat();
        write!(f, "{}+{:08x}+{}", self.origin, u32::from_be_bytes(self.id()), Base64::encode_string(&typed))
    }
}

impl<const KIND: u8> FromStr for Named<KIND> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("a public key has the form name+id+base64".into());
        };
        let typed = Base64::decode_vec(encoded).map_err(|_| "its key is not base64")?;
        let Some((kind, key)) = typed.split_first() else {
            return Err("it is not an Ed25519 key".into());
        };
        if *kind != KIND {
            return Err(format!("it is a key of kind {kind}, expected {KIND}"));
        }
        let key = <[u8; 32]>::try_from(key).ok().and_then(|key| VerifyingKey::from_bytes(&key).ok());
        let key = key.filter(|key| !key.is_weak()).ok_or("it is not an Ed25519 key")?;
        let key = Self { origin: name.parse()?, key };
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(format!("its id is not {}, as that of this name and key is", key.short()))
        }
    }
}

impl<const KIND: u8> TryFrom<String> for Named<KIND> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl<const KIND: u8> From<Named<KIND>> for String {
    fn from(key: Named<KIND>) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "declass.dev/ledger/acme+8b630b7c+AW4qaqB3IqZNyDH1MpUhsA49SUeUqQf2+om7XD3kspHX";

    #[test]
    fn a_key_of_another_tool_is_read_and_written() {
        let key: VerifierKey = KEY.parse().unwrap();
        assert_eq!(key.to_string(), KEY);
        assert_eq!(key.short(), "`declass.dev/ledger/acme+8b630b7c`");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let weak = format!("a+00000000+{}", Base64::encode_string(&[&[1], &[0; 32][..]].concat()));
        for text in [
            "",
            "a+b",
            "a+00000000+!",
            "a+00000000+AQ==",
            &weak,
            &KEY.replace("8b630b7c", "8b630b7d"),
            &KEY.replace("8b630b7c", "8B630B7C"),
            &KEY.replace("acme", "acne"),
            &KEY.replace("acme", "ac me"),
            &KEY.replace("+AW", "+Ag"),
            &format!("{KEY}\n"),
        ] {
            assert!(text.parse::<VerifierKey>().is_err(), "{text}");
        }
        for name in ["", "a b", "a+b", "a\n", &"a".repeat(201)] {
            assert!(name.parse::<Origin>().is_err(), "{name}");
        }
    }
}
