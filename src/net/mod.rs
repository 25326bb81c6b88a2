//! The ONNX graph as a flow of evidence from the inputs to the outputs: who makes and who reads each value,
//! and which values carry evidence about the class.

mod attributes;
mod constant;
mod cuts;
mod evaluate;
mod kinds;
mod ranks;
mod roles;
mod tensor_ops;

pub(crate) use attributes::{float_attribute, int_attribute, ints_attribute};
use declass_formats::onnx::{Dim, Graph, Node};
pub(crate) use evaluate::{axes_of, element_type, evaluate, stored_info};
pub(crate) use kinds::Kind;
pub(crate) use ranks::Ranks;
pub(crate) use roles::is_classical;
use std::{
    cell::Cell,
    collections::{HashMap, HashSet, VecDeque},
};
pub(crate) use tensor_ops::{flattened, permutation, reshaped, squeezed, unsqueezed};

use crate::error::Error;

/// A value of the graph, by its place in [`Flow`]'s table.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct ValueId(usize);

/// One reading of a value: the node, and the operand's position (captured values of subgraphs come after
/// the node's own operands).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reader {
    pub(crate) node: usize,
    pub(crate) operand: usize,
}

/// A graph with its nodes ordered and its values classified.
#[derive(Debug)]
pub(crate) struct Flow<'a> {
    graph: &'a Graph,
    names: Vec<&'a str>,
    ids: HashMap<&'a str, ValueId>,
    producers: Vec<Option<usize>>,
    readers: Vec<Vec<Reader>>,
    operands: Vec<Vec<ValueId>>,
    order: Vec<usize>,
    /// Where each node stands in `order`.
    ranks: Vec<usize>,
    kinds: Vec<Kind>,
    evidence: Vec<Vec<ValueId>>,
    shapes: HashMap<&'a str, &'a [Dim]>,
    outputs: HashSet<&'a str>,
    /// Elements of constants that were computed so far.
    computed: Cell<usize>,
}

impl<'a> Flow<'a> {
    /// Orders the nodes and classifies the values.
    ///
    /// # Errors
    /// [`Error::NotAClassifier`] where the graph is none: a cycle, a value made twice or never.
    pub(crate) fn new(graph: &'a Graph) -> Result<Self, Error> {
        let mut flow = Self {
            graph,
            names: Vec::new(),
            ids: HashMap::new(),
            producers: Vec::new(),
            readers: Vec::new(),
            operands: Vec::with_capacity(graph.nodes.len()),
            order: Vec::new(),
            ranks: vec![0; graph.nodes.len()],
            kinds: Vec::new(),
            evidence: Vec::new(),
            shapes: declared_shapes(graph),
            outputs: graph.outputs.iter().map(|output| output.name.as_str()).collect(),
            computed: Cell::new(0),
        };
        flow.link()?;
        flow.order = flow.topological_order()?;
        for (rank, node) in flow.order.iter().enumerate() {
            flow.ranks[*node] = rank;
        }
        flow.check_sources()?;
        kinds::classify(&mut flow);
        Ok(flow)
    }

