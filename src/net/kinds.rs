//! Which values are constant, which only describe shapes, and which carry evidence about the class.

use std::collections::BTreeSet;

use declass_formats::{Dtype, TensorInfo, onnx::Attribute};

use super::{
    ops::{Nature, Results, Weight},
    wiring::{ValueId, Wiring},
};

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

/// What each value is, and through which operands evidence enters each node.
#[derive(Debug)]
pub(crate) struct Kinds {
    /// By value.
    kinds: Vec<Kind>,
    /// By node.
    pub(super) evidence: Vec<Vec<ValueId>>,
}

impl Kinds {
    pub(super) fn of(&self, value: ValueId) -> Kind {
        self.kinds[value.0]
    }

    fn is_static(&self, value: ValueId) -> bool {
        self.of(value) == Kind::Static
    }
}

/// Tells constants from shapes, then finds the inputs that are classified, then follows what comes of them.
pub(super) fn classify(wiring: &Wiring<'_>) -> Kinds {
    let inputs = runtime_inputs(wiring);
    let kinds = vec![Kind::Side; wiring.names.len()];
    let mut found = Kinds { kinds, evidence: vec![Vec::new(); wiring.graph.nodes.len()] };
    mark_constants(&mut found, wiring, &inputs);
    let primary = primary_inputs(&found, wiring, &inputs);
    mark_data(&mut found, wiring, &primary);
    found
}

/// The operand of a linear operator that holds its weight, given which values are constant.
pub(super) fn weight_operand(
    wiring: &Wiring<'_>,
    node: usize,
    is_static: impl Fn(ValueId) -> bool,
) -> Option<usize> {
    let inputs = &wiring.node(node).inputs;
    let holds = |operand: usize| {
        let name = inputs.get(operand).filter(|name| !name.is_empty());
        name.and_then(|name| wiring.id(name)).is_some_and(&is_static)
    };
    let either = || match (holds(0), holds(1)) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        _ => None,
    };
    match wiring.op(node).weight() {
        Weight::Attributes(_) | Weight::Inside | Weight::None => None,
        Weight::Either => either(),
        Weight::OneOfTwo if inputs.len() == 2 => either(),
        Weight::OneOfTwo => None,
        Weight::Operand(operand) => Some(operand).filter(|operand| holds(*operand)),
    }
}

/// Whether a node holds trained weights that mix features.
pub(super) fn is_weighted(wiring: &Wiring<'_>, node: usize, is_static: impl Fn(ValueId) -> bool) -> bool {
    match wiring.op(node).weight() {
        Weight::Attributes(_) | Weight::Inside => true,
        _ => weight_operand(wiring, node, is_static).is_some(),
    }
}

/// Inputs minus initializers, which old files list among the inputs.
fn runtime_inputs(wiring: &Wiring<'_>) -> Vec<ValueId> {
    let graph = wiring.graph;
    let names = graph.inputs.iter().map(|input| input.name.as_str());
    names.filter(|name| !graph.initializers.contains_key(*name)).filter_map(|name| wiring.id(name)).collect()
}

fn mark_constants(found: &mut Kinds, wiring: &Wiring<'_>, inputs: &[ValueId]) {
    for (kind, producer) in found.kinds.iter_mut().zip(&wiring.producers) {
        if producer.is_none() {
            *kind = Kind::Static;
        }
    }
    for input in inputs {
        found.kinds[input.0] = Kind::Side;
    }
    for node in wiring.order.iter().copied() {
        let kind = constant_kind(found, wiring, node);
        for value in results(wiring, node) {
            found.kinds[value.0] = kind;
        }
    }
}

fn constant_kind(found: &Kinds, wiring: &Wiring<'_>, node: usize) -> Kind {
    let operands = &wiring.operands[node];
    let all = |kinds: &[Kind]| operands.iter().all(|value| kinds.contains(&found.of(*value)));
    let nature = wiring.op(node).nature();
    if all(&[Kind::Static]) && nature != Nature::Random {
        Kind::Static
    } else if all(&[Kind::Static, Kind::Shape]) || nature == Nature::ShapeOf {
        Kind::Shape
    } else {
        Kind::Side
    }
}

