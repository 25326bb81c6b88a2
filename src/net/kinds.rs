//! Which values are constant, which only describe shapes, and which carry evidence about the class.

use std::collections::BTreeSet;

use declass_formats::{
    Dtype, TensorInfo,
    onnx::{Attribute, Node},
};

use super::{Flow, ValueId, roles};

/// What a value is to the classification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Derived from the classified input.
    Data,
    /// Known from shapes and constants alone.
    Shape,
    /// Derived only from inputs that steer, such as an attention mask.
    Side,
    /// The same in every run.
    Static,
}

/// Which graph inputs a value is computed from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origin {
    Many,
    None,
    One(ValueId),
}

impl Origin {
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, origin) | (origin, Self::None) => origin,
            (a, b) if a == b => a,
            _ => Self::Many,
        }
    }
}

pub(super) fn classify(flow: &mut Flow<'_>) {
    let inputs = runtime_inputs(flow);
    mark_constants(flow, &inputs);
    let primary = primary_inputs(flow, &inputs);
    mark_data(flow, &primary);
}

/// Inputs minus initializers, which old files list among the inputs.
fn runtime_inputs(flow: &Flow<'_>) -> Vec<ValueId> {
    let graph = flow.graph;
    let names = graph.inputs.iter().map(|input| input.name.as_str());
    names.filter(|name| !graph.initializers.contains_key(*name)).filter_map(|name| flow.id(name)).collect()
}

fn mark_constants(flow: &mut Flow<'_>, inputs: &[ValueId]) {
    for id in 0..flow.names.len() {
        if flow.producers[id].is_none() {
            flow.kinds[id] = Kind::Static;
        }
    }
    for input in inputs {
        flow.kinds[input.0] = Kind::Side;
    }
    for at in 0..flow.order.len() {
        let node = flow.order[at];
        let kind = constant_kind(flow, node);
        for value in results(flow, node) {
            flow.kinds[value.0] = kind;
        }
    }
}

fn constant_kind(flow: &Flow<'_>, node: usize) -> Kind {
    let operands = &flow.operands[node];
    let all = |kinds: &[Kind]| operands.iter().all(|value| kinds.contains(&flow.kind(*value)));
    if all(&[Kind::Static]) && !roles::is_random(flow.node(node)) {
        Kind::Static
    } else if all(&[Kind::Static, Kind::Shape]) || roles::is_shape(flow.node(node)) {
        Kind::Shape
    } else {
        Kind::Side
    }
}

/// The inputs that are classified. An input from which no weighted operator and no table lookup works alone
/// only steers (an attention mask), if there is another one.
fn primary_inputs(flow: &Flow<'_>, inputs: &[ValueId]) -> Vec<ValueId> {
    let mut origins = vec![Origin::None; flow.names.len()];
    for input in inputs {
        origins[input.0] = Origin::One(*input);
    }
    let mut working = BTreeSet::new();
    for node in flow.order.iter().copied() {
        let live = flow.operands[node].iter().filter(|value| flow.kind(**value) == Kind::Side);
        let origin = live.fold(Origin::None, |origin, value| origin.join(origins[value.0]));
        for value in results(flow, node).into_iter().filter(|value| flow.kind(*value) == Kind::Side) {
            origins[value.0] = origin;
        }
        if let Origin::One(input) = origin
            && (flow.is_weighted(node) || is_lookup(flow, flow.node(node)))
        {
            working.insert(input);
        }
    }
    let primary: Vec<ValueId> = inputs.iter().copied().filter(|input| working.contains(input)).collect();
    if primary.is_empty() { inputs.to_vec() } else { primary }
}

/// Whether the node picks rows of an embedding table (of 8-bit integers in quantised models).
fn is_lookup(flow: &Flow<'_>, node: &Node) -> bool {
    let (Some(table), Some(index)) = (node.inputs.first(), node.inputs.get(1)) else {
        return false;
    };
    let numeric = |dtype: Dtype| dtype.is_float() || matches!(dtype, Dtype::I8 | Dtype::U8);
    node.op_type == "Gather"
        && flow.is_static(table)
        && !flow.is_static(index)
        && table_info(flow, table).is_none_or(|info| info.shape.len() == 2 && numeric(info.dtype))
}

fn table_info<'a>(flow: &Flow<'a>, name: &str) -> Option<&'a TensorInfo> {
    if let Some(info) = flow.graph().initializers.get(name) {
        return Some(info);
    }
    match flow.node(flow.producer(flow.id(name)?)?).attributes.get("value") {
        Some(Attribute::Tensor(tensor)) => Some(&tensor.info),
        _ => None,
    }
}

fn mark_data(flow: &mut Flow<'_>, primary: &[ValueId]) {
    for input in primary {
        flow.kinds[input.0] = Kind::Data;
    }
    flow.evidence = vec![Vec::new(); flow.graph.nodes.len()];
    for at in 0..flow.order.len() {
        let node = flow.order[at];
        let evidence = evidence_of(flow, node);
        if !evidence.is_empty() {
            for value in data_results(flow, node) {
                flow.kinds[value.0] = Kind::Data;
            }
        }
        flow.evidence[node] = evidence;
    }
}

/// Data operands that do more than steer. Where only a steering operand is data, it is the evidence: the
/// index into a constant table is how text enters a model.
fn evidence_of(flow: &Flow<'_>, node: usize) -> Vec<ValueId> {
    if roles::is_shape(flow.node(node)) {
        return Vec::new();
    }
    let data = |(_, value): &(usize, &ValueId)| flow.kind(**value) == Kind::Data;
    let operands = || flow.operands[node].iter().enumerate().filter(data);
    let plain: Vec<ValueId> = operands()
        .filter(|(at, _)| !roles::is_control(flow.node(node), *at))
        .map(|(_, value)| *value)
        .collect();
    if plain.is_empty() { operands().map(|(_, value)| *value).collect() } else { plain }
}

fn results(flow: &Flow<'_>, node: usize) -> Vec<ValueId> {
    let named = flow.node(node).outputs.iter().filter(|name| !name.is_empty());
    named.filter_map(|name| flow.id(name)).collect()
}

fn data_results(flow: &Flow<'_>, node: usize) -> Vec<ValueId> {
    let outputs = flow.node(node).outputs.iter().enumerate();
    let carrying =
        outputs.filter(|(at, name)| !name.is_empty() && roles::is_data_result(flow.node(node), *at));
    carrying.filter_map(|(_, name)| flow.id(name)).collect()
}
