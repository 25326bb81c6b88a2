//! From a text, or a pair of them, to the numbers of its tokens.

use declass_formats::Sha256Digest;
use serde_json::{Map, Value};
use tokenizers::{Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

use super::{agreement, parts, settings::Settings};
use crate::inputs::{
    fault::{Fault, shown},
    value::{Input, Inputs},
};

/// Most bytes of one text.
pub(in crate::inputs) const MAX_TEXT: usize = 1 << 20;
/// Lengths from here on mean that there is no limit.
const NO_LIMIT: f64 = 1e9;
/// Most tokens of a text for a model that names no limit.
const MAX_TOKENS: usize = 1 << 16;

/// What becomes of a text.
#[derive(Clone)]
pub(super) struct TextPlan {
    tokenizer: Tokenizer,
    sha256: Sha256Digest,
    longest: usize,
    /// What shorter texts are filled up with, if that is known.
    padding: Option<i64>,
    left: bool,
    cut_left: bool,
}

impl TextPlan {
    /// The tokenizer of `tokenizer.json`, with what `tokenizer_config.json` and `config.json` add to it, and
    /// what was assumed.
    pub(super) fn new(
        tokenizer: &[u8],
        settings: Option<&Map<String, Value>>,
        config: Option<&Map<String, Value>>,
    ) -> Result<(Self, Vec<String>), Fault> {
        let unreadable = |error: tokenizers::Error| {
            Fault::new(format!("it is no tokenizer that can be read ({})", shown(&error.to_string())))
        };
        parts::require_readable(tokenizer)?;
        let mut inner = Tokenizer::from_bytes(tokenizer).map_err(unreadable)?;
        let empty = Map::new();
        let settings_map = settings.unwrap_or(&empty);
        let stored: Value = declass_formats::parse_json(tokenizer).unwrap_or_default();
        agreement::require(&inner, &stored, settings_map)?;
        let mut settings = Settings::new(settings_map);
        let (longest, said) = longest(&mut settings, config)?;
        let cut_left = side(&mut settings, "truncation_side")?;
        let left = side(&mut settings, "padding_side")?;
        let padding = padding(&inner, settings_map, config);
        let truncation = TruncationParams {
            max_length: longest,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
            direction: if cut_left { TruncationDirection::Left } else { TruncationDirection::Right },
        };
        inner.with_truncation(Some(truncation)).map_err(unreadable)?.with_padding(None);
        let plan =
            Self { tokenizer: inner, sha256: Sha256Digest::of(tokenizer), longest, padding, left, cut_left };
        // A tokenizer whose parts do not fit each other says so at the first text.
        plan.encode("a", None)?;
        Ok((plan, vec![said]))
    }

    pub(super) fn describe(&self) -> String {
        let Self { sha256, longest, padding, left, cut_left, .. } = self;
        format!(
            "text by tokenizer {sha256}, at most {longest} tokens, cut at the left: {cut_left}, padding {padding:?} at the \
             left: {left}"
        )
    }

    /// `input_ids`, `attention_mask` and `token_type_ids`, each `[1, tokens]`.
    pub(super) fn encode(&self, first: &str, second: Option<&str>) -> Result<Inputs, Fault> {
        let bytes = first.len() + second.map_or(0, str::len);
        if bytes > MAX_TEXT {
            return Err(Fault::new(format!("it has {bytes} bytes, at most {MAX_TEXT} are read")));
        }
        // transformers takes a second text without anything in it for none.
        let encoding = match second.filter(|second| !second.is_empty()) {
            Some(second) => self.tokenizer.encode((first, second), true),
            None => self.tokenizer.encode(first, true),
        };
        let encoding = encoding.map_err(|error| {
            Fault::new(format!("the tokenizer has no answer ({})", shown(&error.to_string())))
        })?;
        if encoding.is_empty() {
            return Err(Fault::new("no token is left of it"));
        }
        let row = |values: &[u32]| {
            Input::whole(vec![1, values.len()], values.iter().copied().map(i64::from).collect())
        };
        Ok(Inputs::from([
            ("attention_mask".into(), row(encoding.get_attention_mask())),
            ("input_ids".into(), row(encoding.get_ids())),
            ("token_type_ids".into(), row(encoding.get_type_ids())),
        ]))
    }

    /// The same with as many tokens as the longest of some, or nothing if it is not known what to fill with.
    pub(super) fn pad(&self, inputs: &Inputs, width: usize) -> Option<Inputs> {
        let padding = self.padding?;
        let pad = |(name, input): (&String, &Input)| {
            let with = if name == "input_ids" { padding } else { 0 };
            (name.clone(), input.padded(width, with, self.left))
        };
        Some(inputs.iter().map(pad).collect())
    }
}

/// The most tokens that the model takes, and where that is from.
fn longest(
    settings: &mut Settings<'_>,
    config: Option<&Map<String, Value>>,
) -> Result<(usize, String), Fault> {
    let stated = settings.number("model_max_length", f64::INFINITY).ok().filter(|length| *length < NO_LIMIT);
    let positions = config.and_then(positions);
    let stated = stated.map(|length| length as usize).filter(|length| *length > 0);
    let cut = |length: usize, why: &str| {
        let said = format!("Texts of more than {length} tokens are cut there, as {why} says.");
        (length, said)
    };
    Ok(match (stated, positions) {
        (Some(stated), Some(positions)) if positions < stated => cut(positions, "config.json"),
        (Some(stated), _) => cut(stated, "tokenizer_config.json"),
        (None, Some(positions)) => cut(positions, "config.json"),
        (None, None) => {
            (MAX_TOKENS, format!("The model names no most tokens; texts are cut at {MAX_TOKENS}."))
        }
    })
}

/// How many tokens a model has positions for. Models of RoBERTa's kind count from behind the padding token.
fn positions(config: &Map<String, Value>) -> Option<usize> {
    const BEHIND_PADDING: [&str; 8] = [
        "camembert",
        "data2vec-text",
        "longformer",
        "mpnet",
        "roberta",
        "roberta-prelayernorm",
        "xlm-roberta",
        "xlm-roberta-xl",
    ];
    let number = |key: &str| usize::try_from(config.get(key)?.as_u64()?).ok();
    let kind = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
    let positions = number("max_position_embeddings")?;
    let behind = if BEHIND_PADDING.contains(&kind) { number("pad_token_id").unwrap_or(1) + 1 } else { 0 };
    positions.checked_sub(behind).filter(|positions| (1..=MAX_TOKENS).contains(positions))
}

/// Whether a side is the left one.
fn side<'a>(settings: &mut Settings<'a>, key: &'a str) -> Result<bool, Fault> {
    match settings.text(key)? {
        None | Some("right") => Ok(false),
        Some("left") => Ok(true),
        Some(other) => Err(Fault::new(format!("`{key}` is `{}`", shown(other)))),
    }
}

fn padding(
    tokenizer: &Tokenizer,
    settings: &Map<String, Value>,
    config: Option<&Map<String, Value>>,
) -> Option<i64> {
    let token = settings.get("pad_token").and_then(agreement::content);
    let named = token.and_then(|token| tokenizer.token_to_id(token));
    let stored = || tokenizer.get_padding().map(|padding| padding.pad_id);
    let id = named.or_else(stored).map(i64::from);
    id.or_else(|| config?.get("pad_token_id")?.as_i64())
}