/// The inputs that are classified. An input from which no weighted operator and no table lookup works alone
/// only steers (an attention mask), if there is another one.
fn primary_inputs(found: &Kinds, wiring: &Wiring<'_>, inputs: &[ValueId]) -> Vec<ValueId> {
    let mut origins = vec![Origin::None; wiring.names.len()];
    for input in inputs {
        origins[input.0] = Origin::One(*input);
    }
    let is_side = |value: &ValueId| found.of(*value) == Kind::Side;
    let mut working = BTreeSet::new();
    for node in wiring.order.iter().copied() {
        let live = wiring.operands[node].iter().filter(|value| is_side(value));
        let origin = live.fold(Origin::None, |origin, value| origin.join(origins[value.0]));
        for value in results(wiring, node).into_iter().filter(is_side) {
            origins[value.0] = origin;
        }
        if let Origin::One(input) = origin
            && (is_weighted(wiring, node, |value| found.is_static(value)) || is_lookup(found, wiring, node))
        {
            working.insert(input);
        }
    }
    let primary: Vec<ValueId> = inputs.iter().copied().filter(|input| working.contains(input)).collect();
    if primary.is_empty() { inputs.to_vec() } else { primary }
}

/// Whether the node picks rows of an embedding table (of 8-bit integers in quantised models).
fn is_lookup(found: &Kinds, wiring: &Wiring<'_>, node: usize) -> bool {
    let [table, index, ..] = wiring.node(node).inputs.as_slice() else {
        return false;
    };
    let is_static = |name: &str| wiring.id(name).is_some_and(|value| found.is_static(value));
    let numeric = |dtype: Dtype| dtype.is_float() || matches!(dtype, Dtype::I8 | Dtype::U8);
    wiring.op(node).nature() == Nature::LooksUp
        && is_static(table)
        && !is_static(index)
        && table_info(wiring, table).is_none_or(|info| info.shape.len() == 2 && numeric(info.dtype))
}

fn table_info<'a>(wiring: &Wiring<'a>, name: &str) -> Option<&'a TensorInfo> {
    if let Some(info) = wiring.graph.initializers.get(name) {
        return Some(info);
    }
    match wiring.node(wiring.producers[wiring.id(name)?.0]?).attributes.get("value") {
        Some(Attribute::Tensor(tensor)) => Some(&tensor.info),
        _ => None,
    }
}

fn mark_data(found: &mut Kinds, wiring: &Wiring<'_>, primary: &[ValueId]) {
    for input in primary {
        found.kinds[input.0] = Kind::Data;
    }
    for node in wiring.order.iter().copied() {
        let evidence = evidence_of(found, wiring, node);
        if !evidence.is_empty() {
            for value in data_results(wiring, node) {
                found.kinds[value.0] = Kind::Data;
            }
        }
        found.evidence[node] = evidence;
    }
}

/// Data operands that do more than steer. Where only a steering operand is data, it is the evidence: the
/// index into a constant table is how text enters a model.
fn evidence_of(found: &Kinds, wiring: &Wiring<'_>, node: usize) -> Vec<ValueId> {
    let op = wiring.op(node);
    if op.is_shape() {
        return Vec::new();
    }
    let data = |(_, value): &(usize, &ValueId)| found.of(**value) == Kind::Data;
    let operands = || wiring.operands[node].iter().enumerate().filter(data);
    let plain: Vec<ValueId> =
        operands().filter(|(at, _)| !op.is_control(*at)).map(|(_, value)| *value).collect();
    if plain.is_empty() { operands().map(|(_, value)| *value).collect() } else { plain }
}

fn results(wiring: &Wiring<'_>, node: usize) -> Vec<ValueId> {
    let named = wiring.node(node).outputs.iter().filter(|name| !name.is_empty());
    named.filter_map(|name| wiring.id(name)).collect()
}

fn data_results(wiring: &Wiring<'_>, node: usize) -> Vec<ValueId> {
    let only_first = wiring.op(node).results() == Results::First;
    let outputs = wiring.node(node).outputs.iter().take(if only_first { 1 } else { usize::MAX });
    outputs.filter(|name| !name.is_empty()).filter_map(|name| wiring.id(name)).collect()
}
