//! JSON that every reader understands alike: an object with the same key twice is an error, since some
//! readers take the first value and some the last.

use std::{cell::Cell, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// More values are no claim, and no manifest of all files that a release may have. A value of two bytes takes
/// forty times that in memory.
const MOST_VALUES: usize = 1 << 22;

/// Parses JSON without repeated keys.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = AnyValue { left: &Cell::new(MOST_VALUES) }.deserialize(&mut json);
    parsed.and_then(|value| json.end().map(|()| value)).map_err(|error| error.to_string())
}

/// Reads a value, of as many as are left to be read.
#[derive(Clone, Copy)]
struct AnyValue<'a> {
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left
            .set(left.ok_or_else(|| D::Error::custom(format!("it has more than {MOST_VALUES} values")))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated keys")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number is too large"))?;
        Ok(number.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(self)? {
            list.push(entry);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("key `{key}` is there twice")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_json_is_read_but_repeated_keys() {
        let json = br#"{"a": [null, true, -1, 18446744073709551615, 0.5, "x"], "b": {"a": 1}}"#;
        assert_eq!(parse(json).unwrap(), serde_json::from_slice::<Value>(json).unwrap());
        let twice = parse(br#"{"a": {"b": 1, "c": 2, "\u0062": 3}}"#).unwrap_err();
        assert!(twice.contains("key `b` is there twice"), "{twice}");
        assert!(parse(&b"[".repeat(100_000)).is_err());
        assert!(parse(b"{} {}").is_err());
    }

    #[test]
    fn a_small_file_fills_no_large_memory() {
        let list = |values: usize| [b"[", &b"0,".repeat(values - 2)[..], b"0]"].concat();
        assert!(parse(&list(MOST_VALUES)).is_ok());
        let many = parse(&list(MOST_VALUES + 1)).unwrap_err();
        assert!(many.contains("more than 4194304 values"), "{many}");
    }
}
