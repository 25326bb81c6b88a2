//! The header of one safetensors file: read, checked, and written again when a shape changes.

use std::{collections::BTreeMap, ops::Range};

use safetensors::tensor::Metadata;
use serde_json::{Map, Value, json};

use crate::{Problem, Sha256Digest, TensorInfo, json::require_few_values, reader::Reader};

/// A checked header.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The JSON as it was written, entries in their order.
    pub(crate) entries: Map<String, Value>,
    /// Type and shape of every tensor, and where its bytes lie in the file.
    pub(crate) tensors: BTreeMap<String, (TensorInfo, Range<u64>)>,
    /// Where the data begins.
    pub(crate) data_start: u64,
    /// The digest of the text, in which two spellings of the same are not the same.
    pub(crate) digest: Sha256Digest,
}

impl Header {
    pub(crate) fn read(file: &Reader, file_len: u64) -> Result<Self, Problem> {
        let text = read_text(file, file_len)?;
        require_few_values(&text, MAX_VALUES)?;
        let data_start = LENGTH_FIELD + text.len() as u64;
        let malformed =
            |error: serde_json::Error| Problem::Header { what: error.to_string(), source: Some(error) };
        // The crate's own parser checks that the ranges follow each other without gap or overlap and that
        // each has the length its shape asks for.
        let metadata: Metadata = serde_json::from_slice(&text).map_err(malformed)?;
        let entries: Map<String, Value> = serde_json::from_slice(&text).map_err(malformed)?;
        if keys(&text) != entries.len() {
            return Err(header("a name occurs twice"));
        }
        let end = data_start.checked_add(metadata.data_len() as u64);
        if end != Some(file_len) {
            return Err(header(format!(
                "it describes {} bytes of data, the file has {}",
                metadata.data_len(),
                file_len - data_start
            )));
        }
        let tensors = metadata
            .tensors()
            .into_iter()
            .map(|(name, info)| {
                let (start, end) = info.data_offsets;
                let range = data_start + start as u64..data_start + end as u64;
                (name, (TensorInfo { dtype: info.dtype.into(), shape: info.shape.clone() }, range))
            })
            .collect();
        Ok(Self { entries, tensors, data_start, digest: Sha256Digest::of(&text) })
    }

    /// Names in the order in which their data lies in the file.
    pub(crate) fn by_offset(&self) -> Vec<&str> {
        let mut names: Vec<_> =
            self.tensors.iter().map(|(name, (_, range))| (range.start, range.end, name)).collect();
        names.sort();
        names.into_iter().map(|(_, _, name)| name.as_str()).collect()
    }

    /// The first bytes of a file in which the tensors of `shapes` have other shapes: length field and
    /// header, everything but shapes and offsets as it was.
    pub(crate) fn with_shapes(&self, shapes: &BTreeMap<&str, &TensorInfo>) -> Vec<u8> {
        let mut entries = self.entries.clone();
        let mut at = 0;
        for name in self.by_offset() {
            let old = self.tensors.get(name).map(|(info, _)| info);
            let Some(info) = shapes.get(name).copied().or(old) else {
                continue;
            };
            let end = info.byte_len().saturating_add(at);
            if let Some(Value::Object(entry)) = entries.get_mut(name) {
                // Replacing a value keeps the place of its key.
                entry.insert("shape".into(), json!(info.shape));
                entry.insert("data_offsets".into(), json!([at, end]));
            }
            at = end;
        }
        let mut text = Value::Object(entries).to_string().into_bytes();
        text.resize(text.len().next_multiple_of(8), b' ');
        [(text.len() as u64).to_le_bytes().as_slice(), &text].concat()
    }
}

/// The header's text; its length field is believed only as far as the file reaches.
fn read_text(file: &Reader, file_len: u64) -> Result<Vec<u8>, Problem> {
    if file_len < LENGTH_FIELD {
        return Err(header("the file is shorter than the length field"));
    }
    let mut length = [0; 8];
    file.read_exact_at(&mut length, 0)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return Err(header(format!("it claims {length} bytes, more than {MAX_HEADER} are not read")));
    }
    if length > file_len - LENGTH_FIELD {
        return Err(header(format!("it claims {length} bytes, the file has {}", file_len - LENGTH_FIELD)));
    }
    let mut text = vec![0; usize::try_from(length).map_err(|_| header("it is too long"))?];
    file.read_exact_at(&mut text, LENGTH_FIELD)?;
    Ok(text)
}

/// How many keys the outermost object of valid JSON has, repeated ones included (parsers keep only the
/// last of those, and not all parsers the same).
fn keys(json: &[u8]) -> usize {
    let (mut depth, mut count, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => count += 1,
            _ => {}
        }
    }
    count
}

fn header(what: impl Into<String>) -> Problem {
    Problem::Header { what: what.into(), source: None }
}

const LENGTH_FIELD: u64 = 8;
/// As the safetensors crate has it.
const MAX_HEADER: u64 = 100_000_000;
/// Most JSON values of a header. A tensor has seven or so, so that this is half a million tensors: several times
/// as many as any shard is known to have.
const MAX_VALUES: usize = 1 << 22;

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn repeated_keys_are_counted() {
        assert_eq!(keys(br#"{"a": {"x": 1, "y": [2]}, "b\":": "{:", "a": []}"#), 3);
    }
}
