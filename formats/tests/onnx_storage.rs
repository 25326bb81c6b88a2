//! ONNX: every way in which a tensor's values can be stored is read and edited.

mod common;

use std::fs;

use common::{
    edit, floats, info,
    onnx::{attribute, external, model, node, opened, tensor, value},
    rewrite,
};
use declass_formats::{
    Artifact, Dtype, Edits, NewTensor,
    onnx::{Attribute, GraphEdit},
};
use onnx_protobuf::{AttributeProto, GraphProto, Message, TensorProto, attribute_proto::AttributeType};

/// A graph with one tensor in each kind of storage, all of them with the values 1, 2.
fn every_storage() -> GraphProto {
    let two = |name, data_type| tensor(name, data_type, &[2]);
    let raw =
        TensorProto { raw_data: [1f32, 2.0].iter().flat_map(|v| v.to_le_bytes()).collect(), ..two("raw", 1) };
    let scalar = AttributeProto { f: 1.0, ..attribute("value_float", AttributeType::FLOAT) };
    let mut constant = attribute("value", AttributeType::TENSOR);
    constant.t = Some(TensorProto { int64_data: vec![1, 2], ..two("", 7) }).into();
    GraphProto {
        initializer: vec![
            raw,
            TensorProto { float_data: vec![1.0, 2.0], ..two("floats", 1) },
            TensorProto { double_data: vec![1.0, 2.0], ..two("doubles", 11) },
            TensorProto { int32_data: vec![0x3c00, 0x4000], ..two("halves", 10) },
            TensorProto { int32_data: vec![1, 2], ..two("bytes", 3) },
            TensorProto { uint64_data: vec![1, 2], ..two("words", 12) },
        ],
        node: vec![
            node("Constant", &[], &["tensor"], vec![constant]),
            node("Constant", &[], &["scalar"], vec![scalar]),
            node(
                "Constant",
                &[],
                &["list"],
                vec![AttributeProto {
                    floats: vec![1.0, 2.0],
                    ..attribute("value_floats", AttributeType::FLOATS)
                }],
            ),
            node(
                "Constant",
                &[],
                &["sizes"],
                vec![AttributeProto { ints: vec![1, 2], ..attribute("value_ints", AttributeType::INTS) }],
            ),
        ],
        ..GraphProto::default()
    }
}

#[test]
fn every_storage_is_read_edited_and_shortened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    let model = opened(&model(every_storage()), &path);
    assert_eq!(model.tensors().len(), 10);
    for (name, old) in model.tensors() {
        let numbers = |artifact: &Artifact| -> Vec<i64> {
            let bytes = artifact.read_tensor(name).unwrap();
            let floats = old.dtype.decode(&bytes).map(|values| values.iter().map(|v| *v as i64).collect());
            floats.or_else(|| old.dtype.decode_i64(&bytes)).unwrap()
        };
        let values = |values: &[i64]| -> Vec<u8> {
            let floats: Vec<f64> = values.iter().map(|v| *v as f64).collect();
            let ints = values.iter().flat_map(|v| v.to_le_bytes()[..old.dtype.bits() / 8].to_vec());
            old.dtype.encode(&floats).unwrap_or_else(|| ints.collect())
        };
        assert_eq!(numbers(&model), if name == "scalar" { vec![1] } else { vec![1, 2] }, "{name}");
        let shapes: &[&[usize]] = if name == "scalar" { &[&[]] } else { &[&[2], &[1], &[3]] };
        for shape in shapes {
            let new: Vec<i64> =
                [3, -4, 5].into_iter().map(|v: i64| if name == "words" { v.abs() } else { v }).collect();
            let new = &new[..shape.iter().product()];
            let tensor = NewTensor { info: info(old.dtype, shape), data: values(new) };
            let out = tempfile::tempdir().unwrap();
            let (copy, diff) = rewrite(&model, &edit(name, tensor), out.path());
            assert_eq!(numbers(&copy), new, "{name}");
            assert_eq!(diff.tensors.len(), 1, "{name}");
            assert!(diff.structure.is_empty(), "{name}: {:?}", diff.structure);
        }
    }
}

#[test]
fn unpacked_numbers_are_read() {
    // `dims` and `float_data` of TensorProto with a tag before each number, as old writers have them.
    let tensor = b"\x08\x02\x10\x01\x25\0\0\x80\x3f\x25\0\0\0\x40\x42\x01a";
    let graph = [b"\x2a".as_slice(), &[tensor.len() as u8], tensor].concat();
    let bytes = [b"\x08\x03\x3a".as_slice(), &[graph.len() as u8], &graph].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    fs::write(&path, bytes).unwrap();
    let model = Artifact::open(&path).unwrap();
    assert_eq!(model.read_tensor("a").unwrap(), floats(&[2], &[1.0, 2.0]).data);
    let (copy, _) = rewrite(&model, &edit("a", floats(&[1], &[3.0])), &folder.path().join("out"));
    assert_eq!(copy.read_tensor("a").unwrap(), floats(&[1], &[3.0]).data);
}

