//! Who makes and who reads each value, and in which order the nodes run.

use std::collections::{HashMap, HashSet, VecDeque};

use declass_formats::onnx::{Dim, Graph, Node};

use super::ops::Op;
use crate::error::{Error, LocateError};

/// A value of the graph, by its place in the table of values.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct ValueId(pub(super) usize);

/// One reading of a value: the node, and the operand's position (captured values of subgraphs come after
/// the node's own operands).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reader {
    pub(crate) node: usize,
    pub(crate) operand: usize,
}

/// A graph with its values named, its operators looked up and its nodes ordered.
#[derive(Debug)]
pub(crate) struct Wiring<'a> {
    pub(super) graph: &'a Graph,
    pub(super) names: Vec<&'a str>,
    ids: HashMap<&'a str, ValueId>,
    ops: Vec<Op>,
    pub(super) producers: Vec<Option<usize>>,
    pub(super) readers: Vec<Vec<Reader>>,
    pub(super) operands: Vec<Vec<ValueId>>,
    pub(super) order: Vec<usize>,
    /// Where each node stands in `order`.
    pub(super) ranks: Vec<usize>,
    pub(super) shapes: HashMap<&'a str, &'a [Dim]>,
    pub(super) outputs: HashSet<&'a str>,
}

impl<'a> Wiring<'a> {
    /// Links values to nodes and orders the nodes.
    ///
    /// # Errors
    /// [`Error::Locate`] where the graph is none: a cycle, a value made twice or never.
    pub(super) fn new(graph: &'a Graph) -> Result<Self, Error> {
        let mut wiring = Self {
            graph,
            names: Vec::new(),
            ids: HashMap::new(),
            ops: graph.nodes.iter().map(|node| Op::parse(node, graph)).collect(),
            producers: Vec::new(),
            readers: Vec::new(),
            operands: Vec::with_capacity(graph.nodes.len()),
            order: Vec::new(),
            ranks: vec![0; graph.nodes.len()],
            shapes: declared_shapes(graph),
            outputs: graph.outputs.iter().map(|output| output.name.as_str()).collect(),
        };
        wiring.link()?;
        wiring.order = wiring.topological_order()?;
        for (rank, node) in wiring.order.iter().enumerate() {
            wiring.ranks[*node] = rank;
        }
        wiring.check_sources()?;
        Ok(wiring)
    }

    pub(super) fn node(&self, index: usize) -> &'a Node {
        &self.graph.nodes[index]
    }

    pub(super) fn op(&self, node: usize) -> &Op {
        &self.ops[node]
    }

    pub(super) fn id(&self, name: &str) -> Option<ValueId> {
        self.ids.get(name).copied()
    }

    /// A node's name for messages: its own, or the value it makes.
    pub(super) fn title(&self, node: usize) -> String {
        let node = self.node(node);
        match (node.name.as_str(), node.outputs.first()) {
            ("", Some(output)) => output.clone(),
            (name, _) => name.to_owned(),
        }
    }

    fn intern(&mut self, name: &'a str) -> ValueId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = ValueId(self.names.len());
        self.names.push(name);
        self.ids.insert(name, id);
        self.producers.push(None);
        self.readers.push(Vec::new());
        id
    }

    fn link(&mut self) -> Result<(), Error> {
        let graph = self.graph;
        for (index, node) in graph.nodes.iter().enumerate() {
            for name in node.outputs.iter().filter(|name| !name.is_empty()) {
                let value = self.intern(name);
                if graph.initializers.contains_key(name) || self.producers[value.0].replace(index).is_some() {
                    return Err(malformed(format!("value `{name}` is made twice")));
                }
            }
            let mut operands = Vec::new();
            for (operand, name) in node.inputs.iter().chain(&node.captures).enumerate() {
                let value = self.intern(name);
                operands.push(value);
                if !name.is_empty() {
                    self.readers[value.0].push(Reader { node: index, operand });
                }
            }
            self.operands.push(operands);
        }
        Ok(())
    }

    /// Kahn's algorithm, in file order among equals: a file may list its nodes in any order.
    fn topological_order(&self) -> Result<Vec<usize>, Error> {
        let nodes = self.graph.nodes.len();
        let made = |value: &&ValueId| self.producers[value.0].is_some();
        let mut missing: Vec<usize> =
            self.operands.iter().map(|list| list.iter().filter(made).count()).collect();
        let mut ready: VecDeque<usize> = (0..nodes).filter(|node| missing[*node] == 0).collect();
        let mut order = Vec::with_capacity(nodes);
        while let Some(node) = ready.pop_front() {
            order.push(node);
            for name in self.node(node).outputs.iter().filter(|name| !name.is_empty()) {
                for reader in &self.readers[self.ids[name.as_str()].0] {
                    missing[reader.node] -= 1;
                    if missing[reader.node] == 0 {
                        ready.push_back(reader.node);
                    }
                }
            }
        }
        match (0..nodes).find(|node| missing[*node] > 0) {
            Some(node) => Err(malformed(format!("node `{}` depends on its own result", self.title(node)))),
            None => Ok(order),
        }
    }

    /// Every value that is read must come from somewhere.
    fn check_sources(&mut self) -> Result<(), Error> {
        let graph = self.graph;
        for name in
            graph.inputs.iter().map(|input| &input.name).chain(graph.initializers.keys()).chain(&graph.sparse)
        {
            self.intern(name);
        }
        let mut given: Vec<bool> = self.producers.iter().map(Option::is_some).collect();
        for name in
            graph.inputs.iter().map(|input| &input.name).chain(graph.initializers.keys()).chain(&graph.sparse)
        {
            given[self.ids[name.as_str()].0] = true;
        }
        let orphan = (0..self.names.len()).find(|id| !given[*id] && !self.names[*id].is_empty());
        let missing = graph.outputs.iter().find(|output| !self.ids.contains_key(output.name.as_str()));
        match (orphan.map(|id| self.names[id]), missing) {
            (Some(name), _) => Err(malformed(format!("value `{name}` is read but never made"))),
            (None, Some(output)) => Err(malformed(format!("output `{}` is never made", output.name))),
            (None, None) => Ok(()),
        }
    }
}

fn declared_shapes(graph: &Graph) -> HashMap<&str, &[Dim]> {
    let values = graph.inputs.iter().chain(&graph.value_info).chain(&graph.outputs);
    values.filter_map(|value| Some((value.name.as_str(), value.shape.as_deref()?))).collect()
}

fn malformed(what: String) -> Error {
    let hint = Some("export the model again".into());
    LocateError::Unsuitable { reason: format!("the graph is malformed: {what}"), hint }.into()
}
