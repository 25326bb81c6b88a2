//! C2SP checkpoints: name, size and root of a register, as the text of a signed note.

use std::fmt;

use base64ct::{Base64, Encoding};
use declass_formats::Sha256Digest;

use crate::note::Origin;

/// What a register was when somebody signed for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Its name.
    pub origin: Origin,
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Sha256Digest,
}

impl Checkpoint {
    /// Reads the text of a note, and the lines below the root, which mean nothing here.
    pub(super) fn read(text: &str) -> Result<(Self, Vec<&str>), String> {
        let mut lines = text.strip_suffix('\n').ok_or("its last line does not end")?.split('\n');
        let origin = lines.next().unwrap_or_default().parse()?;
        let size = lines.next().and_then(|size| Some((size, size.parse::<u64>().ok()?)));
        let size =
            size.filter(|(text, size)| *text == size.to_string()).ok_or("its second line is not a size")?.1;
        let root = lines.next().and_then(|root| Base64::decode_vec(root).ok()?.try_into().ok());
        let root = Sha256Digest(root.ok_or("its third line is not a root")?);
        let rest: Vec<&str> = lines.collect();
        if rest.contains(&"") {
            Err("it has an empty line".into())
        } else {
            Ok((Self { origin, size, root }, rest))
        }
    }
}

/// The text of the note, without further lines.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, base64(self.root))
    }
}

/// A root as checkpoints write it.
pub(super) fn base64(digest: Sha256Digest) -> String {
    Base64::encode_string(&digest.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "declass.dev/ledger/acme\n7\nB+51RZADfyQTNFG0w25MO1wrxKP2goHtx++JpeUdbJU=\n";

    #[test]
    fn a_checkpoint_is_written_as_it_was_read() {
        let (checkpoint, rest) = Checkpoint::read(TEXT).unwrap();
        assert_eq!((checkpoint.to_string().as_str(), rest.len()), (TEXT, 0));
        assert_eq!(Checkpoint::read(&format!("{TEXT}more\n")).unwrap(), (checkpoint, vec!["more"]));
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        for text in [
            "",
            "a\n",
            "a\n7\n",
            &TEXT.replace("\n7\n", "\n07\n"),
            &TEXT.replace("\n7\n", "\n+7\n"),
            &TEXT.replace("\n7\n", "\n18446744073709551616\n"),
            &TEXT.replace("JU=", "JV="),
            &TEXT.replace("B+51", ""),
            &format!("{TEXT}\n"),
            TEXT.trim_end(),
        ] {
            assert!(Checkpoint::read(text).is_err(), "{text:?}");
        }
    }
}