#[test]
fn forgotten_rows_do_not_stay_in_external_data() {
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<u8> = (0..40).collect();
    fs::write(folder.path().join("w.data"), &data).unwrap();
    let place = |offset| vec![("location", "w.data"), ("offset", offset), ("length", "8")];
    let graph = GraphProto {
        initializer: vec![
            external("a", &[2], &place("4")),
            external("b", &[2], &[("location", "./w.data"), ("offset", "16")]),
            external("c", &[2], &place("24")),
            external("shared", &[2], &place("28")),
        ],
        ..GraphProto::default()
    };
    let model = opened(&model(graph), &folder.path().join("m.onnx"));
    let files: Vec<_> = model.files().iter().map(|file| file.path.as_str()).collect();
    assert_eq!(files, ["m.onnx", "w.data"]);

    let mut edits = edit("a", floats(&[1], &[0.0]));
    edits.tensors.insert("b".into(), floats(&[1], &[0.0]));
    let out = tempfile::tempdir().unwrap();
    let (copy, diff) = rewrite(&model, &edits, out.path());
    let mut expected = data.clone();
    expected[4..12].fill(0);
    expected[16..24].fill(0);
    assert_eq!(fs::read(out.path().join("w.data")).unwrap(), expected);
    assert_eq!(copy.tensor("b").unwrap().shape, [1]);
    assert_eq!(diff.tensors.len(), 2);

    let out = tempfile::tempdir().unwrap();
    let graph = vec![
        GraphEdit::RemoveInitializer { name: "a".into() },
        GraphEdit::RemoveInitializer { name: "c".into() },
    ];
    let (_, diff) = rewrite(&model, &Edits { graph, ..Edits::default() }, out.path());
    let mut expected = data.clone();
    expected[4..12].fill(0);
    expected[24..28].fill(0);
    assert_eq!(
        fs::read(out.path().join("w.data")).unwrap(),
        expected,
        "`shared` still needs half of the data of `c`"
    );
    assert!(diff.structure.iter().any(|change| change.place == "initializer `a`"));

    let refused = model.write(&edit("c", floats(&[2], &[0.0, 0.0])), &out.path().join("x"), &|_| ());
    assert!(refused.unwrap_err().to_string().contains("share"));
    let grown = model.write(&edit("a", floats(&[3], &[0.0; 3])), &out.path().join("x"), &|_| ());
    assert!(grown.unwrap_err().to_string().contains("grow"));
}

#[test]
fn bytes_between_external_tensors_do_not_hide() {
    let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let graph = GraphProto {
        initializer: vec![external("a", &[2], &[("location", "w.data"), ("offset", "8")])],
        ..GraphProto::default()
    };
    let mut data = vec![0; 24];
    let models = [&one, &two].map(|folder| {
        fs::write(folder.path().join("w.data"), &data).unwrap();
        data[20] = 1;
        opened(&model(graph.clone()), &folder.path().join("m.onnx"))
    });
    let diff = declass_formats::Diff::between(&models[0], &models[1], &|_| ()).unwrap();
    assert!(diff.tensors.is_empty());
    assert_eq!(diff.structure.len(), 1);
    assert_eq!(diff.structure[0].place, "file `w.data` at byte 16");
}

#[test]
fn old_files_list_initializers_as_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let graph = GraphProto {
        initializer: vec![TensorProto { float_data: vec![1.0], ..tensor("a", 1, &[1]) }],
        input: vec![value("x"), value("a"), value("y")],
        ..GraphProto::default()
    };
    let mut old = model(graph);
    old.ir_version = 3;
    old.metadata_props = vec![common::onnx::entry("names", "cat,dog")];
    let old = opened(&old, &folder.path().join("m.onnx"));
    let graph = vec![
        GraphEdit::RemoveInitializer { name: "a".into() },
        GraphEdit::AddInitializer { name: "a".into(), tensor: floats(&[2], &[1.0, 2.0]) },
        GraphEdit::SetMetadata { key: "names".into(), value: "cat".into() },
    ];
    let unchanged = Edits { graph: graph[1..2].to_vec(), ..Edits::default() };
    assert!(old.write(&unchanged, &folder.path().join("no"), &|_| ()).is_err());
    let edits = Edits { graph, ..Edits::default() };
    let (copy, _) = rewrite(&old, &edits, &folder.path().join("out"));
    assert_eq!(copy.tensor("a").unwrap().shape, [2]);
    let graph = copy.graph().unwrap();
    assert_eq!(graph.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!((graph.ir_version, graph.metadata[0].1.as_str()), (4, "cat"));
}

