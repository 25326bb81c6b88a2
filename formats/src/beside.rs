//! What may lie beside a model that somebody answers for: told by names, and by how files begin.
//!
//! Endings of weights are known, but never all of them; so what nobody signed has to be of a kind that is known
//! to hold neither weights nor code, and what lies anywhere else is looked into as well.

mod content;
mod names;

pub use content::begins_like_model;
pub use names::{is_weight_ending, is_weight_name};

/// How many bytes of a file's beginning tell what it holds.
pub const BEGINNING: usize = 512;

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
    let begins_well = is_text(beginning) || (PICTURES.contains(&ending) && content::is_media(beginning));
    is_known && !is_read && size <= MAX_UNSIGNED && begins_well && !begins_like_model(beginning, size)
}

/// Whether a file that lies outside of every release may hold weights all the same: it is called so, it begins
/// so, or it is large and nobody knows what it is.
///
/// `beginning` are the first [`BEGINNING`] bytes of the file, or all if it has fewer.
pub fn may_hold_weights(name: &str, size: u64, beginning: &[u8]) -> bool {
    if beginning.starts_with(LFS) {
        // What it stands for cannot be seen: it has to be called something that is no weights.
        let ending =
            name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_ascii_lowercase());
        return is_weight_name(name) || !KNOWN_LARGE.contains(&ending.as_str());
    }
    let is_unknown = size >= MIN_UNKNOWN && !is_text(beginning) && !content::is_media(beginning);
    is_weight_name(name) || begins_like_model(beginning, size) || is_unknown
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

/// UTF-8 without control characters that no text has; a character may be cut off at the end.
fn is_text(beginning: &[u8]) -> bool {
    let is_cut = |error: std::str::Utf8Error| error.error_len().is_none() && beginning.len() >= BEGINNING;
    let whole = std::str::from_utf8(beginning).map_or_else(is_cut, |_| true);
    whole && !beginning.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
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

/// How pointers of git-lfs begin.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Endings of what is large and holds no weights.
const KNOWN_LARGE: [&str; 36] = [
    "arrow", "avi", "csv", "docx", "flac", "gif", "ico", "ipynb", "jpeg", "jpg", "json", "jsonl", "log",
    "m4a", "md", "mkv", "mov", "mp3", "mp4", "ogg", "otf", "parquet", "pdf", "png", "pptx", "psd", "svg",
    "tif", "tiff", "tsv", "ttf", "txt", "wav", "webm", "webp", "xlsx",
];

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

    #[test]
    fn what_nobody_knows_may_hold_weights_if_it_is_large() {
        let noise = b"\x01\x02\xff\xfe";
        assert!(may_hold_weights("x.unknown", MIN_UNKNOWN, noise));
        assert!(!may_hold_weights("x.unknown", MIN_UNKNOWN - 1, noise));
        assert!(!may_hold_weights("notes", 1 << 30, b"text"));
        assert!(!may_hold_weights("paper.pdf", 1 << 30, b"%PDF-1.7\n\xff\xff\0"));
    }
}
