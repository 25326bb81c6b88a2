//! Text in the front matter of a card.

use std::fmt::Write;

/// A double-quoted scalar of YAML. JSON strings are that but for characters which YAML does not print; those
/// that turn the direction of writing are escaped, too, so that a label reads as it is.
pub(crate) fn quoted(text: &str) -> String {
    let mut scalar = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(scalar, "\\u{:04x}", u32::from(c));
            }
            c => scalar.push(c),
        }
    }
    scalar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_does_not_print_is_escaped() {
        assert_eq!(quoted("cat"), "\"cat\"");
        assert_eq!(quoted("a \"b\"\n\\"), r#""a \"b\"\n\\""#);
        assert_eq!(
            quoted("x\u{7f}\u{85}\u{2028}\u{202e}\u{ffff}é😀"),
            r#""x\u007f\u0085\u2028\u202e\uffffé😀""#
        );
    }
}
