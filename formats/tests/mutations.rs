//! Damaged files: whatever a flipped or missing byte does, it ends in a value or an error.

mod common;

use std::fs;

use common::{
    fixture,
    onnx::{attribute, external, model, node, tensor, value},
    safetensors,
};
use declass_formats::{Artifact, Diff, Edits};
use onnx_protobuf::{AttributeProto, GraphProto, Message, TensorProto, attribute_proto::AttributeType};
use proptest::prelude::*;

/// A small model with some of everything.
fn onnx() -> Vec<u8> {
    let mut constant = attribute("value", AttributeType::TENSOR);
    constant.t = Some(TensorProto { int32_data: vec![1, 2], ..tensor("", 10, &[2]) }).into();
    let mut body = attribute("then_branch", AttributeType::GRAPH);
    body.g =
        Some(GraphProto { node: vec![node("Neg", &["outer"], &["y"], vec![])], ..GraphProto::default() })
            .into();
    let ints = AttributeProto { ints: vec![1, 300], ..attribute("value_ints", AttributeType::INTS) };
    let graph = GraphProto {
        node: vec![
            node("Constant", &[], &["c"], vec![constant]),
            node("Constant", &[], &["i"], vec![ints]),
            node("If", &["c"], &["z"], vec![body]),
        ],
        initializer: vec![
            TensorProto { raw_data: vec![0; 8], ..tensor("raw", 1, &[2]) },
            TensorProto { float_data: vec![1.0], ..tensor("typed", 1, &[1]) },
            external("out", &[1], &[("location", "w.data"), ("offset", "4")]),
        ],
        input: vec![value("outer")],
        ..GraphProto::default()
    };
    model(graph).write_to_bytes().unwrap()
}

/// Opens a damaged file and does everything with what could be opened.
fn exercise(name: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    fs::write(folder.path().join("w.data"), [0; 8]).unwrap();
    let Ok(model) = Artifact::open(&path) else {
        return;
    };
    for (tensor, info) in model.tensors() {
        let data = model.read_tensor(tensor).unwrap();
        assert_eq!(data.len(), info.byte_len());
    }
    let out = folder.path().join("out");
    model.write(&Edits::default(), &out, &|_| ()).unwrap();
    let copy = Artifact::open(&out.join(name)).unwrap();
    let diff = Diff::between(&model, &copy, &|_| ()).unwrap();
    assert!(diff.tensors.is_empty() && diff.structure.is_empty());
}

fn damaged(whole: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let len = whole.len();
    let flips = prop::collection::vec((0..len, any::<u8>()), 1..4);
    (flips, prop::option::weighted(0.2, 0..len)).prop_map(move |(flips, cut)| {
        let mut bytes = whole.clone();
        flips.into_iter().for_each(|(at, byte)| bytes[at] = byte);
        bytes.truncate(cut.unwrap_or(len));
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn onnx_files(bytes in damaged(onnx())) {
        exercise("m.onnx", &bytes);
    }

    #[test]
    fn safetensors_files(bytes in damaged(safetensors(
        r#"{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[],"data_offsets":[4,5]}}"#,
        &[0; 5],
    ))) {
        exercise("m.safetensors", &bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn real_structure(at in 0usize..20_000, byte in any::<u8>()) {
        let mut bytes = fs::read(fixture("models/fmnist-vit.onnx")).unwrap();
        bytes[at] = byte;
        exercise("m.onnx", &bytes);
    }
}
