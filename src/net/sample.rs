//! Tiny graphs for the tests of this room and of those above it, and the files that hold them.

use declass_formats::{
    Artifact, Dtype, TensorInfo,
    onnx::{Attribute, Dim, Graph, Node, Value},
};

/// A node without attributes.
pub(crate) fn node(op: &str, inputs: &[&str], output: &str) -> Node {
    Node {
        op_type: op.into(),
        inputs: inputs.iter().map(|name| (*name).into()).collect(),
        outputs: vec![output.into()],
        ..Node::default()
    }
}

/// The same node with one attribute more.
pub(crate) fn with(mut node: Node, name: &str, value: Attribute) -> Node {
    node.attributes.insert(name.into(), value);
    node
}

/// A graph of these nodes from the input `x` to the output `y`, with constants in single precision.
pub(crate) fn graph(nodes: Vec<Node>, constants: &[(&str, &[usize])]) -> Graph {
    let value = |name: &str| Value { name: name.into(), elem_type: 1, ..Value::default() };
    let info = |shape: &[usize]| TensorInfo { dtype: Dtype::F32, shape: shape.to_vec() };
    Graph {
        nodes,
        inputs: vec![value("x")],
        outputs: vec![value("y")],
        initializers: constants.iter().map(|(name, shape)| ((*name).to_owned(), info(shape))).collect(),
        opsets: [(String::new(), 17)].into(),
        ..Graph::default()
    }
}

/// The graph as a file, opened. The constants' elements count 1, 2, 3 and so on; those of integers, which are
/// shapes, are given.
pub(crate) fn opened(graph: &Graph, integers: &[(&str, &[i64])]) -> (tempfile::TempDir, Artifact) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, encoded(graph, integers)).unwrap();
    let artifact = Artifact::open(&path).unwrap();
    (folder, artifact)
}

fn encoded(graph: &Graph, integers: &[(&str, &[i64])]) -> Vec<u8> {
    let mut body = Vec::new();
    for node in &graph.nodes {
        bytes(&mut body, 1, &encoded_node(node));
    }
    bytes(&mut body, 2, b"sample");
    for (name, info) in &graph.initializers {
        let data = (0..info.elements()).flat_map(|at| (at as f32 + 1.0).to_le_bytes()).collect();
        bytes(&mut body, 5, &tensor(name, 1, &info.shape, data));
    }
    for (name, entries) in integers {
        let data = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        bytes(&mut body, 5, &tensor(name, 7, &[entries.len()], data));
    }
    for (field, values) in [(11, &graph.inputs), (12, &graph.outputs), (13, &graph.value_info)] {
        for value in values {
            bytes(&mut body, field, &encoded_value(value));
        }
    }
    let mut model = Vec::new();
    number(&mut model, 1, 8);
    bytes(&mut model, 7, &body);
    for (domain, version) in &graph.opsets {
        let mut set = Vec::new();
        bytes(&mut set, 1, domain.as_bytes());
        number(&mut set, 2, *version);
        bytes(&mut model, 8, &set);
    }
    model
}

fn encoded_node(node: &Node) -> Vec<u8> {
    let mut out = Vec::new();
    node.inputs.iter().for_each(|name| bytes(&mut out, 1, name.as_bytes()));
    node.outputs.iter().for_each(|name| bytes(&mut out, 2, name.as_bytes()));
    bytes(&mut out, 3, node.name.as_bytes());
    bytes(&mut out, 4, node.op_type.as_bytes());
    for (name, value) in &node.attributes {
        let mut attribute = Vec::new();
        bytes(&mut attribute, 1, name.as_bytes());
        match value {
            Attribute::Float(value) => {
                attribute.push(2 << 3 | 5);
                attribute.extend(value.to_le_bytes());
                number(&mut attribute, 20, 1);
            }
            Attribute::Int(value) => {
                number(&mut attribute, 3, *value);
                number(&mut attribute, 20, 2);
            }
            Attribute::Ints(values) => {
                values.iter().for_each(|value| number(&mut attribute, 8, *value));
                number(&mut attribute, 20, 7);
            }
            Attribute::String(value) => {
                bytes(&mut attribute, 4, value);
                number(&mut attribute, 20, 3);
            }
            other => panic!("{other:?} is not written"),
        }
        bytes(&mut out, 5, &attribute);
    }
    bytes(&mut out, 7, node.domain.as_bytes());
    out
}

fn encoded_value(value: &Value) -> Vec<u8> {
    let mut tensor = Vec::new();
    number(&mut tensor, 1, i64::from(value.elem_type));
    if let Some(dims) = &value.shape {
        let mut shape = Vec::new();
        for dim in dims {
            let mut entry = Vec::new();
            match dim {
                Dim::Fixed(extent) => number(&mut entry, 1, *extent),
                Dim::Symbolic(name) => bytes(&mut entry, 2, name.as_bytes()),
            }
            bytes(&mut shape, 1, &entry);
        }
        bytes(&mut tensor, 2, &shape);
    }
    let mut kind = Vec::new();
    bytes(&mut kind, 1, &tensor);
    let mut out = Vec::new();
    bytes(&mut out, 1, value.name.as_bytes());
    bytes(&mut out, 2, &kind);
    out
}

fn tensor(name: &str, kind: i64, shape: &[usize], data: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    shape.iter().for_each(|extent| number(&mut out, 1, i64::try_from(*extent).unwrap()));
    number(&mut out, 2, kind);
    bytes(&mut out, 8, name.as_bytes());
    bytes(&mut out, 9, &data);
    out
}

/// A field of varying length, in protobuf's encoding.
fn bytes(out: &mut Vec<u8>, field: u64, content: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, content.len() as u64);
    out.extend(content);
}

/// A field that is a number.
fn number(out: &mut Vec<u8>, field: u64, value: i64) {
    varint(out, field << 3);
    varint(out, value.cast_unsigned());
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
