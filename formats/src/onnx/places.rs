//! The stored tensors of the main graph: initializers, and the values of `Constant` nodes.

use std::collections::BTreeMap;

use super::{
    convert::AttributeTensors,
    element::STRING_DATA,
    graph::{Graph, Node},
    scalars,
    storage::{self, Source, Storage},
    tree::Message,
    wire::Wire,
};
use crate::{Dtype, FormatError, NewTensor, Problem, TensorInfo, reader::Reader};

/// A stored tensor and where it is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) info: TensorInfo,
    pub(super) storage: Storage,
    pub(super) home: Home,
}

/// The message that holds a tensor, by the positions of fields that lead to it.
#[derive(Clone, Debug)]
pub(super) enum Home {
    /// An attribute with plain numbers in this field.
    Attribute { path: Vec<usize>, field: u32 },
    /// A tensor message.
    Tensor { path: Vec<usize> },
}

impl Place {
    /// The positions of fields that lead to the message.
    pub(super) fn path(&self) -> &[usize] {
        match &self.home {
            Home::Attribute { path, .. } | Home::Tensor { path } => path,
        }
    }
}

/// Finds every stored tensor and checks that its data is all there.
pub(super) fn find(
    source: Source<'_>,
    tree: &Message,
    graph: &Graph,
) -> Result<BTreeMap<String, Place>, FormatError> {
    let fail = |problem| source.fail(problem);
    let mut places = BTreeMap::new();
    let mut add = |name: String, place: Place| match places.insert(name.clone(), place) {
        Some(_) => Err(fail(Problem::Duplicate { what: "tensors", name })),
        None => Ok(()),
    };
    let Some((root, message)) = tree.one(GRAPH).and_then(|(root, field)| Some((root, field.message()?)))
    else {
        return Ok(BTreeMap::new());
    };
    for (position, tensor) in message.all(INITIALIZER).filter_map(|(at, field)| Some((at, field.message()?)))
    {
        let name = scalars::text(source.file, tensor, storage::NAME).map_err(fail)?;
        let (info, storage) = storage::locate(source, tensor, &name)?;
        add(name, Place { info, storage, home: Home::Tensor { path: vec![root, position] } })?;
    }
    for ((position, field), node) in message.all(NODE).zip(&graph.nodes) {
        let (true, Some(name), Some(message)) = (is_constant(node), node.outputs.first(), field.message())
        else {
            continue;
        };
        if let Some(place) = constant(source, message, vec![root, position], name)? {
            add(name.clone(), place)?;
        }
    }
    Ok(places)
}

/// Tensors in attributes of the main graph's nodes; with their data only where that is short.
pub(super) fn attribute_tensors(source: Source<'_>, tree: &Message) -> Result<AttributeTensors, FormatError> {
    let mut tensors = BTreeMap::new();
    let nodes = tree.child(GRAPH).into_iter().flat_map(|graph| graph.all(NODE));
    for (index, node) in nodes.enumerate().filter_map(|(index, (_, field))| Some((index, field.message()?))) {
        let found = tensors_of(source, node, ATTRIBUTE, &index.to_string())?;
        tensors.extend(found.into_iter().map(|(position, tensor)| ((index, position), tensor)));
    }
    Ok(tensors)
}

/// Tensors in the attributes that a message has in a field, by their places among them.
pub(super) fn tensors_of(
    source: Source<'_>,
    message: &Message,
    field: u32,
    title: &str,
) -> Result<BTreeMap<usize, NewTensor>, FormatError> {
    let mut tensors = BTreeMap::new();
    let attributes = message.all(field).enumerate();
    for (position, attribute) in attributes.filter_map(|(at, (_, field))| Some((at, field.message()?))) {
        let Some(tensor) = attribute.child(VALUE_TENSOR) else {
            continue;
        };
        let name = format!("attribute of node {title}");
        let (info, storage) = storage::locate(source, tensor, &name)?;
        let data = match info.byte_len() {
            0..=INLINE => storage::read(source, tensor, &info, &storage, &name)?,
            _ => Vec::new(),
        };
        tensors.insert(position, NewTensor { info, data });
    }
    Ok(tensors)
}

/// Whether a node is a stored tensor.
pub(super) fn is_constant(node: &Node) -> bool {
    node.op_type == "Constant" && node.domain.is_empty() && node.call.is_none()
}

