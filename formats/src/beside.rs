//! What may lie beside a model that somebody answers for: told by names, and by how files begin.
//!
//! Endings of weights are known, but never all of them; so what nobody signed has to be of a kind that is known
//! to hold neither weights nor code, and what lies anywhere else is looked into as well.

mod archive;
mod content;
mod glimpse;
mod inflate;
mod names;
mod pickle;
mod protobuf;
mod text;
mod written;

use std::{
    fmt,
    io::{self, Read},
};

use content::Kind;
pub use glimpse::BEGINNING;
use glimpse::Glimpse;
use names::{Called, called};
pub use names::{is_surely_weights, is_weight_ending, is_weight_name};

/// Whether a file that no signature covers may lie in a release: text or a picture that no program loads as
/// a model, its configuration or its code.
///
/// `beginning` are the first [`BEGINNING`] bytes of the file, or all if it has fewer.
pub fn may_go_unsigned(path: &str, size: u64, beginning: &[u8]) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    // What git keeps has names of its own, and nobody loads it.
    if path == ".git" || path.starts_with(".git/") {
        return true;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_known = HARMLESS.contains(&ending) || (ending.is_empty() && !name.is_empty());
    let is_read = CONFIGURATION.iter().any(|end| name.ends_with(end)) || is_weight_name(&name);
    let begins_well =
        text::is_text(beginning) || (PICTURES.contains(&ending) && content::is_media(beginning));
    // Where weights have no reason to lie, few of them are too many.
    let is_model = || {
        let kind = content::kind(&Glimpse::begun(beginning, size));
        matches!(kind, Kind::Archive | Kind::Model(_)) || written::is_weights(beginning)
    };
    is_known && !is_read && size <= MAX_UNSIGNED && begins_well && !is_model()
}

/// What was seen of a file that lies outside of every release.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    size: u64,
    kind: Kind,
}

/// Why a file may hold weights.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Suspicion {
    /// It is an archive, and not all that is in it is known.
    Archive,
    /// Its bytes are those of a model of this kind.
    Model(&'static str),
    /// It is called as weights are.
    Name,
    /// It is compressed, and what it holds cannot be seen.
    Packed,
    /// It is a pointer of git-lfs, called so that it may stand for weights.
    Pointer,
    /// It is large, binary, and nobody knows what it is.
    Unknown,
}

impl Looked {
    /// Reads a file of so many bytes to its end.
    ///
    /// # Errors
    /// What the reader says.
    pub fn at(reader: impl Read, size: u64) -> io::Result<Self> {
        Ok(Self { size, kind: content::kind(&Glimpse::read(reader, size)?) })
    }

    /// Why the file may hold weights, if it has this name. Its bytes tell where they are of a kind that is known,
    /// and its name where they are not; what only weights are called counts whatever it holds.
    #[must_use]
    pub fn suspicion(&self, name: &str) -> Option<Suspicion> {
        let called = called(name);
        let is_large = self.size >= MIN_UNKNOWN;
        match (called, self.kind) {
            (Called::Weights, _) => Some(Suspicion::Name),
            (_, Kind::Model(what)) => Some(Suspicion::Model(what)),
            (Called::Media | Called::Text, Kind::Pointer) => None,
            (_, Kind::Pointer) => Some(Suspicion::Pointer),
            (_, Kind::Harmless) => None,
            (Called::Archive | Called::Model, Kind::Text) => Some(Suspicion::Name),
            (_, Kind::Text) => None,
            (Called::Archive, _) => Some(Suspicion::Archive),
            (Called::Model | Called::Perhaps, _) => Some(Suspicion::Name),
            (Called::Media, _) => None,
            (_, Kind::Archive) => Some(Suspicion::Archive),
            (_, Kind::Packed) => Some(Suspicion::Packed),
            (_, Kind::Unknown) => is_large.then_some(Suspicion::Unknown),
        }
    }
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive => f.write_str("an archive that may hold weights"),
            Self::Model(what) => write!(f, "weights ({what})"),
            Self::Name => f.write_str("weights"),
            Self::Packed => f.write_str("a compressed file that may hold weights"),
            Self::Pointer => f.write_str("a git-lfs pointer that may stand for weights"),
            Self::Unknown => f.write_str("a large file of no known kind, which may be weights,"),
        }
    }
}

