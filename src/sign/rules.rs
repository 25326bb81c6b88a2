//! TOML that users write by hand, as one line can say what is wrong with it.

use serde::de::DeserializeOwned;

/// Reads a trust file or a policy. What is wrong with it comes in one line, since errors are printed as
/// lines.
///
/// # Errors
/// Where it stops being what is expected, and why.
pub(crate) fn parse_rules<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let reason = error.message().replace('\n', ", ");
        let before = error.span().and_then(|span| text.get(..span.start));
        match before {
            Some(before) => format!("line {}: {reason}", before.matches('\n').count() + 1),
            None => reason,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rules {
        #[expect(dead_code, reason = "read by its derived parser only")]
        version: u32,
    }

    #[test]
    fn says_in_one_line_what_is_wrong_and_where() {
        for (text, said) in [
            ("", "line 1: missing field `version`"),
            ("version = 1\n\ncolour = 2\n", "line 3: unknown field `colour`, expected `version`"),
            ("version = 1\nversion = 2\n", "line 2: duplicate key"),
            ("# a\n# b\nversion = \"one\"", "line 3: invalid type: string \"one\", expected u32"),
            ("version = [[[", "line 1: unclosed array, expected `]`"),
        ] {
            assert_eq!(parse_rules::<Rules>(text).unwrap_err(), said);
        }
    }
}
