//! SHA-256 digests, written in lower-case hexadecimal.

use std::{
    fmt,
    io::{self, Read},
};

use sha2::{Digest, Sha256};

/// The SHA-256 digest of some bytes. `Display` gives 64 hexadecimal digits.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sha256Digest(pub [u8; 32]);

impl Sha256Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits, upper or lower case; none of anything else.
    pub fn from_hexadecimal(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        if rest.is_empty() { bytes.try_into().ok().map(Self) } else { None }
    }

    /// The digest of all that a reader gives.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; BUFFER];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(Self(hasher.finalize().into())),
                Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_readers_have_the_same_digest_in_hexadecimal() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sha256Digest::of(b"abc").to_string(), text);
        assert_eq!(Sha256Digest::from_hexadecimal(text), Some(Sha256Digest::of(b"abc")));
        assert_eq!(Sha256Digest::from_hexadecimal(&text.to_uppercase()), Some(Sha256Digest::of(b"abc")));
        for bad in ["", "0", &text[1..], &format!("{text}0"), &text.replace('b', "ß")] {
            assert_eq!(Sha256Digest::from_hexadecimal(bad), None);
        }
        let long = vec![7; 3 * BUFFER / 2];
        assert_eq!(Sha256Digest::of_reader(&long[..]).unwrap(), Sha256Digest::of(&long));
    }
}
