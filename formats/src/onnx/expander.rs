//! What a graph without calls is put together in.

use std::collections::{BTreeMap, HashMap, HashSet};

use onnx_protobuf::{AttributeProto, NodeProto};

use super::{
    convert,
    functions::Functions,
    graph::{Attribute, Node},
    places::{self, Place},
    storage::Source,
    tree::Message,
};

/// Truth values that are constants of the main graph, by name.
pub(super) type Conditions = HashMap<String, bool>;

/// A node whose attributes have values, and where the file has them.
pub(super) struct Resolved<'m> {
    pub(super) node: Node,
    pub(super) overload: &'m str,
    /// As the file has it, if the bodies among its attributes may be looked into.
    pub(super) proto: Option<&'m NodeProto>,
    pub(super) attributes: BTreeMap<String, Vec<usize>>,
}

pub(super) struct Expander<'s, 'm> {
    pub(super) source: Source<'s>,
    pub(super) tree: &'s Message,
    pub(super) functions: &'s Functions<'m>,
    pub(super) taken: HashSet<String>,
    pub(super) nodes: Vec<Node>,
    pub(super) origins: Vec<Option<usize>>,
    pub(super) places: BTreeMap<String, Place>,
    /// How many constants come from one place of the file.
    pub(super) uses: HashMap<Vec<usize>, usize>,
    /// Truth values that are constants.
    pub(super) conditions: Conditions,
    /// What may still be put in, in bytes.
    pub(super) left: usize,
}

impl Expander<'_, '_> {
    /// A name like this one that nothing has yet.
    pub(super) fn unused(&mut self, name: String) -> String {
        unused(&mut self.taken, name)
    }

    /// Notes the value of a constant.
    pub(super) fn store(&mut self, node: &Node, attributes: &BTreeMap<String, Vec<usize>>) {
        let (true, Some(name)) = (places::is_constant(node), node.outputs.first()) else {
            return;
        };
        for (key, path) in attributes {
            let Some(message) = self.tree.at(path) else { continue };
            if let Ok(Some(place)) = places::value_of(self.source, message, path.clone(), key, name) {
                *self.uses.entry(place.path().to_vec()).or_default() += 1;
                self.places.insert(name.clone(), place);
                return;
            }
        }
    }

    /// A node as plain values, with tensors among its attributes; `None` if one cannot be read.
    pub(super) fn converted(&self, proto: &NodeProto, path: &[usize], field: u32) -> Option<Node> {
        let message = self.tree.at(path)?;
        let tensors = places::tensors_of(self.source, message, field, &proto.name).ok()?;
        convert::node(proto, &|attribute| tensors.get(&attribute)).ok()
    }
}

pub(super) fn unused(taken: &mut HashSet<String>, mut name: String) -> String {
    while !taken.insert(name.clone()) {
        name.push('~');
    }
    name
}

/// Where attributes are that a message has in a field.
pub(super) fn paths(
    tree: &Message,
    parent: &[usize],
    field: u32,
    attributes: &[AttributeProto],
) -> BTreeMap<String, Vec<usize>> {
    let positions = tree.at(parent).into_iter().flat_map(|message| message.all(field));
    let found = attributes.iter().zip(positions);
    found.map(|(attribute, (position, _))| (attribute.name.clone(), [parent, &[position]].concat())).collect()
}

/// What the names in a call's body begin with. Where calls nest, the call's name begins so itself; and a
/// name is as long as a file likes.
pub(super) fn below(prefix: &str, title: &str) -> String {
    let own = title.strip_prefix(prefix).unwrap_or(title);
    let end = (0..=own.len().min(MAX_TITLE)).rev().find(|at| own.is_char_boundary(*at)).unwrap_or_default();
    format!("{prefix}{}/", &own[..end])
}

/// About as many bytes as a node takes.
pub(super) fn cost(node: &Node) -> usize {
    let names =
        node.inputs.iter().chain(&node.outputs).chain(&node.captures).chain([&node.name, &node.op_type]);
    let attributes = node.attributes.iter().map(|(name, value)| 64 + name.len() + size(value));
    size_of::<Node>() + names.map(|name| 2 * name.len() + 32).sum::<usize>() + attributes.sum::<usize>()
}

pub(super) fn size(value: &Attribute) -> usize {
    match value {
        Attribute::Float(_) | Attribute::Int(_) | Attribute::Other => 0,
        Attribute::Floats(values) => 4 * values.len(),
        Attribute::Ints(values) => 8 * values.len(),
        Attribute::String(value) => value.len(),
        Attribute::Strings(values) => values.iter().map(|value| value.len() + 32).sum(),
        Attribute::Tensor(tensor) => tensor.data.len() + 8 * tensor.info.shape.len(),
    }
}

/// Bytes of a call's name before the names in its body.
const MAX_TITLE: usize = 64;
