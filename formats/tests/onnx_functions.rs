//! Model-local functions: bodies in the places of their calls, in what is read and not in the file.

mod common;

use std::{collections::BTreeMap, path::Path, time::Instant};

use common::onnx::{model, node, opened, tensor};
use declass_formats::{
    Artifact, Edits, NewTensor,
    onnx::{GraphEdit, Node},
};
use onnx_protobuf::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, ValueInfoProto,
    attribute_proto::AttributeType,
};

const OWN: &str = "own";

fn call(op: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    NodeProto { domain: OWN.into(), ..node(op, inputs, outputs, vec![]) }
}

fn function(name: &str, inputs: &[&str], outputs: &[&str], nodes: Vec<NodeProto>) -> FunctionProto {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    FunctionProto {
        name: name.into(),
        domain: OWN.into(),
        input: names(inputs),
        output: names(outputs),
        node: nodes,
        opset_import: sets(),
        ..FunctionProto::default()
    }
}

fn sets() -> Vec<OperatorSetIdProto> {
    let set =
        |domain: &str, version| OperatorSetIdProto { domain: domain.into(), version, ..Default::default() };
    vec![set("", 17), set(OWN, 1)]
}

/// A model from `x` to `y`.
fn with(nodes: Vec<NodeProto>, functions: Vec<FunctionProto>) -> ModelProto {
    let value = |name: &str| ValueInfoProto { name: name.into(), ..ValueInfoProto::default() };
    let graph = GraphProto {
        node: nodes,
        input: vec![value("x")],
        output: vec![value("y")],
        ..GraphProto::default()
    };
    ModelProto { functions, opset_import: sets(), ..model(graph) }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.into(), type_: kind.into(), ..AttributeProto::default() }
}

/// A `Constant` of some numbers.
fn constant(output: &str, values: &[f32]) -> NodeProto {
    let mut value = attribute("value", AttributeType::TENSOR);
    let mut tensor = tensor("", 1, &[values.len() as i64]);
    tensor.raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    value.t = Some(tensor).into();
    node("Constant", &[], &[output], vec![value])
}

/// `Scale(x) = x * c`, `c` in the body.
fn scale() -> FunctionProto {
    function(
        "Scale",
        &["x"],
        &["y"],
        vec![constant("c", &[2.0, 3.0]), node("Mul", &["x", "c"], &["y"], vec![])],
    )
}

fn shown(artifact: &Artifact) -> Vec<String> {
    let line = |node: &Node| {
        let mark = if node.call.is_some() { "call " } else { "" };
        format!("{mark}{}({}) -> {}", node.op_type, node.inputs.join(", "), node.outputs.join(", "))
    };
    artifact.graph().unwrap().nodes.iter().map(line).collect()
}

fn scratch() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    (folder, path)
}

#[test]
fn bodies_stand_in_the_places_of_their_calls() {
    let mut soft = node("Softmax", &["m"], &["y"], vec![attribute("axis", AttributeType::INT)]);
    soft.attribute[0].ref_attr_name = "over".into();
    let mut outer = function("Outer", &["x", "unused"], &["y"], vec![call("Scale", &["x"], &["m"]), soft]);
    outer.attribute = vec!["over".into()];
    let mut first = call("Outer", &["x"], &["a"]);
    first.attribute.push(AttributeProto { i: 1, ..attribute("over", AttributeType::INT) });
    let model = with(vec![first, call("Outer", &["a"], &["y"])], vec![scale(), outer]);
    let (_folder, path) = scratch();
    let artifact = opened(&model, &path);
    let expected = [
        "Constant() -> a/m/c",
        "Mul(x, a/m/c) -> a/m",
        "Softmax(a/m) -> a",
        "Constant() -> y/m/c",
        "Mul(a, y/m/c) -> y/m",
        "Softmax(y/m) -> y",
    ];
    assert_eq!(shown(&artifact), expected);
    let nodes = &artifact.graph().unwrap().nodes;
    assert_eq!(
        (nodes[2].attributes.len(), nodes[5].attributes.len()),
        (1, 0),
        "the second call leaves it out"
    );
    assert_eq!(nodes[1].function.as_deref(), Some("own.Scale"));
    assert_eq!(artifact.graph().unwrap().repeated.len(), 2);
    assert!(artifact.tensors().contains_key("a/m/c"));
}

