//! ONNX files from protobuf messages.

use std::path::Path;

use declass_formats::Artifact;
use onnx_protobuf::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, StringStringEntryProto, TensorProto,
    ValueInfoProto, attribute_proto::AttributeType, tensor_proto,
};

/// A model around a graph.
pub(crate) fn model(graph: GraphProto) -> ModelProto {
    let mut model = ModelProto { ir_version: 8, ..ModelProto::default() };
    model.graph = Some(graph).into();
    model
}

pub(crate) fn save(model: &ModelProto, path: &Path) {
    std::fs::write(path, model.write_to_bytes().unwrap()).unwrap();
}

/// Saves a model and opens it.
pub(crate) fn opened(model: &ModelProto, path: &Path) -> Artifact {
    save(model, path);
    Artifact::open(path).unwrap_or_else(|error| panic!("{error}"))
}

/// A tensor that has no data yet.
pub(crate) fn tensor(name: &str, data_type: i32, dims: &[i64]) -> TensorProto {
    TensorProto { name: name.into(), data_type, dims: dims.to_vec(), ..TensorProto::default() }
}

pub(crate) fn entry(key: &str, value: &str) -> StringStringEntryProto {
    StringStringEntryProto { key: key.into(), value: value.into(), ..StringStringEntryProto::default() }
}

/// A tensor whose data is elsewhere, as the entries say.
pub(crate) fn external(name: &str, dims: &[i64], entries: &[(&str, &str)]) -> TensorProto {
    let mut tensor = tensor(name, 1, dims);
    tensor.data_location = tensor_proto::DataLocation::EXTERNAL.into();
    tensor.external_data = entries.iter().map(|(key, value)| entry(key, value)).collect();
    tensor
}

pub(crate) fn node(
    op_type: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: Vec<AttributeProto>,
) -> NodeProto {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    NodeProto {
        op_type: op_type.into(),
        input: names(inputs),
        output: names(outputs),
        attribute: attributes,
        ..NodeProto::default()
    }
}

pub(crate) fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.into(), type_: kind.into(), ..AttributeProto::default() }
}

pub(crate) fn value(name: &str) -> ValueInfoProto {
    ValueInfoProto { name: name.into(), ..ValueInfoProto::default() }
}