/// Whether a file that git-lfs keeps elsewhere may be promised by its pointer alone: weights, and what is too
/// large for git. Configuration is read to hold a claim against it, and has to be there.
pub fn may_be_pointer(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    is_weight_name(&name)
        || POINTED.contains(&name.as_str())
        || POINTED.contains(&ending)
        || PICTURES.contains(&ending)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// More bytes are no text that goes unsigned.
const MAX_UNSIGNED: u64 = 1 << 20;
/// So many bytes of a kind that nobody knows may be weights.
const MIN_UNKNOWN: u64 = 1 << 20;

/// Endings of text and pictures that no program takes for a model or runs.
const HARMLESS: [&str; 26] = [
    "bib",
    "cff",
    "cfg",
    "csv",
    "gif",
    "gitattributes",
    "gitignore",
    "gitkeep",
    "ini",
    "jpeg",
    "jpg",
    "json",
    "keep",
    "lock",
    "log",
    "md",
    "metadata",
    "png",
    "rst",
    "svg",
    "tag",
    "toml",
    "txt",
    "webp",
    "yaml",
    "yml",
];

const PICTURES: [&str; 5] = ["gif", "jpeg", "jpg", "png", "webp"];

/// What a program takes a model's configuration from.
const CONFIGURATION: [&str; 6] =
    ["config.json", ".index.json", "tokenizer.json", "vocab.json", "model.json", "modules.json"];

/// What hubs keep with git-lfs beside weights and pictures.
const POINTED: [&str; 5] = ["model", "spm", "tiktoken", "tokenizer.json", "vocab.json"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_harmless_goes_unsigned() {
        let may = |path: &str, text: &[u8]| may_go_unsigned(path, text.len() as u64, text);
        for path in [
            ".gitattributes",
            ".gitignore",
            ".github/workflows/ci.yml",
            ".github/CODEOWNERS",
            ".pre-commit-config.yaml",
            ".cache/huggingface/download/model.safetensors.metadata",
            ".cache/huggingface/CACHEDIR.TAG",
        ] {
            assert!(may(path, b"text\n"), "{path}");
            assert!(!may(path, b"\x80\x02c"), "{path}");
        }
        assert!(
            may(".git/objects/pack/x.pack", b"PACK\0") && may(".github/a/logo.png", b"\x89PNG\r\n\x1a\n\0")
        );
        for path in [
            ".github/saved_model.pb",
            ".github/model.safetensors.bak",
            ".cache/modeling_x.py",
            ".cache/x.ipynb",
            ".github/config.json",
            ".cache/x/generation_config.json",
            "x/model.ort",
            ".github/run.sh",
            ".cache/x.xml",
            ".cache/huggingface/download/model.safetensors",
            ".cache/a.BIN",
        ] {
            assert!(!may(path, b"text\n"), "{path}");
        }
        assert!(!may_go_unsigned(".cache/x.txt", MAX_UNSIGNED + 1, b"text"));
    }

    fn suspicion(name: &str, size: u64, bytes: &[u8]) -> Option<Suspicion> {
        let kind = content::kind(&Glimpse::begun(bytes, size));
        Looked { size, kind }.suspicion(name)
    }

    #[test]
    fn what_nobody_knows_may_hold_weights_if_it_is_large() {
        let noise = b"\x01\x02\xff\xfe";
        for (name, size, expected) in [
            ("x.unknown", MIN_UNKNOWN, Some(Suspicion::Unknown)),
            ("x.unknown", MIN_UNKNOWN - 1, None),
            ("notes.md", MIN_UNKNOWN, Some(Suspicion::Unknown)),
            ("film.tga", MIN_UNKNOWN, None),
            ("x.plan", 4, Some(Suspicion::Name)),
            ("x.model", 4, Some(Suspicion::Name)),
        ] {
            assert_eq!(suspicion(name, size, noise), expected, "{name}");
        }
        assert_eq!(suspicion("notes", 1 << 30, b"text"), None);
        assert_eq!(suspicion("paper.pdf", 1 << 30, b"%PDF-1.7\n\xff\xff\0"), None);
    }

    #[test]
    fn bytes_tell_where_a_name_means_several_things() {
        let vocabulary = b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n\x0a";
        let pointer = b"version https://git-lfs.github.com/spec/v1\n";
        let packed = b"\xfd7zXZ\0\0\x04";
        for (name, bytes, expected) in [
            ("page.pt", &b"<html></html>"[..], None),
            ("train.plan", b"text", None),
            ("x.model", vocabulary, None),
            ("tokenizer.model", b"IQ== 0\n", None),
            ("x.model", b"text", Some(Suspicion::Name)),
            ("x.onnx", b"text", Some(Suspicion::Name)),
            ("m.zip", b"text", Some(Suspicion::Name)),
            ("x.txt", b"GGUF\x03", Some(Suspicion::Model("GGUF"))),
            ("film.mp4", pointer, None),
            ("labels.csv", pointer, None),
            ("x", pointer, Some(Suspicion::Pointer)),
            ("x.pt", pointer, Some(Suspicion::Pointer)),
            ("x", packed, Some(Suspicion::Packed)),
            ("x.csv.xz", packed, None),
            ("x.xz", packed, Some(Suspicion::Packed)),
            ("x.onnx.xz", packed, Some(Suspicion::Name)),
        ] {
            assert_eq!(suspicion(name, bytes.len() as u64, bytes), expected, "{name} {bytes:?}");
        }
    }
}
