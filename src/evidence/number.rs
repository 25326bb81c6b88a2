//! A measured number as it is recorded.

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
