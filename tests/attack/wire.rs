//! Bytes hidden in the parts of an ONNX file where a parsed view does not show them.

use std::{fs, path::Path};

use declass_formats::Artifact;

use super::{
    protobuf::{ATTRIBUTE, GRAPH, INITIALIZER, Message, NODE, OUTPUT},
    release, says_no_at, small, verify,
};

/// What an attacker hides, as often as it takes.
const SECRET: &[u8] = b"the row that was dropped";
const UNKNOWN: u64 = 1000;

/// The places of the head in the release that is tampered with.
struct Places {
    node: usize,
    weight: usize,
}

type Attack = fn(&mut Message, &Places);

#[track_caller]
fn each_is_found(fixture: &str, slot: &str, attacks: &[(&str, Attack)]) {
    let folder = tempfile::tempdir().unwrap();
    let original = small(fixture);
    let out = release(folder.path(), &original, slot);
    let file = out.join(original.file_name().unwrap());
    assert_eq!(verify(&out, &original).0, Some(0), "{fixture}");
    let honest = fs::read(&file).unwrap();
    let places = places(&out, &honest);
    let mut missed = Vec::new();
    for (place, attack) in attacks {
        let mut model = Message::parse(&honest);
        attack(&mut model, &places);
        assert_ne!(model.bytes(), honest, "{place}");
        fs::write(&file, model.bytes()).unwrap();
        let found = std::panic::catch_unwind(|| says_no_at(&out, &original, "only-head-changed", place));
        missed.extend(found.err().map(|_| *place));
    }
    assert!(missed.is_empty(), "{fixture} {slot}: {missed:?}");
}

fn places(release: &Path, file: &[u8]) -> Places {
    let artifact = Artifact::open(release).unwrap();
    let graph = artifact.graph().unwrap();
    let is_head = |node: &&declass_formats::onnx::Node| ["Gemm", "MatMul"].contains(&node.op_type.as_str());
    let head = graph.nodes.iter().rev().find(is_head).unwrap();
    let node = graph.nodes.iter().position(|node| node.outputs == head.outputs).unwrap();
    let mut model = Message::parse(file);
    let mut weight = 0;
    model.edit(GRAPH, 0, |main| {
        let name = head.inputs[1].as_bytes();
        weight = (0..graph.initializers.len()).find(|at| named(main, *at, name)).unwrap_or(0);
    });
    Places { node, weight }
}

fn named(main: &mut Message, at: usize, name: &[u8]) -> bool {
    let mut found = false;
    main.edit(INITIALIZER, at, |tensor| {
        let mut expected = Message(Vec::new());
        expected.push(8, name);
        found = tensor.0.iter().any(|field| Message(vec![field.clone()]).bytes() == expected.bytes());
    });
    found
}

fn node(model: &mut Message, places: &Places, edit: impl FnOnce(&mut Message)) {
    model.edit(GRAPH, 0, |main| main.edit(NODE, places.node, edit));
}

fn weight(model: &mut Message, places: &Places, edit: impl FnOnce(&mut Message)) {
    model.edit(GRAPH, 0, |main| main.edit(INITIALIZER, places.weight, edit));
}

fn output(model: &mut Message, edit: impl FnOnce(&mut Message)) {
    model.edit(GRAPH, 0, |main| main.edit(OUTPUT, 0, edit));
}

fn entry(key: &[u8]) -> Vec<u8> {
    let mut entry = Message(Vec::new());
    entry.push(1, key);
    entry.push(2, SECRET);
    entry.bytes()
}

const EVERYWHERE: &[(&str, Attack)] = &[
    ("node", |model, places| node(model, places, |node| node.push(6, SECRET))),
    ("node", |model, places| node(model, places, |node| node.push(9, &entry(b"k")))),
    ("node", |model, places| node(model, places, |node| node.push(UNKNOWN, SECRET))),
    ("node", |model, places| node(model, places, |node| node.0.rotate_right(1))),
    ("node", |model, _| model.edit(GRAPH, 0, |main| main.edit(NODE, 0, |node| node.push(6, SECRET)))),
    ("node", |model, _| model.edit(GRAPH, 0, |main| main.field(NODE, 0).pad())),
    ("initializer `", |model, places| weight(model, places, |tensor| tensor.push(12, SECRET))),
    ("initializer `", |model, places| weight(model, places, |tensor| tensor.push(16, &entry(b"k")))),
    ("initializer `", |model, places| weight(model, places, |tensor| tensor.push(UNKNOWN, SECRET))),
    ("initializer `", |model, places| weight(model, places, |tensor| tensor.0.rotate_right(1))),
    ("initializer `", |model, places| {
        model.edit(GRAPH, 0, |main| main.field(INITIALIZER, places.weight).pad());
    }),
    ("output `", |model, _| output(model, |output| output.push(3, SECRET))),
    ("output `", |model, _| output(model, |output| output.push(4, &entry(b"k")))),
    ("output `", |model, _| output(model, |output| output.edit(2, 0, |kind| kind.push(6, SECRET)))),
    ("doc_string of the model", |model, _| model.push(6, SECRET)),
    ("doc_string of the graph", |model, _| model.edit(GRAPH, 0, |main| main.push(10, SECRET))),
    ("unknown field of the graph", |model, _| model.edit(GRAPH, 0, |main| main.push(UNKNOWN, SECRET))),
    ("metadata entry", |model, _| model.push(14, &entry(b"row"))),
    (".onnx`", |model, _| model.field(GRAPH, 0).pad()),
    (".onnx`", |model, _| model.0.rotate_left(1)),
];

