//! `model.safetensors.index.json`: which shard holds which tensor.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{Problem, RelPath, json::parse_json};

/// A checked index.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) path: RelPath,
    json: Map<String, Value>,
    /// The shard of each tensor.
    pub(crate) shards: BTreeMap<String, RelPath>,
}

impl Index {
    pub(crate) fn parse(path: RelPath, text: &[u8]) -> Result<Self, Problem> {
        let json = match parse_json(text)? {
            Value::Object(json) => json,
            _ => return Err(Problem::NotAnObject),
        };
        let Some(Value::Object(map)) = json.get("weight_map") else {
            return Err(Problem::Index { what: "it has no object `weight_map`".into() });
        };
        let shards = map
            .iter()
            .map(|(tensor, file)| {
                let file = file.as_str().ok_or_else(|| Problem::Index {
                    what: format!("tensor `{tensor}` is in no named file"),
                })?;
                Ok((tensor.clone(), path.sibling(file)?))
            })
            .collect::<Result<_, Problem>>()?;
        Ok(Self { path, json, shards })
    }

    /// The shards' files, each once.
    pub(crate) fn files(&self) -> BTreeSet<&RelPath> {
        self.shards.values().collect()
    }

    /// What the index says besides where tensors are and how many bytes and values they have in total.
    pub(crate) fn extras(&self) -> Vec<(String, String)> {
        let plain = self.json.iter().filter(|(key, _)| !matches!(key.as_str(), "metadata" | "weight_map"));
        let metadata = self.json.get("metadata").and_then(Value::as_object).into_iter().flatten();
        let metadata = metadata.filter(|(key, _)| !TOTALS.contains(&key.as_str()));
        plain.chain(metadata).map(|(key, value)| (key.clone(), value.to_string())).collect()
    }

    /// The index's text after an edit made the tensors smaller or larger by so many bytes and elements.
    pub(crate) fn resized(&self, bytes: i128, elements: i128) -> Result<Vec<u8>, Problem> {
        let mut json = self.json.clone();
        if let Some(Value::Object(metadata)) = json.get_mut("metadata") {
            for (key, change) in TOTALS.into_iter().zip([bytes, elements]) {
                let Some(total) = metadata.get_mut(key) else {
                    continue;
                };
                // Some writers have stored the total as `1234.0`.
                let old =
                    total.as_u64().map(i128::from).or_else(|| total.as_f64().map(|total| total as i128));
                let new = old.and_then(|old| u64::try_from(old.checked_add(change)?).ok());
                *total = json!(new.ok_or_else(|| Problem::Index { what: format!("`{key}` is not a size") })?);
            }
        }
        let mut text = serde_json::to_vec_pretty(&json)?;
        text.push(b'\n');
        Ok(text)
    }
}

const TOTALS: [&str; 2] = ["total_size", "total_parameters"];