    pub(crate) fn graph(&self) -> &'a Graph {
        self.graph
    }

    pub(crate) fn node(&self, index: usize) -> &'a Node {
        &self.graph.nodes[index]
    }

    /// Where a node stands in [`Self::order`].
    pub(crate) fn rank(&self, node: usize) -> usize {
        self.ranks[node]
    }

    /// Node indices, every node after the ones it reads from.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    pub(crate) fn id(&self, name: &str) -> Option<ValueId> {
        self.ids.get(name).copied()
    }

    pub(crate) fn name(&self, value: ValueId) -> &'a str {
        self.names[value.0]
    }

    pub(crate) fn kind(&self, value: ValueId) -> Kind {
        self.kinds[value.0]
    }

    pub(crate) fn is_static(&self, name: &str) -> bool {
        self.id(name).is_some_and(|value| self.kind(value) == Kind::Static)
    }

    /// The node that makes a value; `None` for inputs and initializers.
    pub(crate) fn producer(&self, value: ValueId) -> Option<usize> {
        self.producers[value.0]
    }

    pub(crate) fn readers(&self, value: ValueId) -> &[Reader] {
        &self.readers[value.0]
    }

    /// The operands through which evidence about the class enters a node.
    pub(crate) fn evidence(&self, node: usize) -> &[ValueId] {
        &self.evidence[node]
    }

    /// The constant weight of a linear operator.
    pub(crate) fn weight_operand(&self, node: usize) -> Option<usize> {
        roles::weight_operand(self.node(node), |name| self.is_static(name))
    }

    /// Whether the node holds trained weights that mix features.
    pub(crate) fn is_weighted(&self, node: usize) -> bool {
        self.weight_operand(node).is_some()
            || roles::is_recurrent(self.node(node))
            || roles::is_classical(self.node(node))
    }

    pub(crate) fn is_output(&self, name: &str) -> bool {
        self.outputs.contains(name)
    }

    /// The declared dimensions of a value, if its rank is declared.
    pub(crate) fn declared(&self, name: &str) -> Option<&'a [Dim]> {
        self.shapes.get(name).copied()
    }

    /// A node's name for messages: its own, or the value it makes.
    pub(crate) fn title(&self, node: usize) -> String {
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
        self.kinds.push(Kind::Side);
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
    Error::NotAClassifier {
        reason: format!("the graph is malformed: {what}"),
        hint: "export the model again".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use declass_formats::{Dtype, TensorInfo, onnx::Value};

    fn node(op: &str, inputs: &[&str], output: &str) -> Node {
        Node {
            op_type: op.into(),
            inputs: inputs.iter().map(|name| (*name).into()).collect(),
            outputs: vec![output.into()],
            ..Node::default()
        }
    }

    fn graph(inputs: &[&str], nodes: Vec<Node>) -> Graph {
        let value = |name: &str| Value { name: name.into(), ..Value::default() };
        let info = TensorInfo { dtype: Dtype::F32, shape: vec![3, 4] };
        Graph {
            nodes,
            inputs: inputs.iter().map(|name| value(name)).collect(),
            outputs: vec![value("logits")],
            initializers: [("W".to_owned(), info)].into(),
            ..Graph::default()
        }
    }

    fn problem(graph: &Graph) -> String {
        Flow::new(graph).unwrap_err().to_string()
    }

    #[test]
    fn a_cycle_is_an_error_and_no_loop() {
        let nodes = vec![
            node("Add", &["x", "b"], "a"),
            node("Relu", &["a"], "b"),
            node("Gemm", &["a", "W"], "logits"),
        ];
        assert!(problem(&graph(&["x"], nodes)).contains("depends on its own result"));
    }

    #[test]
    fn a_value_is_made_once() {
        let nodes = vec![node("Relu", &["x"], "logits"), node("Tanh", &["x"], "logits")];
        assert!(problem(&graph(&["x"], nodes)).contains("made twice"));
        let missing = vec![node("Add", &["x", "y"], "logits")];
        assert!(problem(&graph(&["x"], missing)).contains("never made"));
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_nodes_in_reverse_is_followed() {
        let name = |at: usize| match at {
            0 => "x".to_owned(),
            100_000 => "logits".to_owned(),
            _ => format!("v{at}"),
        };
        let chain = (0..100_000).map(|at| node("Relu", &[&name(at)], &name(at + 1)));
        let graph = graph(&["x"], chain.rev().collect());
        let flow = Flow::new(&graph).unwrap();
        assert_eq!(flow.dominators(flow.id("logits").unwrap()).len(), 100_001);
    }

    #[test]
    fn a_mask_only_steers_and_residual_branches_are_no_cuts() {
        let nodes = vec![
            node("Gemm", &["x", "W"], "h"),
            node("Add", &["h", "mask"], "masked"),
            node("Relu", &["masked"], "branch"),
            node("Add", &["masked", "branch"], "e"),
            node("Gemm", &["e", "W"], "logits"),
        ];
        let graph = graph(&["x", "mask"], nodes);
        let flow = Flow::new(&graph).unwrap();
        assert_eq!(flow.kind(flow.id("mask").unwrap()), Kind::Side);
        let cuts = flow.dominators(flow.id("logits").unwrap());
        let found: Vec<_> = cuts.iter().map(|cut| (flow.name(cut.value), cut.weighted_after)).collect();
        let expected = [("logits", 0), ("e", 1), ("masked", 1), ("h", 1), ("x", 2)];
        assert_eq!(found, expected);
    }
}
