//! Numbers as strings, since readers that go through protobuf's Struct turn JSON numbers into doubles.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number in decimal notation, or `inf` or `NaN`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct Decimal(String);

impl Decimal {
    /// A number as it was given.
    pub(super) fn exact(value: f64) -> Self {
        Self(value.to_string())
    }

    /// The number; not a number if it is out of the range of numbers.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// A count.
    pub(super) fn count(value: u64) -> Self {
        Self(value.to_string())
    }

    /// Six significant digits: more than any measured figure here is good for, and the same on every platform.
    pub(super) fn rounded(value: f64) -> Self {
        if value == 0.0 || !value.is_finite() {
            return if value == 0.0 { Self("0".into()) } else { Self::exact(value) };
        }
        let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
        let plain = (1e-4..1e9).contains(&rounded.abs());
        if plain { Self::exact(rounded) } else { Self(format!("{rounded:e}")) }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Decimal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(format!("`{text}` is not a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_six_digits_and_text_is_no_number() {
        let rounded = |value| Decimal::rounded(value).0;
        assert_eq!(rounded(0.123_456_789), "0.123457");
        assert_eq!(rounded(1.234_567_89e-7), "1.23457e-7");
        assert_eq!(rounded(-0.0), "0");
        assert_eq!(rounded(f64::INFINITY), "inf");
        assert!(Decimal::try_from("no class was ever better forgotten".to_owned()).is_err());
    }
}
