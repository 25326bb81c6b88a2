//! A model's messages as parts that are compared one by one.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    element::{DATA_FIELDS, STRING_DATA},
    places::{GRAPH, Home, INITIALIZER, NODE, Place},
    render::render_field,
    scalars,
    storage::{DATA_TYPE, DIMS, EXTERNAL_DATA, Source, Storage},
    tree::{Content, Field, Message},
};
use crate::{FormatError, Problem, Sha256Digest, part::Part};

/// Every part of a model: its own fields, and those of its main graph.
pub(super) fn parts(
    source: Source<'_>,
    tree: &Message,
    places: &BTreeMap<String, Place>,
) -> Result<Vec<Part>, FormatError> {
    let fail = |problem| source.fail(problem);
    let mut bare = tree.clone();
    for place in places.values() {
        strip(source, &mut bare, place).map_err(fail)?;
    }
    let mut parts = Vec::new();
    let is_there = |field: &&Field| !matches!(field.content, Content::Removed);
    for field in bare.fields.iter().filter(is_there).filter(|field| field.number != GRAPH) {
        parts.push(part(source, field, model_field(field.number), parts.len()).map_err(fail)?);
    }
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for field in bare.child(GRAPH).into_iter().flat_map(|graph| &graph.fields).filter(is_there) {
        let index = counts.entry(field.number).or_default();
        parts.push(part(source, field, graph_field(field.number), *index).map_err(fail)?);
        *index += 1;
    }
    Ok(parts)
}

fn part(
    source: Source<'_>,
    field: &Field,
    (kind, key): (&'static str, u32),
    index: usize,
) -> Result<Part, Problem> {
    let name = match field.message() {
        Some(message) => scalars::text(source.file, message, key)?,
        None => String::new(),
    };
    let shown = match (field.number, field.message()) {
        (NODE, Some(node)) if kind == "node" => Some(scalars::text(source.file, node, NODE_NAME)?),
        _ => None,
    };
    let label = match shown {
        Some(shown) if shown.is_empty() => format!("node {index} that makes `{name}`"),
        Some(shown) => format!("node {index} `{shown}`"),
        None if name.is_empty() => kind.to_owned(),
        None => format!("{kind} `{name}`"),
    };
    let mut hash = Sha256::new();
    render_field(field).read(source.file, |bytes| {
        hash.update(bytes);
        Ok(())
    })?;
    Ok(Part { kind, name, label, content: Sha256Digest(hash.finalize().into()), counts: true })
}

/// Takes out of the tree what a comparison of tensors sees: the values, types and shapes of stored tensors.
/// Which kind of field holds the values stays visible.
fn strip(source: Source<'_>, tree: &mut Message, place: &Place) -> Result<(), Problem> {
    let (Home::Attribute { path, .. } | Home::Tensor { path }) = &place.home;
    let Some(message) = tree.at_mut(path) else {
        return Ok(());
    };
    if let Home::Attribute { field, .. } = place.home {
        message.remove_all(field);
        return Ok(());
    }
    let is_number =
        |number: &u32| place.info.dtype.bits() > 0 && *number != STRING_DATA && DATA_FIELDS.contains(number);
    // Some writers add empty fields of other types; a tensor without elements has only those.
    let marker = message
        .fields
        .iter()
        .filter(|field| is_number(&field.number))
        .max_by_key(|field| field.end > field.body)
        .map(|field| field.number.to_le_bytes().to_vec());
    for field in &mut message.fields {
        if is_number(&field.number) || matches!(field.number, DIMS | DATA_TYPE) {
            field.content = Content::Removed;
        } else if field.number == EXTERNAL_DATA && matches!(place.storage, Storage::External { .. }) {
            // The length follows from type and shape.
            let key = field.message().map(|entry| scalars::text(source.file, entry, 1)).transpose()?;
            if key.as_deref() == Some("length") {
                field.content = Content::Removed;
            }
        }
    }
    marker.into_iter().for_each(|marker| message.push(0, Content::Verbatim(marker)));
    Ok(())
}

/// What a field of the model is called, and the field of its message that names it.
fn model_field(number: u32) -> (&'static str, u32) {
    match number {
        1 => ("ir_version", 0),
        2 | 3 => ("producer", 0),
        4 => ("domain", 0),
        5 => ("model_version", 0),
        6 => ("doc_string of the model", 0),
        8 => ("operator set", 1),
        14 => ("metadata entry", 1),
        20 => ("training info", 0),
        25 => ("function", 1),
        26 => ("device configuration", 1),
        _ => ("unknown field of the model", 0),
    }
}

/// What a field of the graph is called, and the field of its message that names it.
fn graph_field(number: u32) -> (&'static str, u32) {
    match number {
        NODE => ("node", NODE_OUTPUT),
        2 => ("name of the graph", 0),
        INITIALIZER => ("initializer", 8),
        10 => ("doc_string of the graph", 0),
        11 => ("input", 1),
        12 => ("output", 1),
        13 => ("value_info", 1),
        14 => ("quantization annotation", 1),
        15 => ("sparse initializer", 0),
        16 => ("metadata entry of the graph", 1),
        _ => ("unknown field of the graph", 0),
    }
}

const NODE_NAME: u32 = 3;
const NODE_OUTPUT: u32 = 2;