/// Row-major little-endian bytes of a tensor.
pub(super) fn read(
    source: Source<'_>,
    tree: &Message,
    place: &Place,
    name: &str,
) -> Result<Vec<u8>, FormatError> {
    let (Home::Attribute { path, .. } | Home::Tensor { path }) = &place.home;
    let Some(message) = tree.at(path) else {
        return Ok(Vec::new());
    };
    match &place.home {
        Home::Attribute { field, .. } => numbers(source.file, message, *field, place.info.dtype, name)
            .map_err(|problem| source.fail(problem)),
        Home::Tensor { .. } => storage::read(source, message, &place.info, &place.storage, name),
    }
}

/// The elements of a tensor of texts.
pub(super) fn read_strings(
    source: Source<'_>,
    tree: &Message,
    place: &Place,
) -> Result<Vec<Vec<u8>>, FormatError> {
    let (Home::Attribute { path, .. } | Home::Tensor { path }) = &place.home;
    let texts = tree.at(path).into_iter().flat_map(|message| message.all(STRING_DATA));
    texts
        .map(|(_, field)| field.read(source.file))
        .collect::<Result<_, _>>()
        .map_err(|problem| source.fail(problem))
}

/// The value of a `Constant` node, if it is numbers.
fn constant(
    source: Source<'_>,
    node: &Message,
    node_path: Vec<usize>,
    name: &str,
) -> Result<Option<Place>, FormatError> {
    for (position, attribute) in node.all(ATTRIBUTE).filter_map(|(at, field)| Some((at, field.message()?))) {
        let mut path = node_path.clone();
        path.push(position);
        let key = scalars::text(source.file, attribute, 1).map_err(|problem| source.fail(problem))?;
        if let Some(place) = value_of(source, attribute, path, &key, name)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// The value that an attribute of a `Constant` node by the name `key` gives it, if it is numbers.
pub(super) fn value_of(
    source: Source<'_>,
    attribute: &Message,
    mut path: Vec<usize>,
    key: &str,
    name: &str,
) -> Result<Option<Place>, FormatError> {
    let (field, dtype, scalar) = match key {
        "value" => {
            let tensor = attribute.one(VALUE_TENSOR);
            let Some((position, message)) = tensor.and_then(|(at, field)| Some((at, field.message()?)))
            else {
                return Ok(None);
            };
            path.push(position);
            let (info, storage) = storage::locate(source, message, name)?;
            return Ok(Some(Place { info, storage, home: Home::Tensor { path } }));
        }
        "value_float" => (2, Dtype::F32, true),
        "value_floats" => (7, Dtype::F32, false),
        "value_int" => (3, Dtype::I64, true),
        "value_ints" => (8, Dtype::I64, false),
        _ => return Ok(None),
    };
    let fail = |problem| source.fail(problem);
    let data = numbers(source.file, attribute, field, dtype, name).map_err(fail)?;
    let count = data.len() * 8 / dtype.bits();
    let shape = if scalar { vec![] } else { vec![count] };
    if scalar && count != 1 {
        let what = "its attribute has no value".into();
        return Err(fail(Problem::Tensor { tensor: name.to_owned(), what }));
    }
    let info = TensorInfo { dtype, shape };
    Ok(Some(Place { info, storage: Storage::Typed, home: Home::Attribute { path, field } }))
}

fn numbers(
    file: &Reader,
    attribute: &Message,
    field: u32,
    dtype: Dtype,
    name: &str,
) -> Result<Vec<u8>, Problem> {
    let single = if dtype == Dtype::F32 { Wire::Fixed32 } else { Wire::Varint };
    let mut data = Vec::new();
    for (_, field) in attribute.all(field) {
        data.extend(storage::decode(file, field, single, dtype, name)?);
    }
    Ok(data)
}

/// Tensors in attributes are read along with the graph up to so many bytes.
const INLINE: usize = 1024;
pub(super) const FUNCTION: u32 = 25;
pub(super) const GRAPH: u32 = 7;
pub(super) const INITIALIZER: u32 = 5;
pub(super) const NODE: u32 = 1;
pub(super) const ATTRIBUTE: u32 = 5;
pub(super) const FLOATS: u32 = 7;
pub(super) const VALUE_TENSOR: u32 = 5;
