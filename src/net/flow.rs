//! The graph as a flow of evidence from the inputs to the outputs.

use std::{cell::Cell, collections::HashMap};

use declass_formats::onnx::{Dim, Graph, Node};

use super::{
    kinds::{self, Kind, Kinds},
    ops::Op,
    problem::Problem,
    wiring::{Reader, ValueId, Wiring},
};
use crate::error::Error;

/// A graph with its nodes ordered and its values classified.
#[derive(Debug)]
pub(crate) struct Flow<'a> {
    pub(super) wiring: Wiring<'a>,
    kinds: Kinds,
    /// Elements of constants that were computed so far.
    pub(super) computed: Cell<usize>,
    /// By node, the one operand that all that follows reads of several.
    picked: HashMap<usize, ValueId>,
}

impl<'a> Flow<'a> {
    /// Orders the nodes and classifies the values.
    ///
    /// # Errors
    /// [`Error::Locate`] where the graph is none: a cycle, a value made twice or never.
    pub(crate) fn new(graph: &'a Graph) -> Result<Self, Error> {
        let wiring = Wiring::new(graph)?;
        let kinds = kinds::classify(&wiring);
        Ok(Self { wiring, kinds, computed: Cell::new(0), picked: HashMap::new() })
    }

    /// The same where evidence enters each of these nodes, which stack values, only through the one that is picked again.
    pub(crate) fn reading(mut self, picked: HashMap<usize, ValueId>) -> Self {
        for (node, value) in &picked {
            self.kinds.evidence[*node] = vec![*value];
        }
        Self { picked, ..self }
    }

    /// The operand of a stack that is all that anything reads of it.
    pub(crate) fn picked(&self, node: usize) -> Option<ValueId> {
        self.picked.get(&node).copied()
    }

    pub(crate) fn graph(&self) -> &'a Graph {
        self.wiring.graph
    }

    pub(crate) fn node(&self, index: usize) -> &'a Node {
        self.wiring.node(index)
    }

    /// Where a node stands in [`Self::order`].
    pub(crate) fn rank(&self, node: usize) -> usize {
        self.wiring.ranks[node]
    }

    /// Node indices, every node after the ones it reads from.
    pub(crate) fn order(&self) -> &[usize] {
        &self.wiring.order
    }

    pub(crate) fn id(&self, name: &str) -> Option<ValueId> {
        self.wiring.id(name)
    }

    pub(crate) fn name(&self, value: ValueId) -> &'a str {
        self.wiring.names[value.0]
    }

    pub(crate) fn kind(&self, value: ValueId) -> Kind {
        self.kinds.of(value)
    }

    pub(crate) fn is_static(&self, name: &str) -> bool {
        self.id(name).is_some_and(|value| self.kind(value) == Kind::Static)
    }

    /// The node that makes a value; `None` for inputs and initializers.
    pub(crate) fn producer(&self, value: ValueId) -> Option<usize> {
        self.wiring.producers[value.0]
    }

    pub(crate) fn readers(&self, value: ValueId) -> &[Reader] {
        &self.wiring.readers[value.0]
    }

    /// What a constant meets first, however it is turned before: the value that a weight is multiplied with.
    pub(crate) fn met_by(&self, constant: ValueId) -> Option<ValueId> {
        let mut pending = vec![constant];
        let mut seen = std::collections::HashSet::new();
        while let Some(value) = pending.pop() {
            for node in self.readers(value).iter().map(|reader| self.node(reader.node)) {
                let ids =
                    |names: &[String]| names.iter().filter_map(|name| self.id(name)).collect::<Vec<_>>();
                let moves = |value: &ValueId| self.kind(*value) != Kind::Static;
                if let Some(met) = ids(&node.inputs).into_iter().find(moves) {
                    return Some(met);
                }
                pending.extend(ids(&node.outputs).into_iter().filter(|value| seen.insert(*value)));
            }
        }
        None
    }

    /// The operands through which evidence about the class enters a node.
    pub(crate) fn evidence(&self, node: usize) -> &[ValueId] {
        &self.kinds.evidence[node]
    }

    /// What a node's operator is.
    pub(crate) fn op(&self, node: usize) -> &Op {
        self.wiring.op(node)
    }

    /// The constant weight of a linear operator.
    pub(crate) fn weight_operand(&self, node: usize) -> Option<usize> {
        kinds::weight_operand(&self.wiring, node, |value| self.kind(value) == Kind::Static)
    }

    /// Whether the node holds trained weights that mix features.
    pub(crate) fn is_weighted(&self, node: usize) -> bool {
        kinds::is_weighted(&self.wiring, node, |value| self.kind(value) == Kind::Static)
    }

    pub(crate) fn is_output(&self, name: &str) -> bool {
        self.wiring.outputs.contains(name)
    }

    /// The declared dimensions of a value, if its rank is declared.
    pub(crate) fn declared(&self, name: &str) -> Option<&'a [Dim]> {
        self.wiring.shapes.get(name).copied()
    }

    /// A node's name for messages: its own, or the value it makes.
    pub(crate) fn title(&self, node: usize) -> String {
        self.wiring.title(node)
    }

    /// A problem with where it stands.
    pub(super) fn at(&self, node: usize, problem: Problem) -> Problem {
        let op = self.node(node).op_type.clone();
        Problem::At { title: self.title(node), op, problem: Box::new(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::sample::node;
    use declass_formats::{Dtype, TensorInfo, onnx::Value};

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
        // The one stored matrix is read twice, first in front of `h`.
        assert_eq!(cuts.iter().map(|cut| cut.parameters_after).collect::<Vec<_>>(), [0, 0, 0, 0, 12]);
    }
}
