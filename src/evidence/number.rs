//! A measured number as it is recorded.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A measured number: a JSON number, or one of the words `Infinity`, `-Infinity` and `NaN`, for which JSON
/// has no number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

const INFINITE: &str = "Infinity";
const MINUS_INFINITE: &str = "-Infinity";
const NO_NUMBER: &str = "NaN";

impl Number {
    /// The value.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl Number {
    /// Six significant digits: more than any measured figure here is good for, and the same on every
    /// platform.
    #[must_use]
    pub fn rounded(self) -> Self {
        match self.0 {
            // Of both zeros the one without a sign.
            0.0 => Self(0.0),
            value if value.is_finite() => {
                Self(format!("{value:.5e}").parse().expect("what Rust writes as a number it reads as one"))
            }
            _ => self,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            value if value.is_nan() => f.write_str(NO_NUMBER),
            f64::INFINITY => f.write_str(INFINITE),
            f64::NEG_INFINITY => f.write_str(MINUS_INFINITE),
            value => value.fmt(f),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_nan() => serializer.serialize_str(NO_NUMBER),
            f64::INFINITY => serializer.serialize_str(INFINITE),
            f64::NEG_INFINITY => serializer.serialize_str(MINUS_INFINITE),
            value => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number, `Infinity`, `-Infinity` or `NaN`")]
        enum Written {
            Number(f64),
            Word(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Ok(Self(value)),
            Written::Word(word) => match word.as_str() {
                INFINITE => Ok(Self(f64::INFINITY)),
                MINUS_INFINITE => Ok(Self(f64::NEG_INFINITY)),
                NO_NUMBER => Ok(Self(f64::NAN)),
                other => Err(D::Error::custom(format!("`{other}` is not a number"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_six_digits_and_a_word_where_there_is_no_number() {
        let written = |value| serde_json::to_string(&Number(value).rounded()).unwrap();
        assert_eq!(written(0.123_456_789), "0.123457");
        assert_eq!(written(1.234_567_89e-7), "1.23457e-7");
        assert_eq!(written(-0.0), "0.0");
        assert_eq!(written(f64::NEG_INFINITY), "\"-Infinity\"");
        let read = |text: &str| serde_json::from_str::<Number>(text);
        assert_eq!(read("30").unwrap(), Number(30.0));
        assert_eq!(read("\"Infinity\"").unwrap(), Number(f64::INFINITY));
        assert!(read("\"NaN\"").unwrap().value().is_nan());
        assert!(read("\"no class was ever better forgotten\"").is_err());
    }
}
