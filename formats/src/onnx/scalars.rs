//! Short values of fields, read from the file when they are needed.

use std::collections::BTreeMap;

use super::{element, tree::Message};
use crate::{Problem, reader::Reader};

/// The number in a varint field.
pub(super) fn scalar(file: &Reader, message: &Message, number: u32) -> Result<Option<u64>, Problem> {
    let Some((_, field)) = message.one(number) else {
        return Ok(None);
    };
    let bytes = field.read(file)?;
    Ok(element::numbers(&bytes, false).and_then(|numbers| numbers.first().copied()))
}

/// The text in a delimited field; empty if there is none.
pub(super) fn text(file: &Reader, message: &Message, number: u32) -> Result<String, Problem> {
    let Some((_, field)) = message.one(number) else {
        return Ok(String::new());
    };
    if field.end - field.body > MAX_TEXT {
        return Err(Problem::Protobuf { offset: field.body, what: "a name longer than any model needs" });
    }
    String::from_utf8(field.read(file)?)
        .map_err(|_| Problem::Protobuf { offset: field.body, what: "a text that is not Unicode" })
}

/// The key/value entries of a message.
pub(super) fn entries(
    file: &Reader,
    message: &Message,
    number: u32,
) -> Result<BTreeMap<String, String>, Problem> {
    let mut entries = BTreeMap::new();
    for entry in message.all(number).filter_map(|(_, field)| field.message()) {
        let key = text(file, entry, 1)?;
        if entries.insert(key.clone(), text(file, entry, 2)?).is_some() {
            return Err(Problem::Duplicate { what: "entries", name: key });
        }
    }
    Ok(entries)
}

/// Names are shorter than this; what is longer is not worth reading.
pub(super) const MAX_TEXT: u64 = 1 << 16;
