//! C2SP signed notes: a text, and below it a line per signature.

use std::fmt;

use base64ct::{Base64, Encoding};

use super::key::{Named, VerifierKey};

/// What stands before a signature.
const MARK: &str = "— ";
/// More is not read of any note.
pub(crate) const LIMIT: u64 = 1 << 16;

/// A text and signatures of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// A line below a note.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Signature {
    name: String,
    id: [u8; 4],
    /// What the kind of the key makes of it.
    pub(super) bytes: Vec<u8>,
}

impl Note {
    /// A text that ends with a line feed, and a signature by a key.
    pub(crate) fn new(text: String, key: &VerifierKey, signature: [u8; 64]) -> Self {
        let signature = Signature { name: key.origin().to_string(), id: key.id(), bytes: signature.to_vec() };
        Self { text, signatures: vec![signature] }
    }

    /// Reads a note; the error says what is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
        if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err("it has a control character".into());
        }
        let end = note.rfind("\n\n").ok_or("it has no signatures")? + 1;
        let (text, below) = note.split_at_checked(end).ok_or("it has no signatures")?;
        let lines = below.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.filter(|lines| !lines.is_empty()).ok_or("it does not end with a signature")?;
        let signatures = lines.split('\n').map(Signature::read).collect::<Option<_>>();
        let signatures = signatures.ok_or("it has a line below its text that is not a signature")?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The signed text if this key signed it.
    pub(crate) fn verified(&self, key: &VerifierKey) -> Result<&str, String> {
        let mut by_key = self.by(key).peekable();
        if by_key.peek().is_none() {
            let by: Vec<String> = self.signatures.iter().map(ToString::to_string).collect();
            return Err(format!("it is not signed by {}, but by {}", key.short(), by.join(", ")));
        }
        if by_key.all(|by| key.verifies(self.text.as_bytes(), &by.bytes)) {
            Ok(&self.text)
        } else {
            Err(format!("the signature by {} is not of this text", key.short()))
        }
    }

    /// The lines that say they are of this key.
    pub(super) fn by<const KIND: u8>(&self, key: &Named<KIND>) -> impl Iterator<Item = &Signature> {
        self.signatures.iter().filter(|by| by.name == key.origin().as_str() && by.id == key.id())
    }

    /// The note with the signature lines of others below its own.
    pub(crate) fn with_lines(&self, lines: &str) -> Result<Self, String> {
        Self::read(format!("{self}{lines}").as_bytes())
    }

    /// The text, whoever signed it.
    pub(crate) fn unverified(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|by| {
            let bytes = [&by.id[..], &by.bytes].concat();
            writeln!(f, "{MARK}{} {}", by.name, Base64::encode_string(&bytes))
        })
    }
}

impl Signature {
    fn read(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(MARK)?.split_once(' ')?;
        let decoded = Base64::decode_vec(encoded).ok()?;
        let (id, bytes) = decoded.split_first_chunk::<4>()?;
        let named = !name.is_empty() && !bytes.is_empty();
        named.then(|| Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }
}

/// Who signed, as the line says.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}+{:08x}`", self.name, u32::from_be_bytes(self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::signed::signed;

    #[test]
    fn a_note_is_of_its_key_and_text_and_written_as_it_was_read() {
        let (key, note) = signed(1, "example.org/register", "text\n\nmore\n");
        let (other, _) = signed(2, "example.org/register", "text\n");
        let written = note.to_string();
        assert_eq!(Note::read(written.as_bytes()).unwrap(), note);
        assert_eq!(note.verified(&key), Ok("text\n\nmore\n"));
        let said = note.verified(&other).unwrap_err();
        assert!(said.contains("is not signed by"), "{said}");
        let changed = Note::read(written.replace("more", "less").as_bytes()).unwrap();
        let said = changed.verified(&key).unwrap_err();
        assert!(said.contains("is not of this text"), "{said}");
        // A signature of somebody else is nobody's business; one more of the same key must be good, too.
        let cosigned = written.clone() + "— witness AAAAAAAA\n";
        assert!(Note::read(cosigned.as_bytes()).unwrap().verified(&key).is_ok());
        let twice = written + changed.to_string().lines().last().unwrap() + "\n";
        let twice = twice.replace("more", "less");
        assert!(Note::read(twice.as_bytes()).unwrap().verified(&key).is_err());
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for text in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n\n",
            "text\n\n— name\n",
            "text\n\n— name AAAA\n",
            "text\n\n— name AAAAAAAA",
            "text\n\n- name AAAAAAAA\n",
            "text\n\n— name AAAAAAA*\n",
            "te\txt\n\n— name AAAAAAAA\n",
        ] {
            assert!(Note::read(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(Note::read(b"\xff\n\n").is_err());
    }
}
