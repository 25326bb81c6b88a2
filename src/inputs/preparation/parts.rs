//! What a `tokenizer.json` may be made of.

use serde::Deserialize;
use serde_json::Value;
use tokenizers::normalizers::Precompiled;

use crate::inputs::fault::{Fault, shown};

/// The part of a `tokenizer.json` that is looked at before the library reads it; said twice it is an error.
#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    normalizer: Value,
}

/// Fails where the library would stop the program in place of saying what is wrong.
pub(super) fn require_readable(tokenizer: &[u8]) -> Result<(), Fault> {
    let stored: Result<Stored, _> = serde_json::from_slice(tokenizer);
    let unreadable = |error: serde_json::Error| {
        Fault::new(format!("it is no tokenizer that can be read ({})", shown(&error.to_string())))
    };
    require(&stored.map_err(unreadable)?.normalizer)
}

/// Tables of characters that are none stop it.
fn require(normalizer: &Value) -> Result<(), Fault> {
    if normalizer["type"] == "Precompiled"
        && serde_json::from_str::<Precompiled>(&normalizer.to_string()).is_err()
    {
        return Err(Fault::new("it is no tokenizer that can be read (its `precompiled_charsmap` is none)"));
    }
    normalizer["normalizers"].as_array().into_iter().flatten().try_for_each(require)
}

/// Kinds of parts, and those of each kind that are read, by their `type`.
static PARTS: [(&str, &[&str]); 4] = [
    ("models", &["BPE", "Unigram", "WordLevel", "WordPiece"]),
    (
        "normalizers",
        &[
            "BertNormalizer",
            "ByteLevel",
            "Lowercase",
            "NFC",
            "NFD",
            "NFKC",
            "NFKD",
            "Nmt",
            "Precompiled",
            "Prepend",
            "Replace",
            "Sequence",
            "Strip",
            "StripAccents",
        ],
    ),
    (
        "pre-tokenizers",
        &[
            "BertPreTokenizer",
            "ByteLevel",
            "Digits",
            "FixedLength",
            "Metaspace",
            "Punctuation",
            "Sequence",
            "Split",
            "UnicodeScripts",
            "Whitespace",
            "WhitespaceSplit",
        ],
    ),
    (
        "post-processors",
        &["BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing"],
    ),
];

/// Kinds of parts that a `tokenizer.json` may have, and those of each kind that are read, by their `type`.
#[must_use]
pub fn tokenizer_parts() -> &'static [(&'static str, &'static [&'static str])] {
    &PARTS
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokenizers::Tokenizer;

    use super::PARTS;

    /// A small part of every type.
    fn sample(kind: &str, name: &str) -> Value {
        let space = json!({"String": " "});
        let mut part = match (kind, name) {
            (_, "BPE") => json!({"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}),
            (_, "Unigram") => json!({"vocab": [["a", 0.0], ["b", -1.0]], "unk_id": 0}),
            (_, "WordLevel") => json!({"vocab": {"a": 0}, "unk_token": "a"}),
            (_, "WordPiece") => {
                json!({"vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100})
            }
            (_, "BertNormalizer") => {
                json!({"clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true})
            }
            // No table, and no characters behind it.
            (_, "Precompiled") => json!({"precompiled_charsmap": "AAAAAA=="}),
            (_, "Prepend") => json!({"prepend": "_"}),
            (_, "Replace") => json!({"pattern": space, "content": "_"}),
            ("normalizers", "Sequence") => json!({"normalizers": []}),
            ("pre-tokenizers", "Sequence") => json!({"pretokenizers": []}),
            ("post-processors", "Sequence") => json!({"processors": []}),
            (_, "Strip") => json!({"strip_left": true, "strip_right": true}),
            ("pre-tokenizers" | "post-processors", "ByteLevel") => {
                json!({"add_prefix_space": false, "trim_offsets": true, "use_regex": true})
            }
            (_, "Digits") => json!({"individual_digits": true}),
            (_, "FixedLength") => json!({"length": 2}),
            (_, "Metaspace") => json!({"replacement": "_", "prepend_scheme": "always", "split": true}),
            (_, "Punctuation") => json!({"behavior": "Isolated"}),
            (_, "Split") => json!({"pattern": space, "behavior": "Isolated", "invert": false}),
            (_, "BertProcessing") => json!({"sep": ["a", 0], "cls": ["a", 0]}),
            (_, "RobertaProcessing") => {
                json!({"sep": ["a", 0], "cls": ["a", 0], "trim_offsets": true, "add_prefix_space": false})
            }
            (_, "TemplateProcessing") => json!({"single": [], "pair": [], "special_tokens": {}}),
            _ => json!({}),
        };
        part["type"] = json!(name);
        part
    }

    #[test]
    fn a_table_of_characters_that_is_none_is_refused_without_a_panic() {
        let part = |map: &str| json!({"type": "Precompiled", "precompiled_charsmap": map});
        assert!(super::require(&part("AAAAAA==")).is_ok());
        assert!(super::require(&part("")).is_err() && super::require(&part("/////w==")).is_err());
        let inside =
            json!({"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": [part("")]}]});
        assert!(super::require(&inside).is_err());
    }

    #[test]
    fn every_part_that_is_listed_is_read_as_what_it_is() {
        for (kind, names) in PARTS {
            assert!(names.is_sorted(), "{kind}");
            let key = match kind {
                "models" => "model",
                "normalizers" => "normalizer",
                "pre-tokenizers" => "pre_tokenizer",
                _ => "post_processor",
            };
            for name in names {
                let mut whole = json!({
                    "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
                    "pre_tokenizer": null, "post_processor": null, "decoder": null, "model": sample("models", "WordLevel"),
                });
                whole[key] = sample(kind, name);
                let read = Tokenizer::from_bytes(whole.to_string().as_bytes());
                let read = read.unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
                let again: Value = serde_json::from_str(&read.to_string(false).unwrap()).unwrap();
                assert_eq!(again[key]["type"], *name, "{kind}");
            }
        }
        let unknown = json!({"version": "1.0", "model": {"type": "Morse", "vocab": {}}});
        assert!(Tokenizer::from_bytes(unknown.to_string().as_bytes()).is_err());
    }
}
