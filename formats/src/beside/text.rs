//! Text, and the models that are kept as text.

use super::{BEGINNING, pickle::is_pickle};

/// UTF-8 without control characters that no text has; a character may be cut off at the end.
pub(super) fn is_text(beginning: &[u8]) -> bool {
    let is_cut = |error: std::str::Utf8Error| error.error_len().is_none() && beginning.len() >= BEGINNING;
    std::str::from_utf8(beginning).map_or_else(is_cut, |_| true) && !has_control(beginning)
}

/// Text of another encoding: UTF-16 that says so, or letters of one byte.
pub(super) fn is_other_text(beginning: &[u8]) -> bool {
    let units = |number: fn([u8; 2]) -> u16| {
        let (pairs, _) = beginning.get(2..).unwrap_or_default().as_chunks::<2>();
        let letters = pairs.iter().map(|pair| number(*pair));
        let is_plain = letters.clone().all(|letter| letter > 31 || matches!(letter, 9..=13));
        // Words end.
        is_plain && letters.clone().any(|letter| matches!(letter, 10 | 13 | 32))
    };
    match beginning {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        // Among so many numbers there are some that no letter has.
        _ => beginning.len() >= ENOUGH && !has_control(beginning),
    }
}

/// Which model is kept as such text, if one is.
pub(super) fn model(beginning: &[u8], size: u64) -> Option<&'static str> {
    if is_pickle(beginning, size) {
        return Some("a pickle");
    }
    let text = String::from_utf8_lossy(beginning);
    let is_json = text.starts_with('{');
    if text.contains("<net ") && (text.contains("<layers>") || text.contains("<?xml")) {
        Some("an OpenVINO model")
    } else if text.trim_start().starts_with('<') && text.contains("<PMML") {
        Some("a PMML model")
    } else if is_json && text.contains("\"learner\"") && text.contains("\"gradient_booster\"") {
        Some("an XGBoost model")
    } else if is_json && text.contains("\"oblivious_trees\"") {
        Some("a CatBoost model")
    } else {
        None
    }
}

fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
}

/// So many bytes are enough to tell text from numbers.
const ENOUGH: usize = 128;
