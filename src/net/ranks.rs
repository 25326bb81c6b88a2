//! Ranks of values where a file does not declare them.

use declass_formats::{
    Artifact,
    onnx::{Dim, Node},
};

use super::{Flow, ValueId, evaluate, int_attribute, ints_attribute, stored_info};

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
const BROADCASTING: &[&str] = &["Add", "Div", "Max", "Mean", "Min", "Mul", "Pow", "Sub", "Sum", "Where"];

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
        let mut known = Self {
            ranks: flow.names.iter().map(rank).collect(),
            lengths: flow.names.iter().map(length).collect(),
        };
        for node in flow.order.iter().copied() {
            let first = flow.node(node).outputs.first();
            let Some(value) = first.and_then(|name| flow.id(name)) else {
                continue;
            };
            if known.lengths[value.0].is_none() {
                known.lengths[value.0] = known.length(artifact, flow, flow.node(node));
            }
            if known.ranks[value.0].is_none() {
                known.ranks[value.0] = known.result(flow, flow.node(node));
            }
        }
        known
    }

    /// The rank of a value.
    pub(crate) fn of(&self, value: ValueId) -> Option<usize> {
        self.ranks.get(value.0).copied().flatten()
    }

    fn result(&self, flow: &Flow<'_>, node: &Node) -> Option<usize> {
        let operand = |at: usize| self.of(flow.id(node.inputs.get(at)?)?);
        let entries = |attribute: &str, at: usize| {
            let stated = ints_attribute(node, attribute).map(<[_]>::len);
            stated.or_else(|| self.length_of(flow, node, at))
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

    fn length_of(&self, flow: &Flow<'_>, node: &Node, operand: usize) -> Option<usize> {
        let value = flow.id(node.inputs.get(operand)?)?;
        self.lengths.get(value.0).copied().flatten()
    }

    /// The length of a list that is put together from shapes.
    fn length(&self, artifact: &Artifact, flow: &Flow<'_>, node: &Node) -> Option<usize> {
        match node.op_type.as_str() {
            "Cast" | "Identity" => self.length_of(flow, node, 0),
            "Concat" => (0..node.inputs.len())
                .try_fold(0_usize, |sum, operand| sum.checked_add(self.length_of(flow, node, operand)?)),
            "Shape" if node.attributes.is_empty() => self.of(flow.id(node.inputs.first()?)?),
            "Slice" => {
                let length = i64::try_from(self.length_of(flow, node, 0)?).ok()?;
                let single = |operand: usize| {
                    let name = node.inputs.get(operand)?;
                    let short = self.length_of(flow, node, operand) == Some(1);
                    let constant = short && flow.is_static(name);
                    let value = constant.then(|| evaluate(artifact, flow, name).ok())?;
                    value?.integers().first().copied()
                };
                let bound = |operand: usize| {
                    let at = single(operand)?;
                    Some(if at < 0 { at + length } else { at }.clamp(0, length))
                };
                let whole_steps = node.inputs.len() < 5 || single(4) == Some(1);
                usize::try_from(bound(2)? - bound(1)?).ok().filter(|_| whole_steps)
            }
            "Unsqueeze" if self.of(flow.id(node.inputs.first()?)?) == Some(0) => Some(1),
            _ => None,
        }
    }
}
