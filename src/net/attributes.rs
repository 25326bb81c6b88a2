//! Attributes of nodes, by kind.

use declass_formats::onnx::{Attribute, Node};

/// An integer attribute, or its default.
pub(crate) fn int_attribute(node: &Node, name: &str, default: i64) -> i64 {
    match node.attributes.get(name) {
        Some(Attribute::Int(value)) => *value,
        _ => default,
    }
}

/// A float attribute, or its default.
pub(crate) fn float_attribute(node: &Node, name: &str, default: f32) -> f32 {
    match node.attributes.get(name) {
        Some(Attribute::Float(value)) => *value,
        _ => default,
    }
}

/// A list of integers, if the attribute is there.
pub(crate) fn ints_attribute<'n>(node: &'n Node, name: &str) -> Option<&'n [i64]> {
    match node.attributes.get(name) {
        Some(Attribute::Ints(values)) => Some(values),
        _ => None,
    }
}
