//! Edits of a model, made by replacing fields of its tree.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Attribute, Graph, GraphEdit, Node, Onnx,
    encode::{attribute_fields, node_message, tensor_message},
    places::{ATTRIBUTE, FUNCTION, GRAPH, INITIALIZER, NODE, VALUE_TENSOR},
    scalars,
    storage::{self, Source},
    tree::{Content, Message},
    values::Values,
    wire::varint_field,
};
use crate::{FormatError, NewTensor, Problem};

/// A model's tree on the way to its edited form.
pub(super) struct Splice<'a> {
    pub(super) tree: Message,
    pub(super) values: Values<'a>,
    source: Source<'a>,
    graph: &'a Graph,
    /// By node of the graph: its index in the file's main graph.
    origins: &'a [Option<usize>],
    /// Positions of the initializers in the graph's fields, added ones included.
    initializers: BTreeMap<String, usize>,
    /// Names of all values of the main graph.
    taken: BTreeSet<String>,
}

impl<'a> Splice<'a> {
    pub(super) fn new(source: Source<'a>, tree: &Message, model: &'a Onnx) -> Result<Self, FormatError> {
        let graph = &model.graph;
        let mut initializers = BTreeMap::new();
        for (position, field) in tree.child(GRAPH).into_iter().flat_map(|graph| graph.all(INITIALIZER)) {
            let Some(tensor) = field.message() else {
                continue;
            };
            let name = scalars::text(source.file, tensor, storage::NAME);
            initializers.insert(name.map_err(|problem| source.fail(problem))?, position);
        }
        let inputs = graph.inputs.iter().map(|input| &input.name);
        let results = graph.nodes.iter().flat_map(|node| &node.outputs);
        let taken = inputs.chain(results).chain(initializers.keys()).cloned().collect();
        let values = Values::new(source, tree, &model.places)?;
        Ok(Self { tree: tree.clone(), values, source, graph, origins: &model.origins, initializers, taken })
    }

    pub(super) fn apply(&mut self, edit: &GraphEdit) -> Result<(), FormatError> {
        match edit {
            GraphEdit::AddInitializer { name, tensor } => self.add_initializer(name, tensor),
            GraphEdit::ClearFunctionInfo => {
                let functions = self.tree.fields.iter_mut().filter(|field| field.number == FUNCTION);
                let functions = functions.filter_map(|field| field.message_mut());
                functions.for_each(|function| function.remove_all(FUNCTION_INFO));
                Ok(())
            }
            GraphEdit::ClearValueInfo => {
                self.main_graph()?.remove_all(VALUE_INFO);
                Ok(())
            }
            GraphEdit::RemoveInitializer { name } => self.remove_initializer(name),
            GraphEdit::RemoveNode { node } => {
                let position = self.node_position(*node)?;
                self.main_graph()?.remove(position);
                let results = self.graph.nodes.get(*node).map(|node| &node.outputs);
                results.into_iter().flatten().for_each(|name| _ = self.taken.remove(name));
                Ok(())
            }
            GraphEdit::RemoveValueInfo { value } => {
                let position = self.main_graph()?.position(VALUE_INFO, *value);
                let position =
                    position.ok_or_else(|| self.unfit(format!("there is no value_info {value}")))?;
                self.main_graph()?.remove(position);
                Ok(())
            }
            GraphEdit::ReplaceNode { node, by } => self.replace_node(*node, by),
            GraphEdit::SetAttribute { node, name, value } => self.set_attribute(*node, name, value),
            GraphEdit::SetInput { node, index, value } => {
                let node_position = self.node_position(*node)?;
                let found = self
                    .main_graph()?
                    .at_mut(&[node_position])
                    .map(|node| node.replace(NODE_INPUT, *index, Content::Body(value.clone().into_bytes())));
                if found == Some(true) {
                    Ok(())
                } else {
                    Err(self.unfit(format!("node {node} has no input {index}")))
                }
            }
            GraphEdit::SetMetadata { key, value } => self.set_metadata(key, value),
            GraphEdit::SetOutputDim { output, axis, extent } => {
                self.set_dim((OUTPUT, *output), *axis, *extent)
            }
            GraphEdit::SetStrings { tensor, shape, values } => {
                self.values.set_strings(&mut self.tree, tensor, shape, values)
            }
            GraphEdit::SetValueInfoDim { value, axis, extent } => {
                self.set_dim((VALUE_INFO, *value), *axis, *extent)
            }
        }
    }

    fn add_initializer(&mut self, name: &str, tensor: &NewTensor) -> Result<(), FormatError> {
        tensor.check(name).map_err(|problem| self.source.fail(problem))?;
        if self.taken.contains(name) {
            return Err(self.unfit(format!("there already is a value `{name}`")));
        }
        let message = tensor_message(name, tensor)
            .ok_or_else(|| self.unfit(format!("ONNX has no element type {}", tensor.info.dtype.name())))?;
        let main = self.main_graph()?;
        let position = main.fields.len();
        main.push(INITIALIZER, Content::Message(Box::new(message)));
        self.initializers.insert(name.to_owned(), position);
        self.taken.insert(name.to_owned());
        if self.graph.ir_version < FREE_INITIALIZERS {
            let version = Content::Verbatim(varint_field(IR_VERSION, FREE_INITIALIZERS as u64));
            self.tree.set_single(IR_VERSION, version);
        }
        Ok(())
    }

    fn remove_initializer(&mut self, name: &str) -> Result<(), FormatError> {
        let position = self
            .initializers
            .remove(name)
            .ok_or_else(|| self.unfit(format!("there is no initializer `{name}`")))?;
        self.taken.remove(name);
        // The inputs of the tree and of the graph are the same, in the same order.
        let listed = self.graph.inputs.iter().position(|input| input.name == name);
        let main = self.main_graph()?;
        main.remove(position);
        let input = listed.and_then(|index| main.position(INPUT, index));
        input.into_iter().for_each(|input| main.remove(input));
        Ok(())
    }