fn replaced(artifact: &Artifact, name: &str, dest: &Path) -> Result<Artifact, String> {
    let info = artifact.tensor(name).unwrap().clone();
    let data = [5.0f32, 7.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let tensors = BTreeMap::from([(name.to_owned(), NewTensor { info, data })]);
    let edits = Edits { tensors, ..Edits::default() };
    artifact.write(&edits, dest, &|_| ()).map_err(|error| error.to_string())?;
    Ok(Artifact::open(&dest.join("model.onnx")).unwrap())
}

#[test]
fn a_constant_is_edited_in_a_body_that_is_called_once() {
    let (folder, path) = scratch();
    let once = opened(&with(vec![call("Scale", &["x"], &["y"])], vec![scale()]), &path);
    let written = replaced(&once, "y/c", &folder.path().join("once")).unwrap();
    assert_eq!(written.read_tensor("y/c").unwrap()[..4], 5.0f32.to_le_bytes());
    assert_eq!(shown(&written), shown(&once));
    let calls = vec![call("Scale", &["x"], &["a"]), call("Scale", &["a"], &["y"])];
    let twice = opened(&with(calls, vec![scale()]), &path);
    let error = replaced(&twice, "y/c", &folder.path().join("twice")).unwrap_err();
    assert!(error.contains("called more than once"), "{error}");
}

#[test]
fn nodes_of_bodies_are_not_edited_and_those_behind_them_are() {
    let (folder, path) = scratch();
    let nodes = vec![call("Scale", &["x"], &["a"]), node("Relu", &["a"], &["y"], vec![])];
    let artifact = opened(&with(nodes, vec![scale()]), &path);
    let edited = |edit: GraphEdit, to: &str| {
        let edits = Edits { graph: vec![edit], ..Edits::default() };
        let dest = folder.path().join(to);
        artifact.write(&edits, &dest, &|_| ()).map_err(|error| error.to_string())?;
        Ok(shown(&Artifact::open(&dest.join("model.onnx")).unwrap()))
    };
    let by = Node {
        op_type: "Identity".into(),
        inputs: vec!["x".into()],
        outputs: vec!["y".into()],
        ..Node::default()
    };
    let found: Result<Vec<String>, String> =
        edited(GraphEdit::ReplaceNode { node: 2, by: by.clone() }, "behind");
    assert_eq!(found.unwrap().last().unwrap(), "Identity(x) -> y");
    let error = edited(GraphEdit::ReplaceNode { node: 1, by }, "inside").unwrap_err();
    assert!(error.contains("none of the main graph"), "{error}");
}

#[test]
fn what_is_not_sure_stays_a_call() {
    let (_folder, path) = scratch();
    let calls = |function: FunctionProto| {
        let nodes =
            vec![NodeProto { domain: function.domain.clone(), ..call(&function.name, &["x"], &["y"]) }];
        let artifact = opened(&with(nodes, vec![function]), &path);
        artifact.graph().unwrap().nodes[0].call
    };
    let plain = || scale();
    assert_eq!(calls(plain()), None);
    let said = |function| calls(function).unwrap_or_default();
    assert!(said(FunctionProto { domain: String::new(), ..plain() }).contains("runtimes have an operator"));
    assert!(
        said(FunctionProto { domain: "ai.onnx".into(), ..plain() }).contains("runtimes have an operator")
    );
    assert!(said(FunctionProto { output: vec!["x".into()], ..plain() }).contains("malformed"));
    assert!(said(FunctionProto { opset_import: vec![], ..plain() }).contains("another version"));
    let stray = function("Scale", &["x"], &["y"], vec![node("Relu", &["elsewhere"], &["y"], vec![])]);
    assert!(said(stray).contains("malformed"));
    let circle = function("Scale", &["x"], &["y"], vec![call("Scale", &["x"], &["y"])]);
    assert!(said(circle).contains("calls itself"));
}

#[test]
fn functions_that_call_each_other_twice_take_neither_time_nor_memory() {
    let level = |at: usize| {
        let next = format!("F{}", at + 1);
        let nodes = vec![call(&next, &["x"], &["m"]), call(&next, &["m"], &["y"])];
        function(&format!("F{at}"), &["x"], &["y"], nodes)
    };
    let mut functions: Vec<FunctionProto> = (0..30).map(level).collect();
    functions.push(function("F30", &["x"], &["y"], vec![node("Relu", &["x"], &["y"], vec![])]));
    let (_folder, path) = scratch();
    let begun = Instant::now();
    let artifact = opened(&with(vec![call("F0", &["x"], &["y"])], functions), &path);
    assert_eq!(shown(&artifact), ["call F0(x) -> y"]);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn long_names_and_values_that_many_nodes_share_take_no_memory() {
    let long = |name: &str| name.repeat(1 << 20);
    let bodies = (0..1000).map(|at| node("Relu", &["x"], &[&format!("v{at}")], vec![])).collect();
    let wide = function("Wide", &["x"], &["v0"], bodies);
    let mut named = call("Wide", &["x"], &["y"]);
    named.name = long("\u{e9}");
    let (_folder, path) = scratch();
    let artifact = opened(&with(vec![named], vec![wide]), &path);
    let title = "\u{e9}".repeat(32);
    assert_eq!(artifact.graph().unwrap().nodes[1].outputs, [format!("{title}/v1")]);

    let refers = |at| {
        let mut shared = attribute("s", AttributeType::STRING);
        shared.ref_attr_name = "s".into();
        node("Relu", &["x"], &[&format!("v{at}")], vec![shared])
    };
    let mut many = function("Many", &["x"], &["v0"], (0..1000).map(refers).collect());
    many.attribute = vec!["s".into()];
    let mut given = call("Many", &["x"], &["y"]);
    given
        .attribute
        .push(AttributeProto { s: long("s").into_bytes(), ..attribute("s", AttributeType::STRING) });
    let artifact = opened(&with(vec![given], vec![many]), &path);
    assert_eq!(shown(&artifact), ["call Many(x) -> y"]);
}

#[test]
fn what_lies_in_bodies_and_attributes_is_no_tensor_but_is_counted() {
    let mut body = attribute("then_branch", AttributeType::GRAPH);
    body.g = Some(GraphProto { node: vec![constant("c", &[1.0, 2.0])], ..GraphProto::default() }).into();
    let mut list = attribute("list", AttributeType::FLOATS);
    list.floats = vec![1.0, 2.0, 3.0];
    let nodes = vec![
        call("Scale", &["x"], &["a"]),
        node("If", &["x"], &["b"], vec![body]),
        node("Own", &["a"], &["y"], vec![list]),
    ];
    let unused = FunctionProto { name: "Unused".into(), ..scale() };
    let (_folder, path) = scratch();
    let artifact = opened(&with(nodes, vec![scale(), unused]), &path);
    assert!(artifact.tensors().keys().eq(["a/c"]));
    let found: Vec<&[usize]> =
        artifact.graph().unwrap().elsewhere.iter().map(|info| info.shape.as_slice()).collect();
    assert_eq!(found, [&[2][..], &[3], &[2]]);
}
