//! Ranks of values where a file does not declare them.

use declass_formats::{
    Artifact,
    onnx::{Dim, Node},
};

use super::{
    evaluate::{evaluate, stored_info},
    flow::Flow,
    ops::{Behind, Facts},
    wiring::ValueId,
};

/// The rank of every value that can be told without running the graph.
#[derive(Debug)]
pub(crate) struct Ranks {
    /// By [`ValueId`].
    ranks: Vec<Option<usize>>,
    /// Lengths of values of rank 1, which are shapes mostly.
    lengths: Vec<Option<usize>>,
}

impl Ranks {
    /// One pass over the nodes in order.
    pub(crate) fn infer(artifact: &Artifact, flow: &Flow<'_>) -> Self {
        let rank = |name: &&str| {
            let stored = stored_info(artifact, name).map(|info| info.shape.len());
            stored.or_else(|| flow.declared(name).map(<[_]>::len))
        };
        let length = |name: &&str| match (stored_info(artifact, name), flow.declared(name)) {
            (Some(info), _) => Some(info.elements()),
            (None, Some([Dim::Fixed(extent)])) => usize::try_from(*extent).ok(),
            _ => None,
        };
        let names = &flow.wiring.names;
        let mut known =
            Self { ranks: names.iter().map(rank).collect(), lengths: names.iter().map(length).collect() };
        for node in flow.order().iter().copied() {
            let first = flow.node(node).outputs.first();
            let (Some(value), Ok(op)) = (first.and_then(|name| flow.id(name)), flow.op(node).known()) else {
                continue;
            };
            let facts = NodeFacts { artifact, flow, known: &known, node: flow.node(node) };
            let length = known.lengths[value.0].or_else(|| (op.length)(&facts));
            // What an operator makes counts more than what a file declares, which nobody checks.
            let rank = (op.rank)(&facts).or(known.ranks[value.0]);
            known.lengths[value.0] = length;
            known.ranks[value.0] = rank;
            // Parts of a value have its axes, all of them.
            let parts = flow.node(node).outputs.iter().skip(1).filter(|_| op.behind == Behind::Parted);
            for part in parts.filter_map(|name| flow.id(name)) {
                known.ranks[part.0] = rank.or(known.ranks[part.0]);
            }
        }
        known
    }

    /// The rank of a value.
    pub(crate) fn of(&self, value: ValueId) -> Option<usize> {
        self.ranks.get(value.0).copied().flatten()
    }
}

/// What is known so far of one node's operands.
struct NodeFacts<'k, 'a> {
    artifact: &'k Artifact,
    flow: &'k Flow<'a>,
    known: &'k Ranks,
    node: &'a Node,
}

impl NodeFacts<'_, '_> {
    fn value(&self, operand: usize) -> Option<ValueId> {
        self.flow.id(self.node.inputs.get(operand)?)
    }
}

impl Facts for NodeFacts<'_, '_> {
    fn node(&self) -> &Node {
        self.node
    }

    fn rank(&self, operand: usize) -> Option<usize> {
        self.known.of(self.value(operand)?)
    }

    fn length(&self, operand: usize) -> Option<usize> {
        self.known.lengths.get(self.value(operand)?.0).copied().flatten()
    }

    fn entry(&self, operand: usize) -> Option<i64> {
        let name = self.node.inputs.get(operand)?;
        let constant = self.length(operand) == Some(1) && self.flow.is_static(name);
        let value = constant.then(|| evaluate(self.artifact, self.flow, name).ok())?;
        value?.integers().first().copied()
    }
}
