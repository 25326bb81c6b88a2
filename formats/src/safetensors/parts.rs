//! What safetensors files hold besides tensors: metadata, and the order of things.

use serde_json::Value;

use super::{METADATA, Safetensors, header::Header};
use crate::{RelPath, Sha256Digest, part::Part};

impl Safetensors {
    /// Every part of the weights' headers and index.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let index = self.index.iter().flat_map(|index| index.extras());
        let index = index.map(|(key, value)| part("index entry", key, &value, true));
        self.shards.iter().flat_map(|(path, header)| shard_parts(path, header)).chain(index).collect()
    }
}

fn shard_parts(path: &RelPath, header: &Header) -> Vec<Part> {
    let metadata = header.entries.get(METADATA).and_then(Value::as_object).into_iter().flatten();
    let metadata = metadata
        .map(|(key, value)| part("metadata entry", format!("{path}: {key}"), &value.to_string(), true));
    // Tensors that only one model has are its tensors' business.
    let entries = header.entries.iter().filter(|(name, _)| *name != METADATA).map(|(name, entry)| {
        let mut rest = entry.as_object().cloned().unwrap_or_default();
        rest.retain(|key, _| !["dtype", "shape", "data_offsets"].contains(&key.as_str()));
        part("header entry", name.clone(), &format!("{path} {}", Value::Object(rest)), false)
    });
    let data = header.by_offset().into_iter().map(|name| part("data of tensor", name.to_owned(), "", false));
    metadata.chain(entries).chain(data).chain([header_part(path, header)]).collect()
}

/// The header as it is spelled: what it says may be the same, and white space, order and repeated keys not.
fn header_part(path: &RelPath, header: &Header) -> Part {
    let (name, label) = (path.to_string(), format!("header of `{path}`"));
    Part { kind: "header", name, label, content: header.digest, counts: true }
}

fn part(kind: &'static str, name: String, content: &str, counts: bool) -> Part {
    let content = Sha256Digest::of(content.as_bytes());
    Part { kind, label: format!("{kind} `{name}`"), name, content, counts }
}
