//! Lists and maps of labels, in the order of their classes.

use serde_json::{Map, Value};

use crate::classes::printable;

/// Which side of a map from text to text or number has the indices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Indices {
    /// The keys, as in `id2label`.
    Keys,
    /// The values, as in `label2id`.
    Values,
}

/// The labels of a list, or of a map whose keys are the indices; of one whose keys are none, by its values.
///
/// # Errors
/// What is wrong with them: a key that is no index, an index twice or left out.
pub(crate) fn ordered(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(list) => Ok(list.iter().map(text).collect()),
        Value::Object(map) => of_map(map, orientation(map)),
        _ => Err("they are neither a list nor an object".into()),
    }
}

/// The labels of a map.
///
/// # Errors
/// As [`ordered`].
pub(super) fn of_map(map: &Map<String, Value>, indices: Indices) -> Result<Vec<String>, String> {
    match indices {
        Indices::Keys => in_order(map.iter().map(|(index, name)| (index.parse().ok(), text(name)))),
        Indices::Values => in_order(map.iter().map(|(name, index)| (index.as_u64(), name.clone()))),
    }
}

/// The keys are the indices if all are numbers; whatever the values are then, they are names.
pub(super) fn orientation(map: &Map<String, Value>) -> Indices {
    let by_value = map.values().all(Value::is_u64) && !map.keys().all(|key| key.parse::<u64>().is_ok());
    if by_value { Indices::Values } else { Indices::Keys }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn in_order(pairs: impl Iterator<Item = (Option<u64>, String)>) -> Result<Vec<String>, String> {
    let mut sorted = Vec::new();
    for (index, name) in pairs {
        sorted.push((index.ok_or_else(|| format!("`{}` has no index", printable(&name)))?, name));
    }
    sorted.sort();
    for (expected, (index, _)) in (0..).zip(&sorted) {
        if *index != expected {
            let what = if *index < expected { "twice" } else { "left out" };
            return Err(format!("index {} is {what}", expected.min(*index)));
        }
    }
    Ok(sorted.into_iter().map(|(_, name)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn gaps_and_repetitions_are_refused() {
        assert_eq!(ordered(&json!({"0": "a", "2": "b"})), Err("index 1 is left out".into()));
        assert_eq!(ordered(&json!({"0": "a", "00": "b"})), Err("index 0 is twice".into()));
    }

    #[test]
    fn keys_that_are_numbers_are_the_indices_whatever_the_values_are() {
        assert_eq!(ordered(&json!({"0": 1, "1": 2, "2": 0})), Ok(vec!["1".into(), "2".into(), "0".into()]));
        assert_eq!(ordered(&json!({"b": 1, "a": 0})), Ok(vec!["a".into(), "b".into()]));
    }
}
