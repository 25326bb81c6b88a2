//! What two graphs have in common: values that are the same in both, so that they are computed once for both.

use std::collections::{BTreeSet, HashMap, HashSet};

use declass_formats::onnx::Attribute;

use crate::net::{Flow, Kind, Source, ValueId};

/// One of the two models as a graph.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) source: Source<'a>,
    pub(super) flow: &'a Flow<'a>,
}

/// The values of a changed graph that are the same as in the original and that the rest of it reads, or gives out.
pub(super) struct Shared {
    /// The value in the changed graph, and the one of the same name in the original.
    pub(super) values: Vec<(ValueId, ValueId)>,
}

impl Shared {
    /// Compares two graphs node by node; `changed` are the stored tensors whose elements differ.
    pub(super) fn between(original: Side<'_>, copy: Side<'_>, changed: &BTreeSet<&str>) -> Self {
        let (before, after) = (original.flow, copy.flow);
        let makers: HashMap<&str, usize> = before
            .order()
            .iter()
            .flat_map(|node| before.node(*node).outputs.iter().map(move |name| (name.as_str(), *node)))
            .collect();
        let is_same_weight = |name: &str| {
            !changed.contains(original.source.stored(name))
                && original.source.info(name) == copy.source.info(name)
        };
        let mut other: HashSet<ValueId> = HashSet::new();
        let mut read: BTreeSet<ValueId> = BTreeSet::new();
        for index in after.order() {
            let node = after.node(*index);
            let ids = |names: &[String]| names.iter().filter_map(|name| after.id(name)).collect::<Vec<_>>();
            let operands = [ids(&node.inputs), ids(&node.captures)].concat();
            let twin = node.outputs.first().and_then(|name| makers.get(name.as_str()));
            let is_same = twin.is_some_and(|twin| {
                let twin = before.node(*twin);
                twin.op_type == node.op_type
                    && twin.domain == node.domain
                    && twin.inputs == node.inputs
                    && twin.outputs == node.outputs
                    && twin.attributes == node.attributes
                    // What bodies of nodes hold is not compared here: they are run again.
                    && !node.attributes.values().any(|value| *value == Attribute::Other)
            });
            let follows = operands.iter().any(|value| other.contains(value))
                || node.inputs.iter().any(|name| !is_same_weight(name));
            if !is_same || follows {
                other.extend(ids(&node.outputs));
                read.extend(operands);
            }
        }
        let given_out = after.graph().outputs.iter().filter_map(|output| after.id(&output.name));
        read.extend(given_out);
        let moves = |value: &ValueId| matches!(after.kind(*value), Kind::Data | Kind::Side | Kind::Shape);
        let kept = read.into_iter().filter(|value| !other.contains(value) && moves(value));
        let pair = |value: ValueId| Some((value, before.id(after.name(value))?));
        Self { values: kept.filter_map(pair).collect() }
    }
}
