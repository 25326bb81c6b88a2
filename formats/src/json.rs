//! JSON of models and of files beside them, of no more values than anybody needs: a value of two bytes takes
//! forty times that in memory.

use serde_json::Value;

use crate::Problem;

/// Most values of a configuration, or of a file with labels: two label maps of half a million classes.
pub const MAX_VALUES: usize = 1 << 20;

/// Parses JSON of at most [`MAX_VALUES`] values, which are counted before any of them is made.
///
/// # Errors
/// [`Problem::TooManyValues`], or [`Problem::Json`] if it is none.
pub fn parse_json(bytes: &[u8]) -> Result<Value, Problem> {
    require_few_values(bytes, MAX_VALUES)?;
    Ok(serde_json::from_slice(bytes)?)
}

/// Fails if JSON has more values than `limit`.
pub(crate) fn require_few_values(bytes: &[u8], limit: usize) -> Result<(), Problem> {
    if count(bytes) > limit { Err(Problem::TooManyValues { limit }) } else { Ok(()) }
}

/// Values in JSON, or a few more: each but the first stands behind a comma or a bracket.
fn count(bytes: &[u8]) -> usize {
    let (mut values, mut in_string, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (text, values) in
            [("1", 1), (r#"{"a,[{": "\",\\"}"#, 2), ("[1, 2, 3]", 4), (r#"{"a": [1, {}], "b": 2}"#, 6)]
        {
            assert_eq!(count(text.as_bytes()), values, "{text}");
        }
    }

    #[test]
    fn more_values_than_any_configuration_has_are_refused_before_they_are_made() {
        let list = |values: usize| [b"[", &b"0,".repeat(values - 2)[..], b"0]"].concat();
        assert!(parse_json(&list(MAX_VALUES)).is_ok());
        let many = parse_json(&list(MAX_VALUES + 1)).unwrap_err().to_string();
        assert_eq!(many, "it has more than 1048576 JSON values, the most that are read of such a file");
    }
}
