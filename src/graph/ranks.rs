//! Ranks of values where a file does not declare them.

use declass_formats::{
    Artifact,
    onnx::{Dim, Node},
};

use super::{Flow, ValueId, int_attribute, ints_attribute, stored_info};

/// Operators whose result has as many axes as their first operand.
const KEEPING: &[&str] = &[
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Conv",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Gelu",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "InstanceNormalization",
    "LRN",
    "LayerNormalization",
    "LeakyRelu",
    "Log",
    "LogSoftmax",
    "MaxPool",
    "Mish",
    "Neg",
    "PRelu",
    "Pad",
    "Reciprocal",
    "Relu",
    "Selu",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Tanh",
    "Transpose",
];

/// Operators that broadcast their operands.
const BROADCASTING: &[&str] = &[
    "Add", "Div", "Max", "Mean", "Min", "Mul", "Pow", "Sub", "Sum", "Where",
];

/// The rank of every value that can be told without running the graph, by [`ValueId`].
#[derive(Debug)]
pub(crate) struct Ranks(Vec<Option<usize>>);

impl Ranks {
    /// One pass over the nodes in order.
    pub(crate) fn infer(artifact: &Artifact, flow: &Flow<'_>) -> Self {
        let known = |name: &&str| {
            let stored = stored_info(artifact, name).map(|info| info.shape.len());
            stored.or_else(|| flow.declared(name).map(<[_]>::len))
        };
        let mut ranks = Self(flow.names.iter().map(known).collect());
        for node in flow.order.iter().copied() {
            let rank = ranks.result(artifact, flow, flow.node(node));
            let first = flow
                .node(node)
                .outputs
                .first()
                .and_then(|name| flow.id(name));
            if let Some(slot) = first.and_then(|value| ranks.0.get_mut(value.0)) {
                *slot = slot.or(rank);
            }
        }
        ranks
    }

    /// The rank of a value.
    pub(crate) fn of(&self, value: ValueId) -> Option<usize> {
        self.0.get(value.0).copied().flatten()
    }

    fn result(&self, artifact: &Artifact, flow: &Flow<'_>, node: &Node) -> Option<usize> {
        let operand = |at: usize| self.of(flow.id(node.inputs.get(at)?)?);
        let entries = |attribute: &str, at: usize| {
            let stated = ints_attribute(node, attribute).map(<[_]>::len);
            stated.or_else(|| length(artifact, flow, node.inputs.get(at)?))
        };
        match node.op_type.as_str() {
            "Expand" => Some(operand(0)?.max(entries("", 1)?)),
            "Flatten" | "Gemm" => Some(2),
            "Gather" => (operand(0)? + operand(1)?).checked_sub(1),
            "MatMul" => Some(operand(0)?.max(operand(1)?)),
            "Reshape" => entries("shape", 1),
            "Squeeze" => operand(0)?.checked_sub(entries("axes", 1)?),
            "Unsqueeze" => Some(operand(0)? + entries("axes", 1)?),
            op if op.starts_with("Reduce") && int_attribute(node, "keepdims", 1) != 0 => operand(0),
            op if op.starts_with("Reduce") => operand(0)?.checked_sub(entries("axes", 1)?),
            op if KEEPING.contains(&op) => operand(0),
            op if BROADCASTING.contains(&op) => {
                let ranks: Option<Vec<usize>> = (0..node.inputs.len()).map(operand).collect();
                ranks?.into_iter().max()
            }
            _ => None,
        }
    }
}

/// The length of a list that an operator takes as an operand.
fn length(artifact: &Artifact, flow: &Flow<'_>, name: &str) -> Option<usize> {
    if let Some(info) = stored_info(artifact, name) {
        return Some(info.elements());
    }
    match flow.declared(name)? {
        [Dim::Fixed(extent)] => usize::try_from(*extent).ok(),
        _ => None,
    }
}
