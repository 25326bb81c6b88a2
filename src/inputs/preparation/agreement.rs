//! Whether `tokenizer_config.json` says the same as `tokenizer.json`. Libraries change the one by the other
//! while they load it; here both must agree, and nothing is changed.

use serde_json::{Map, Value};
use tokenizers::Tokenizer;

use crate::inputs::fault::{Fault, shown};

/// Fails with the first key by which a library would change the tokenizer.
pub(super) fn require(
    tokenizer: &Tokenizer,
    stored: &Value,
    settings: &Map<String, Value>,
) -> Result<(), Fault> {
    let disagree = |key: &str| {
        let reason = format!("`{key}` of tokenizer_config.json says something else than tokenizer.json");
        Err(Fault::new(reason)
            .hint("load the tokenizer with transformers, and `save_pretrained` it once more"))
    };
    let flag = |key: &str| settings.get(key).and_then(Value::as_bool);
    let normaliser = stored.get("normalizer").filter(|part| part["type"] == "BertNormalizer");
    if let Some(part) = normaliser {
        let keys = [("do_lower_case", "lowercase"), ("tokenize_chinese_chars", "handle_chinese_chars")];
        for (key, name) in keys {
            if flag(key).is_some_and(|value| part[name] != value) {
                return disagree(key);
            }
        }
        // Null means as `lowercase` says, in both files.
        let accents = |value: Option<&Value>| value.and_then(Value::as_bool);
        if settings.contains_key("strip_accents")
            && accents(settings.get("strip_accents")) != accents(part.get("strip_accents"))
        {
            return disagree("strip_accents");
        }
    }
    if let Some(prefix) = flag("add_prefix_space") {
        let parts = || parts_of(&stored["pre_tokenizer"]);
        let byte_level = parts().find(|part| part["type"] == "ByteLevel");
        if byte_level.is_some_and(|part| part["add_prefix_space"] != prefix) {
            return disagree("add_prefix_space");
        }
    }
    require_added(tokenizer, settings)?;
    require_ends(tokenizer, settings)
}

/// A part, or those that a sequence of them has.
fn parts_of(part: &Value) -> impl Iterator<Item = &Value> {
    let inner = part.get("pretokenizers").and_then(Value::as_array);
    std::iter::once(part).chain(inner.into_iter().flatten())
}

/// Every token that the configuration adds must be one already.
fn require_added(tokenizer: &Tokenizer, settings: &Map<String, Value>) -> Result<(), Fault> {
    let added = settings.get("added_tokens_decoder").and_then(Value::as_object);
    for (id, token) in added.into_iter().flatten() {
        let content = content(token).unwrap_or_default();
        if tokenizer.token_to_id(content).is_none_or(|known| known.to_string() != *id) {
            let reason = format!(
                "tokenizer_config.json adds the token `{}`, which tokenizer.json lacks",
                shown(content)
            );
            return Err(Fault::new(reason)
                .hint("load the tokenizer with transformers, and `save_pretrained` it once more"));
        }
    }
    Ok(())
}

/// Whether texts begin and end with the tokens that the configuration says they do.
fn require_ends(tokenizer: &Tokenizer, settings: &Map<String, Value>) -> Result<(), Fault> {
    let Ok(encoding) = tokenizer.encode("a", true) else { return Ok(()) };
    let ids = encoding.get_ids();
    for (flag, name, id) in
        [("add_bos_token", "bos_token", ids.first()), ("add_eos_token", "eos_token", ids.last())]
    {
        let Some(wanted) = settings.get(flag).and_then(Value::as_bool) else { continue };
        let token = settings.get(name).and_then(content).and_then(|token| tokenizer.token_to_id(token));
        if let Some(token) = token
            && (id == Some(&token)) != wanted
        {
            let reason = format!("`{flag}` of tokenizer_config.json says something else than tokenizer.json");
            return Err(Fault::new(reason)
                .hint("load the tokenizer with transformers, and `save_pretrained` it once more"));
        }
    }
    Ok(())
}

/// The text of a token, which may be an object with more about it.
pub(super) fn content(token: &Value) -> Option<&str> {
    token.as_str().or_else(|| token.get("content")?.as_str())
}
