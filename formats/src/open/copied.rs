//! Which files beside the weights a copy takes along.
//!
//! What is not known to hold text or a picture may hold weights in a format that nobody here has heard of,
//! and those may still know what was removed. So it is left behind, and named.

use crate::{RelPath, beside::is_weight_name};

/// Whether a file of so many bytes that is none of a model's own weights belongs to its copy: text and
/// pictures that describe it, and nothing that may hold weights.
pub fn is_companion(file: &RelPath, size: u64) -> bool {
    let path = file.as_str().to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let is_readable = extension(name).is_some_and(|end| READABLE.contains(&end));
    let is_known = is_readable || is_notice(name) || NAMES.contains(&name);
    let is_hidden = path.split('/').any(|part| part.starts_with('.'));
    is_known && size <= MAX_SIZE && !is_hidden && !speaks_of_weights(&path)
}

/// `LICENSE`, `LICENSE-APACHE-2.0`, `NOTICE` and the like, whose endings, if any, are numbers.
fn is_notice(name: &str) -> bool {
    let ending_tells = extension(name).is_some_and(|end| !end.bytes().all(|byte| byte.is_ascii_digit()));
    !ending_tells && NOTICES.iter().any(|notice| name.starts_with(notice))
}

/// What describes other weights, such as `pytorch_model.bin.index.json` or `x.mlpackage/Manifest.json`, is of
/// no use without them, and an adapter is no part of the model it adapts.
fn speaks_of_weights(path: &str) -> bool {
    path.split('/').any(|part| {
        let is_bundle = part.split('.').skip(1).any(|ending| BUNDLES.contains(&ending));
        let mut beginnings = part.match_indices('.').map(|(at, _)| &part[..at]).chain([part]);
        is_bundle || beginnings.any(is_weight_name) || part.starts_with("adapter_")
    })
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, end)| end)
}

/// Text of more bytes may hold weights too. The largest tokenizers have half as many.
const MAX_SIZE: u64 = 64 << 20;

/// Text without an ending that tells, and what tokenizers keep their vocabulary in.
const NAMES: [&str; 12] = [
    "authors",
    "bpe.codes",
    "bpe.model",
    "changelog",
    "contributors",
    "readme",
    "sentencepiece.bpe.model",
    "sentencepiece.model",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
    "vocab.bpe",
];

const NOTICES: [&str; 4] = ["copying", "licence", "license", "notice"];

/// Endings of text and pictures; the one of binary tables, `spm`, is that of SentencePiece vocabularies.
const READABLE: [&str; 25] = [
    "bib", "cff", "cfg", "csv", "gif", "ini", "jinja", "jinja2", "jpeg", "jpg", "json", "jsonl", "md", "png",
    "py", "rst", "spm", "svg", "tiktoken", "toml", "tsv", "txt", "webp", "yaml", "yml",
];

/// Endings of folders with weights, whose descriptions lie in them.
const BUNDLES: [&str; 2] = ["mlmodelc", "mlpackage"];

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(path: &str) -> bool {
        is_companion(&RelPath::try_from(path).unwrap(), 1000)
    }

    #[test]
    fn what_hub_folders_hold_beside_weights_is_companion() {
        for path in [
            "tokenizer.json",
            "vocab.txt",
            "merges.txt",
            "tokenizer.model",
            "spiece.model",
            "vocab.bpe",
            "LICENSE",
            "LICENSE-APACHE-2.0",
            "LICENSE.txt",
            "NOTICE",
            "README.md",
            "modeling_x.py",
            "chat_template.jinja",
            "assets/Cat.PNG",
            "1_Pooling/config.json",
            "preprocessor_config.json",
            "model.v2/labels.txt",
            "labels.1.txt",
        ] {
            assert!(copied(path), "{path}");
        }
    }

    #[test]
    fn what_may_hold_weights_is_not() {
        for end in [
            "7z",
            "bin",
            "ckpt",
            "engine",
            "gguf",
            "gz",
            "h5",
            "hdf5",
            "joblib",
            "model",
            "mlmodel",
            "msgpack",
            "npy",
            "npz",
            "onnx",
            "params",
            "pdparams",
            "pickle",
            "pkl",
            "pt",
            "ptl",
            "pth",
            "safetensors",
            "tflite",
            "torchscript",
            "xz",
            "zip",
            "zst",
        ] {
            assert!(!copied(&format!("weights.{end}")), "{end}");
            assert!(!copied(&format!("sub/README.{end}")), "{end}");
        }
        for path in [
            "weights",
            "license.pt",
            ".hidden.json",
            ".cache/a.json",
            "adapter_config.json",
            "pytorch_model.bin.index.json",
            "saved_model.pb.json",
            "features.npy.txt",
            "variables.data-00000-of-00001.json",
            "x.mlpackage/Manifest.json",
        ] {
            assert!(!copied(path), "{path}");
        }
        assert!(!is_companion(&RelPath::try_from("head.json").unwrap(), MAX_SIZE + 1));
    }
}