#[test]
fn attributes_and_captures() {
    let folder = tempfile::tempdir().unwrap();
    let mut fill = attribute("value", AttributeType::TENSOR);
    fill.t = Some(TensorProto { float_data: vec![2.0], ..tensor("", 1, &[1]) }).into();
    let mut body = attribute("then_branch", AttributeType::GRAPH);
    body.g = Some(GraphProto {
        node: vec![
            node("Add", &["outer", "inner"], &["made"], vec![]),
            node("Neg", &["made"], &["y"], vec![]),
        ],
        input: vec![value("inner")],
        output: vec![value("y")],
        ..GraphProto::default()
    })
    .into();
    let labels = AttributeProto {
        strings: vec![b"cat".to_vec(), b"dog".to_vec()],
        ..attribute("classlabels_strings", AttributeType::STRINGS)
    };
    let graph = GraphProto {
        node: vec![
            node("ConstantOfShape", &["s"], &["filled"], vec![fill]),
            node("If", &["c"], &["z"], vec![body]),
            node("ZipMap", &["p"], &["q"], vec![labels]),
        ],
        ..GraphProto::default()
    };
    let model = opened(&model(graph), &folder.path().join("m.onnx"));
    let nodes = &model.graph().unwrap().nodes;
    assert_eq!(nodes[0].attributes["value"], Attribute::Tensor(floats(&[1], &[2.0])));
    assert_eq!(nodes[1].captures, ["outer"]);
    assert_eq!(nodes[1].attributes["then_branch"], Attribute::Other);

    let set = |node, name: &str, value| GraphEdit::SetAttribute { node, name: name.into(), value };
    let graph = vec![
        set(0, "value", Attribute::Tensor(floats(&[1], &[5.0]))),
        set(2, "classlabels_strings", Attribute::Strings(vec![b"dog".to_vec()])),
    ];
    let (copy, diff) = rewrite(&model, &Edits { graph, ..Edits::default() }, &folder.path().join("out"));
    let after = &copy.graph().unwrap().nodes;
    assert_eq!(after[0].attributes["value"], Attribute::Tensor(floats(&[1], &[5.0])));
    assert_eq!(after[2].attributes["classlabels_strings"], Attribute::Strings(vec![b"dog".to_vec()]));
    let places: Vec<_> = diff.structure.iter().map(|change| change.place.as_str()).collect();
    assert_eq!(places, ["node 0 that makes `filled`", "node 2 that makes `q`"]);
}

#[test]
fn what_is_no_value_of_a_tensor_is_structure() {
    let raw = TensorProto { raw_data: 1f32.to_le_bytes().to_vec(), ..tensor("a", 1, &[1]) };
    let typed = TensorProto { float_data: vec![1.0], ..tensor("a", 1, &[1]) };
    let stuffed = TensorProto { string_data: vec![b"hidden".to_vec()], ..raw.clone() };
    for other in [typed, stuffed] {
        let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let models = [(&one, raw.clone()), (&two, other)].map(|(folder, tensor)| {
            let graph = GraphProto { initializer: vec![tensor], ..GraphProto::default() };
            opened(&model(graph), &folder.path().join("m.onnx"))
        });
        let diff = declass_formats::Diff::between(&models[0], &models[1], &|_| ()).unwrap();
        assert!(diff.tensors.is_empty());
        assert_eq!(diff.structure.len(), 1);
        assert_eq!(diff.structure[0].place, "initializer `a`");
    }
}

#[test]
fn types_without_fixed_width_are_listed_only() {
    let folder = tempfile::tempdir().unwrap();
    let names = TensorProto { string_data: vec![b"x".to_vec()], ..tensor("names", 8, &[1]) };
    let graph = GraphProto { initializer: vec![names], ..GraphProto::default() };
    let bytes = model(graph).write_to_bytes().unwrap();
    fs::write(folder.path().join("m.onnx"), bytes).unwrap();
    let model = Artifact::open(folder.path()).unwrap();
    assert_eq!(model.tensor("names").unwrap().dtype, Dtype::Opaque { name: "STRING", bits: 0 });
    assert!(model.read_tensor("names").unwrap().is_empty());
}
