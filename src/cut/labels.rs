//! Class count and labels that a model's configuration or metadata states.

use serde_json::Value;

use super::{
    refusal,
    refuse::{architectures, classifies},
};
use crate::{classes::Labels, error::Error};

/// What a configuration says about the classes.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    pub(super) count: usize,
    /// Where the count was read.
    pub(super) source: String,
    pub(super) names: Option<Vec<String>>,
}

impl Stated {
    pub(super) fn labels(self) -> Option<Labels> {
        Some(Labels { names: self.names?, source: self.source })
    }
}

/// The class count of a `config.json`, with the labels if it has them.
///
/// # Errors
/// If the labels contradict themselves: an index twice, or left out.
pub(super) fn stated(config: &Value) -> Result<Option<Stated>, Error> {
    for (place, part) in parts(config) {
        if let Some(stated) = stated_in(config, part, place)? {
            return Ok(Some(stated));
        }
    }
    let pretrained = config.get("pretrained_cfg");
    if let Some(count) = pretrained.and_then(|part| count_at(part, "num_classes")) {
        let source = "config.json `pretrained_cfg.num_classes`".into();
        return Ok(Some(Stated { count, source, names: pretrained_names(config, count) }));
    }
    // Two labels are the default there, and defaults are not written.
    let default =
        config.get("model_type").is_some() && architectures(config).iter().any(|name| classifies(name));
    let source =
        "config.json (two classes by default, since it has neither `id2label` nor `num_labels`)".to_owned();
    Ok(default.then_some(Stated { count: 2, source, names: None }))
}

/// The labels of an `id2label` object in the order of their indices, or of a list.
///
/// # Errors
/// What is wrong with them: a key that is no index, an index twice or left out.
pub(super) fn ordered(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(list) => Ok(list.iter().map(text).collect()),
        Value::Object(map) if map.values().all(Value::is_u64) => {
            let pairs = map.iter().map(|(name, index)| (index.as_u64(), name.clone()));
            in_order(pairs)
        }
        Value::Object(map) => in_order(map.iter().map(|(index, name)| (index.parse().ok(), text(name)))),
        _ => Err("they are neither a list nor an object".into()),
    }
}

fn parts(config: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let nested =
        ["text_config", "vision_config"].into_iter().filter_map(|name| Some((name, config.get(name)?)));
    std::iter::once(("", config)).chain(nested)
}

fn stated_in(config: &Value, part: &Value, place: &str) -> Result<Option<Stated>, Error> {
    let source = |key: &str| match place {
        "" => format!("config.json `{key}`"),
        _ => format!("config.json `{place}.{key}`"),
    };
    let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    for key in ["id2label", "label_names", "labels"] {
        let Some(value) =
            part.get(key).filter(|value| (value.is_object() || value.is_array()) && !is_empty(value))
        else {
            continue;
        };
        let names = ordered(value).map_err(|problem| {
            refusal(
                format!("the labels in {} are not in order: {problem}", source(key)),
                "correct config.json",
            )
        })?;
        return Ok(Some(Stated { count: names.len(), source: source(key), names: Some(names) }));
    }
    let counted = ["num_classes", "num_labels", "_num_labels"].iter();
    let found = counted.into_iter().find_map(|key| Some((key, count_at(part, key)?)));
    Ok(found.map(|(key, count)| Stated {
        count,
        source: source(key),
        names: pretrained_names(config, count),
    }))
}

/// timm keeps the labels of the original training beside, which hold only for as many classes.
fn pretrained_names(config: &Value, count: usize) -> Option<Vec<String>> {
    let names = ordered(config.get("pretrained_cfg")?.get("label_names")?).ok()?;
    (names.len() == count).then_some(names)
}

fn count_at(part: &Value, key: &str) -> Option<usize> {
    usize::try_from(part.get(key)?.as_u64()?).ok()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn in_order(pairs: impl Iterator<Item = (Option<u64>, String)>) -> Result<Vec<String>, String> {
    let mut sorted = Vec::new();
    for (index, name) in pairs {
        sorted.push((index.ok_or_else(|| format!("`{name}` has no index"))?, name));
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
    fn string_keys_are_sorted_as_numbers() {
        let labels: serde_json::Map<_, _> =
            (0..12).map(|n: usize| (n.to_string(), json!(format!("c{n}")))).collect();
        let stated = stated(&json!({ "id2label": labels })).unwrap().unwrap();
        assert_eq!(stated.names.unwrap()[10], "c10");
    }

    #[test]
    fn gaps_and_repetitions_are_refused() {
        assert_eq!(ordered(&json!({"0": "a", "2": "b"})), Err("index 1 is left out".into()));
        assert_eq!(ordered(&json!({"0": "a", "00": "b"})), Err("index 0 is twice".into()));
    }

    #[test]
    fn a_label2id_map_is_read_the_other_way_round() {
        assert_eq!(ordered(&json!({"b": 1, "a": 0})), Ok(vec!["a".into(), "b".into()]));
    }
}
