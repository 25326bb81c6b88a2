//! The id of an object.

use std::{fmt, str::FromStr};

/// The id of an object: 40 or 64 hexadecimal digits, and so never an option.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ObjectId(String);

impl ObjectId {
    /// The id that these bytes are, 20 or 32 of them.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// As how many bytes it is written where bytes are.
    pub(super) fn size(&self) -> usize {
        self.0.len() / 2
    }

    /// Whether it stands for no object at all, as that of a ref that is deleted.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.bytes().all(|digit| digit == b'0')
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl FromStr for ObjectId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if [40, 64].contains(&text.len()) && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is not an object id"))
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_ids_are_ids() {
        let id = |text: &str| text.parse::<ObjectId>();
        assert!(id(&"0".repeat(40)).unwrap().is_none() && id(&"0".repeat(64)).unwrap().is_none());
        assert!(!id(&"a1".repeat(20)).unwrap().is_none());
        for bad in ["", "-a", &"0".repeat(39), &"A".repeat(40), &format!("{}\n", "0".repeat(39))] {
            assert!(id(bad).is_err(), "{bad:?}");
        }
    }
}
