//! Tensors of texts and declared shapes of ONNX models, and graphs in a folder of their own.

mod common;

use std::fs;

use common::{
    onnx::{model, node, opened, save, tensor, value},
    rewrite,
};
use declass_formats::{
    Artifact, Edits, Problem,
    onnx::{Dim, GraphEdit},
};
use onnx_protobuf::{
    GraphProto, ModelProto, TensorShapeProto, TypeProto, ValueInfoProto,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};

fn declared(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim =
        |extent: &i64| Dimension { value: Some(dimension::Value::DimValue(*extent)), ..Dimension::default() };
    let shape = TensorShapeProto { dim: dims.iter().map(dim).collect(), ..TensorShapeProto::default() };
    let tensor =
        type_proto::Tensor { elem_type: 1, shape: Some(shape).into(), ..type_proto::Tensor::default() };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { type_: Some(kind).into(), ..value(name) }
}

/// A graph that gives out three texts, with two declared values in between.
fn sample() -> ModelProto {
    let mut names = tensor("names", 8, &[3]);
    names.string_data = ["ant", "bee", ""].map(|name| name.as_bytes().to_vec()).to_vec();
    model(GraphProto {
        node: vec![node("Identity", &["names"], &["a"], vec![]), node("Identity", &["a"], &["y"], vec![])],
        initializer: vec![names],
        value_info: vec![declared("a", &[3]), declared("b", &[1, 3])],
        output: vec![value("y")],
        ..GraphProto::default()
    })
}

fn set_strings(tensor: &str, shape: &[usize], values: &[&str]) -> Edits {
    let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    let edit = GraphEdit::SetStrings { tensor: tensor.into(), shape: shape.to_vec(), values };
    Edits { graph: vec![edit], ..Edits::default() }
}

#[test]
fn texts_are_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = opened(&sample(), &folder.path().join("model.onnx"));
    let texts = artifact.read_strings("names").unwrap().unwrap();
    assert_eq!(texts, [b"ant".to_vec(), b"bee".to_vec(), Vec::new()]);
    let out = tempfile::tempdir().unwrap();
    let (copy, diff) = rewrite(&artifact, &set_strings("names", &[2], &["ant", ""]), out.path());
    assert_eq!(copy.tensor("names").unwrap().shape, [2]);
    assert_eq!(copy.read_strings("names").unwrap().unwrap(), [b"ant".to_vec(), Vec::new()]);
    assert_eq!(diff.tensors.len(), 1);
    for edits in [set_strings("names", &[3], &["ant"]), set_strings("nothing", &[1], &["ant"])] {
        assert!(artifact.write(&edits, &out.path().join("no"), &|_| ()).is_err());
    }
}

#[test]
fn texts_that_are_fewer_than_the_shape_says_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = sample();
    model.graph.as_mut().unwrap().initializer[0].string_data.pop();
    let artifact = opened(&model, &folder.path().join("model.onnx"));
    assert_eq!(artifact.read_strings("names").unwrap(), None);
}

#[test]
fn declared_values_are_corrected_or_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = opened(&sample(), &folder.path().join("model.onnx"));
    let out = tempfile::tempdir().unwrap();
    let edits = Edits {
        graph: vec![
            GraphEdit::RemoveValueInfo { value: 0 },
            GraphEdit::SetValueInfoDim { value: 1, axis: 1, extent: 2 },
        ],
        ..Edits::default()
    };
    let (copy, _) = rewrite(&artifact, &edits, out.path());
    let [left] = copy.graph().unwrap().value_info.as_slice() else { panic!("not one") };
    assert_eq!((left.name.as_str(), left.shape.clone().unwrap()), ("b", vec![Dim::Fixed(1), Dim::Fixed(2)]));
    let missing = Edits { graph: vec![GraphEdit::RemoveValueInfo { value: 2 }], ..Edits::default() };
    assert!(artifact.write(&missing, &out.path().join("no"), &|_| ()).is_err());
}

#[test]
fn a_graph_may_lie_below_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("onnx");
    fs::create_dir(&below).unwrap();
    save(&sample(), &below.join("model.onnx"));
    let none = Artifact::open(folder.path()).unwrap_err().problem;
    assert!(matches!(none, Problem::NoModel), "{none}");
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    fs::write(folder.path().join("labels.txt"), "a\n").unwrap();
    let paths = |artifact: &Artifact| -> Vec<String> {
        artifact.files().iter().map(|file| file.path.to_string()).collect()
    };
    let whole = Artifact::open(folder.path()).unwrap();
    assert_eq!(paths(&whole), ["config.json", "labels.txt", "onnx/model.onnx"]);
    let named = Artifact::open(&below.join("model.onnx")).unwrap();
    assert_eq!(paths(&named), ["config.json", "onnx/model.onnx"]);
    // Of several graphs the one with the usual name is the model; without it none is.
    save(&sample(), &below.join("model_fp16.onnx"));
    assert_eq!(
        paths(&Artifact::open(folder.path()).unwrap()),
        ["config.json", "labels.txt", "onnx/model.onnx"]
    );
    fs::rename(below.join("model.onnx"), below.join("model_int8.onnx")).unwrap();
    let several = Artifact::open(folder.path()).unwrap_err();
    assert!(several.to_string().contains("`onnx/model_fp16.onnx`, `onnx/model_int8.onnx`"), "{several}");
    fs::rename(below.join("model_int8.onnx"), below.join("model.onnx")).unwrap();
    // Beside other weights the configuration is theirs.
    fs::write(folder.path().join("model.safetensors"), "").unwrap();
    assert_eq!(paths(&Artifact::open(&below.join("model.onnx")).unwrap()), ["model.onnx"]);
}