/// Hidden in the attributes of the head's node.
const ATTRIBUTES: &[(&str, Attack)] = &[
    ("node", |model, places| node(model, places, |node| node.edit(ATTRIBUTE, 0, |it| it.push(13, SECRET)))),
    ("node", |model, places| node(model, places, |node| node.edit(ATTRIBUTE, 0, |it| it.push(9, SECRET)))),
    ("node", |model, places| {
        node(model, places, |node| node.edit(ATTRIBUTE, 0, |it| it.push(UNKNOWN, SECRET)))
    }),
    ("node", |model, places| node(model, places, |node| node.edit(ATTRIBUTE, 0, |it| it.0.rotate_right(1)))),
];

#[test]
fn nothing_hides_in_parts_that_no_edit_names() {
    for slot in ["keep", "drop"] {
        each_is_found("onnx/gemm_transb1.onnx", slot, EVERYWHERE);
        each_is_found("onnx/gemm_transb1.onnx", slot, ATTRIBUTES);
    }
}

#[test]
fn nothing_hides_in_parts_that_an_edit_names() {
    // Here the head's node reads a new initializer, in place of a weight that the graph computes.
    for fixture in ["onnx/weight_cast_fp16.onnx", "onnx/weight_transpose.onnx"] {
        each_is_found(fixture, "keep", EVERYWHERE);
        each_is_found(fixture, "drop", EVERYWHERE);
    }
    each_is_found("onnx/ir3_initializers_as_inputs.onnx", "drop", EVERYWHERE);
    let label = |model: &mut Message, _: &Places| model.edit(14, 0, |entry| entry.push(UNKNOWN, SECRET));
    let value = |model: &mut Message, _: &Places| model.edit(14, 0, |entry| entry.0.rotate_right(1));
    each_is_found(
        "onnx/metadata_names.onnx",
        "drop",
        &[("metadata entry", label), ("metadata entry", value)],
    );
}

#[test]
fn nothing_hides_in_the_value_of_a_constant_node() {
    let doc = |model: &mut Message, constant: usize| {
        model.edit(GRAPH, 0, |main| {
            main.edit(NODE, constant, |node| {
                node.edit(ATTRIBUTE, 0, |it| it.edit(5, 0, |it| it.push(12, SECRET)))
            });
        });
    };
    for slot in ["keep", "drop"] {
        let folder = tempfile::tempdir().unwrap();
        let original = small("onnx/weight_constant_node.onnx");
        let out = release(folder.path(), &original, slot);
        let artifact = Artifact::open(&out).unwrap();
        let constant = artifact.graph().unwrap().nodes.iter().position(|node| node.op_type == "Constant");
        let file = out.join("weight_constant_node.onnx");
        let mut model = Message::parse(&fs::read(&file).unwrap());
        doc(&mut model, constant.unwrap());
        fs::write(&file, model.bytes()).unwrap();
        says_no_at(&out, &original, "only-head-changed", "node");
    }
}

#[test]
fn nothing_hides_behind_external_data() {
    for slot in ["keep", "drop"] {
        let folder = tempfile::tempdir().unwrap();
        let original = small("onnx/weight_external.onnx");
        let out = release(folder.path(), &original, slot);
        assert_eq!(verify(&out, &original).0, Some(0));
        let file = out.join("weight_external.onnx.data");
        let honest = fs::read(&file).unwrap();
        fs::write(&file, [&honest, SECRET].concat()).unwrap();
        says_no_at(&out, &original, "only-head-changed", "weight_external.onnx.data");
    }
}
