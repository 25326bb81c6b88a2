//! From protobuf's messages to plain values.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use onnx_protobuf::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};

use super::graph::{Attribute, Dim, Graph, Node, Value};
use crate::{NewTensor, Problem};

/// Attributes that are tensors, by node and place in the node.
pub(super) type AttributeTensors = BTreeMap<(usize, usize), NewTensor>;

/// The main graph, without its initializers.
pub(super) fn graph(model: &ModelProto, tensors: &AttributeTensors) -> Result<Graph, Problem> {
    let main = &model.graph;
    let nodes = main.node.iter().enumerate();
    Ok(Graph {
        nodes: nodes
            .map(|(index, proto)| node(proto, &|attribute| tensors.get(&(index, attribute))))
            .collect::<Result<_, _>>()?,
        inputs: main.input.iter().map(value).collect(),
        outputs: main.output.iter().map(value).collect(),
        value_info: main.value_info.iter().map(value).collect(),
        initializers: BTreeMap::new(),
        passed: BTreeSet::new(),
        repeated: BTreeSet::new(),
        elsewhere: Vec::new(),
        sparse: main.sparse_initializer.iter().map(|sparse| sparse.values.name.clone()).collect(),
        metadata: model.metadata_props.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect(),
        opsets: opsets(&model.opset_import),
        ir_version: model.ir_version,
        producer: [&model.producer_name, &model.producer_version]
            .map(|part| part.trim())
            .join(" ")
            .trim()
            .to_owned(),
    })
}

/// A node, given the tensors among its attributes by their places.
pub(super) fn node<'t>(
    proto: &NodeProto,
    tensor: &dyn Fn(usize) -> Option<&'t NewTensor>,
) -> Result<Node, Problem> {
    let mut attributes = BTreeMap::new();
    for (index, attribute) in proto.attribute.iter().enumerate() {
        let value = match kind(attribute) {
            AttributeType::TENSOR => tensor(index).cloned().map_or(Attribute::Other, Attribute::Tensor),
            kind => plain_attribute(attribute, kind),
        };
        if attributes.insert(attribute.name.clone(), value).is_some() {
            return Err(Problem::Duplicate { what: "attributes", name: attribute.name.clone() });
        }
    }
    Ok(Node {
        name: proto.name.clone(),
        op_type: proto.op_type.clone(),
        domain: domain(&proto.domain).to_owned(),
        inputs: proto.input.clone(),
        outputs: proto.output.clone(),
        attributes,
        captures: node_captures(proto),
        ..Node::default()
    })
}

/// Outer values that the bodies in a node's attributes read.
pub(super) fn node_captures(proto: &NodeProto) -> Vec<String> {
    let bodies = proto.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs));
    let mut captures: Vec<String> =
        bodies.flat_map(|body| captures(body).into_iter().map(str::to_owned)).collect();
    captures.sort();
    captures.dedup();
    captures
}

fn plain_attribute(attribute: &AttributeProto, kind: AttributeType) -> Attribute {
    match kind {
        AttributeType::FLOAT => Attribute::Float(attribute.f),
        AttributeType::FLOATS => Attribute::Floats(attribute.floats.clone()),
        AttributeType::INT => Attribute::Int(attribute.i),
        AttributeType::INTS => Attribute::Ints(attribute.ints.clone()),
        AttributeType::STRING => Attribute::String(attribute.s.clone()),
        AttributeType::STRINGS => Attribute::Strings(attribute.strings.clone()),
        _ => Attribute::Other,
    }
}

/// The declared kind of an attribute; of a file older than the declaration, the kind that has a value.
fn kind(attribute: &AttributeProto) -> AttributeType {
    let declared = attribute.type_.enum_value().unwrap_or(AttributeType::TYPE_PROTOS);
    if !attribute.ref_attr_name.is_empty() {
        return AttributeType::TYPE_PROTOS;
    }
    match declared {
        AttributeType::UNDEFINED if attribute.t.is_some() => AttributeType::TENSOR,
        AttributeType::UNDEFINED if !attribute.ints.is_empty() => AttributeType::INTS,
        AttributeType::UNDEFINED if !attribute.floats.is_empty() => AttributeType::FLOATS,
        AttributeType::UNDEFINED if !attribute.strings.is_empty() => AttributeType::STRINGS,
        AttributeType::UNDEFINED if !attribute.s.is_empty() => AttributeType::STRING,
        AttributeType::UNDEFINED if attribute.f != 0.0 => AttributeType::FLOAT,
        AttributeType::UNDEFINED if attribute.g.is_none() => AttributeType::INT,
        declared => declared,
    }
}

/// Names that a body reads but does not make.
fn captures(body: &GraphProto) -> HashSet<&str> {
    let inputs = body.input.iter().map(|input| input.name.as_str());
    let initializers = body.initializer.iter().map(|tensor| tensor.name.as_str());
    let sparse = body.sparse_initializer.iter().map(|sparse| sparse.values.name.as_str());
    let results = body.node.iter().flat_map(|node| &node.output).map(String::as_str);
    let made: HashSet<&str> = inputs.chain(initializers).chain(sparse).chain(results).collect();

    let operands = body.node.iter().flat_map(|node| &node.input).map(String::as_str);
    let attributes = || body.node.iter().flat_map(|node| &node.attribute);
    let inner =
        attributes().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs)).flat_map(captures);
    let outputs = body.output.iter().map(|output| output.name.as_str());
    let read = operands.chain(inner).chain(outputs);
    read.filter(|name| !name.is_empty() && !made.contains(name)).collect()
}

fn value(info: &ValueInfoProto) -> Value {
    let tensor = match &info.type_.value {
        Some(type_proto::Value::TensorType(tensor)) => Some(tensor),
        _ => None,
    };
    let shape = tensor.and_then(|tensor| tensor.shape.as_ref());
    Value {
        name: info.name.clone(),
        elem_type: tensor.map_or(0, |tensor| tensor.elem_type),
        shape: shape.map(|shape| shape.dim.iter().map(dim).collect()),
    }
}

fn dim(dim: &Dimension) -> Dim {
    match &dim.value {
        Some(dimension::Value::DimValue(extent)) => Dim::Fixed(*extent),
        Some(dimension::Value::DimParam(name)) => Dim::Symbolic(name.clone()),
        _ => Dim::Symbolic(String::new()),
    }
}

/// Versions of operator sets by domain.
pub(super) fn opsets(imports: &[OperatorSetIdProto]) -> BTreeMap<String, i64> {
    imports.iter().map(|set| (domain(&set.domain).to_owned(), set.version)).collect()
}

/// A domain's only name.
pub(super) fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}