    fn replace_node(&mut self, node: usize, by: &Node) -> Result<(), FormatError> {
        let position = self.node_position(node)?;
        let message =
            node_message(by).ok_or_else(|| self.unfit(format!("node {node} cannot become this")))?;
        let field = self.main_graph()?.fields.get_mut(position);
        field.into_iter().for_each(|field| field.content = Content::Message(Box::new(message.clone())));
        let before = self.graph.nodes.get(node).map(|node| &node.outputs);
        before.into_iter().flatten().for_each(|name| _ = self.taken.remove(name));
        self.taken.extend(by.outputs.iter().cloned());
        Ok(())
    }

    fn set_attribute(&mut self, node: usize, name: &str, value: &Attribute) -> Result<(), FormatError> {
        let missing = format!("node {node} has no attribute `{name}` of this kind");
        let same_kind = match self.graph.nodes.get(node).and_then(|node| node.attributes.get(name)) {
            Some(old) => std::mem::discriminant(old) == std::mem::discriminant(value),
            None => false,
        };
        if !same_kind {
            return Err(self.unfit(missing));
        }
        let mut path = vec![self.graph_position()?, self.node_position(node)?];
        let attributes = self.tree.at(&path).into_iter().flat_map(|node| node.all(ATTRIBUTE));
        let mut position = None;
        for (at, attribute) in attributes.filter_map(|(at, field)| Some((at, field.message()?))) {
            if scalars::text(self.source.file, attribute, 1).map_err(|problem| self.source.fail(problem))?
                == name
            {
                position = Some(at);
            }
        }
        path.extend(position);
        if let Attribute::Tensor(new) = value {
            path.extend(
                self.tree.at(&path).and_then(|attribute| attribute.one(VALUE_TENSOR)).map(|(at, _)| at),
            );
            return self.values.set_attribute_tensor(&mut self.tree, path, name, new);
        }
        let fields = attribute_fields(value).ok_or_else(|| self.unfit(missing.clone()))?;
        let attribute = self.tree.at_mut(&path).filter(|_| position.is_some());
        let Some(attribute) = attribute else {
            return Err(self.unfit(missing));
        };
        let (number, bytes) = fields;
        attribute.set_all(number, Content::Verbatim(bytes));
        Ok(())
    }

    fn set_metadata(&mut self, key: &str, value: &str) -> Result<(), FormatError> {
        let index = self
            .graph
            .metadata
            .iter()
            .position(|(known, _)| known == key)
            .ok_or_else(|| self.unfit(format!("there is no metadata entry `{key}`")))?;
        let position = self.tree.position(METADATA, index);
        let entry = position.and_then(|position| self.tree.at_mut(&[position]));
        entry.into_iter().for_each(|entry| entry.set_single(2, Content::Body(value.into())));
        Ok(())
    }

    /// Sets a dimension of a declared value: `value` is the field of the graph that declares it, and which of
    /// those fields.
    fn set_dim(&mut self, value: (u32, usize), axis: usize, extent: i64) -> Result<(), FormatError> {
        let what = if value.0 == OUTPUT { "output" } else { "value_info" };
        let problem = format!("{what} {} has no fixed dimension {axis}", value.1);
        let mut path = vec![self.graph_position()?];
        // From the value to its type, its tensor type, its shape, one dimension.
        for (number, index) in [value, (2, 0), (1, 0), (2, 0), (1, axis)] {
            let next = self.tree.at(&path).and_then(|message| message.position(number, index));
            path.push(next.ok_or_else(|| self.unfit(problem.clone()))?);
        }
        let value = Content::Verbatim(varint_field(DIM_VALUE, extent as u64));
        let done = self.tree.at_mut(&path).is_some_and(|dim| dim.replace(DIM_VALUE, 0, value));
        if done { Ok(()) } else { Err(self.unfit(problem)) }
    }

    fn main_graph(&mut self) -> Result<&mut Message, FormatError> {
        let path = [self.graph_position()?];
        let missing = self.unfit("there is no graph".to_owned());
        self.tree.at_mut(&path).ok_or(missing)
    }

    fn graph_position(&self) -> Result<usize, FormatError> {
        let position = self.tree.one(GRAPH).map(|(position, _)| position);
        position.ok_or_else(|| self.unfit("there is no graph".to_owned()))
    }

    /// The position in the graph's fields of a node by its index in the unedited graph.
    fn node_position(&self, node: usize) -> Result<usize, FormatError> {
        let Some(origin) = self.origins.get(node).copied().flatten() else {
            return Err(self.unfit(format!("node {node} is none of the main graph")));
        };
        let main = self.tree.child(GRAPH);
        let position = main.and_then(|main| main.position(NODE, origin));
        let present = position.filter(|position| main.is_some_and(|main| main.at(&[*position]).is_some()));
        present.ok_or_else(|| self.unfit(format!("there is no node {node}")))
    }

    fn unfit(&self, what: String) -> FormatError {
        self.source.fail(Problem::GraphEdit { what })
    }
}

const DIM_VALUE: u32 = 1;
/// `value_info` of a function.
const FUNCTION_INFO: u32 = 12;
/// From this IR version on, initializers need not be inputs.
const FREE_INITIALIZERS: i64 = 4;
const INPUT: u32 = 11;
const IR_VERSION: u32 = 1;
const METADATA: u32 = 14;
const NODE_INPUT: u32 = 1;
const OUTPUT: u32 = 12;
const VALUE_INFO: u32 = 13;
