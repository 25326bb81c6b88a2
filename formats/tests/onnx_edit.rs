//! ONNX: edits are spliced in, and nothing else moves.

mod common;

use std::fs;

use common::{differing_bytes, edit, fixture, floats, info, rewrite};
use declass_formats::{
    Artifact, Dtype, Edits, NewTensor,
    onnx::{Attribute, Dim, GraphEdit},
};

const MODELS: [&str; 3] = ["models/fmnist-resnet.onnx", "models/fmnist-vit.onnx", "models/fmnist-swin.onnx"];

#[test]
fn real_models_open_and_copy() {
    for path in MODELS {
        let model = Artifact::open(&fixture(path)).unwrap();
        let graph = model.graph().unwrap();
        assert_eq!(graph.outputs[0].name, "logits");
        assert_eq!(graph.outputs[0].shape.as_ref().unwrap()[1], Dim::Fixed(10));
        assert!(graph.initializers.keys().all(|name| model.tensors().contains_key(name)));
        for (name, info) in model.tensors() {
            assert_eq!(model.read_tensor(name).unwrap().len(), info.byte_len(), "{name}");
        }
        let out = tempfile::tempdir().unwrap();
        let (_, diff) = rewrite(&model, &Edits::default(), out.path());
        assert!(diff.tensors.is_empty() && diff.structure.is_empty());
        assert!(diff.files.iter().all(|file| file.before == file.after));
    }
}

#[test]
fn tensors_are_edited_in_place() {
    for path in MODELS {
        let path = fixture(path);
        let model = Artifact::open(&path).unwrap();
        for (name, info) in model.tensors().iter().filter(|(_, info)| info.elements() > 0).step_by(6) {
            let old = model.read_tensor(name).unwrap();
            // Flipping a low bit keeps booleans and sizes in range.
            let data: Vec<u8> = old.iter().map(|byte| byte ^ 1).collect();
            let out = tempfile::tempdir().unwrap();
            let new = NewTensor { info: info.clone(), data: data.clone() };
            let (copy, diff) = rewrite(&model, &edit(name, new), out.path());
            assert_eq!(copy.read_tensor(name).unwrap(), data);
            let changed: Vec<_> =
                diff.tensors.iter().map(|change| (change.name.as_str(), change.values)).collect();
            assert_eq!(changed, [(name.as_str(), info.elements() as u64)]);
            assert!(diff.structure.is_empty(), "{:?}", diff.structure);
            let positions = differing_bytes(&path, &out.path().join(path.file_name().unwrap()));
            assert_eq!(positions.len(), data.len());
            assert_eq!(positions.last().unwrap() - positions[0] + 1, data.len());
        }
    }
}

/// The head of a model: its node, and the names of its weight and bias.
fn head(model: &Artifact) -> (usize, String, String) {
    let nodes = &model.graph().unwrap().nodes;
    let gemm = nodes.iter().rposition(|node| node.op_type == "Gemm").unwrap();
    (gemm, nodes[gemm].inputs[1].clone(), nodes[gemm].inputs[2].clone())
}

#[test]
fn a_class_is_dropped_from_real_models() {
    for path in MODELS {
        let model = Artifact::open(&fixture(path)).unwrap();
        let (node, weight, bias) = head(&model);
        let mut edits = Edits::default();
        let shorter = |name: &str| {
            let old = model.tensor(name).unwrap();
            let mut info = old.clone();
            info.shape[0] -= 1;
            let data = model.read_tensor(name).unwrap()[..info.byte_len()].to_vec();
            NewTensor { info, data }
        };
        edits.tensors.insert(weight.clone(), shorter(&weight));
        edits.graph.push(GraphEdit::AddInitializer { name: "new bias".into(), tensor: shorter(&bias) });
        edits.graph.push(GraphEdit::SetInput { node, index: 2, value: "new bias".into() });
        edits.graph.push(GraphEdit::RemoveInitializer { name: bias.clone() });
        edits.graph.push(GraphEdit::ClearValueInfo);
        edits.graph.push(GraphEdit::SetOutputDim { output: 0, axis: 1, extent: 9 });
        let out = tempfile::tempdir().unwrap();
        let (copy, diff) = rewrite(&model, &edits, out.path());
        let graph = copy.graph().unwrap();
        assert_eq!(graph.outputs[0].shape.as_ref().unwrap()[1], Dim::Fixed(9));
        assert_eq!(graph.nodes[node].inputs[2], "new bias");
        assert!(graph.value_info.is_empty());
        assert_eq!(copy.tensor(&weight).unwrap(), &shorter(&weight).info);
        assert_eq!(copy.read_tensor("new bias").unwrap(), shorter(&bias).data);

        let changed: Vec<_> = diff.tensors.iter().map(|change| change.name.as_str()).collect();
        let mut expected = [weight.as_str(), bias.as_str(), "new bias"];
        expected.sort();
        assert_eq!(changed, expected);
        let rest = diff.structure.iter().filter(|change| !change.place.starts_with("value_info"));
        let rest: Vec<_> = rest.map(|change| format!("{} {}", change.place, change.what)).collect();
        let name = &graph.nodes[node].name;
        let expected = [
            format!("node {node} `{name}` changed"),
            format!("initializer `{bias}` removed"),
            "output `logits` changed".to_owned(),
            "initializer `new bias` added".to_owned(),
        ];
        assert_eq!(rest.len(), expected.len(), "{rest:?}");
        assert!(expected.iter().all(|change| rest.contains(change)), "{rest:?}");

        // What is told of a copy without writing it is what is written; of any other copy, where it is
        // another.
        let told = model.edited_digests(&edits, &|_| ()).unwrap();
        assert!(diff.files.iter().all(|file| file.after == told.get(&file.path).copied().or(file.before)));
        assert!(model.deviations(&edits, &copy).unwrap().is_empty());
        let GraphEdit::AddInitializer { tensor, .. } = &mut edits.graph[0] else { panic!("no initializer") };
        tensor.data[0] ^= 1;
        let deviations = model.deviations(&edits, &copy).unwrap();
        let places: Vec<_> = deviations.iter().map(|change| change.place.as_str()).collect();
        assert_eq!(places, ["initializer `new bias`"]);
    }
}

#[test]
fn nodes_keep_their_numbers_while_others_go() {
    let model = Artifact::open(&fixture(MODELS[1])).unwrap();
    let nodes = &model.graph().unwrap().nodes;
    let gemm = head(&model).0;
    let mut edits = Edits::default();
    edits.graph.push(GraphEdit::RemoveNode { node: 0 });
    edits.graph.push(GraphEdit::RemoveNode { node: 1 });
    edits.graph.push(GraphEdit::SetAttribute { node: gemm, name: "transB".into(), value: Attribute::Int(0) });
    let out = tempfile::tempdir().unwrap();
    let (copy, diff) = rewrite(&model, &edits, out.path());
    let after = &copy.graph().unwrap().nodes;
    assert_eq!(after.len(), nodes.len() - 2);
    assert_eq!(after[gemm - 2].attributes["transB"], Attribute::Int(0));
    assert_eq!(after[gemm - 2].outputs, nodes[gemm].outputs);
    let words: Vec<_> = diff.structure.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(words, ["removed", "removed", "changed"]);

    let twice = Edits { graph: vec![GraphEdit::RemoveNode { node: 0 }; 2], ..Edits::default() };
    assert!(model.write(&twice, &out.path().join("no"), &|_| ()).is_err());
}

#[test]
fn edits_that_do_not_fit_the_graph() {
    let model = Artifact::open(&fixture(MODELS[0])).unwrap();
    let (node, weight, _) = head(&model);
    let last = model.graph().unwrap().nodes.len();
    let tensor = floats(&[1], &[0.0]);
    let wrong = NewTensor { info: info(Dtype::F32, &[2]), data: vec![0; 4] };
    let out = tempfile::tempdir().unwrap();
    for edit in [
        GraphEdit::AddInitializer { name: weight, tensor: tensor.clone() },
        GraphEdit::AddInitializer { name: "logits".into(), tensor: tensor.clone() },
        GraphEdit::AddInitializer { name: "new".into(), tensor: wrong },
        GraphEdit::RemoveInitializer { name: "nothing".into() },
        GraphEdit::RemoveNode { node: last },
        GraphEdit::SetAttribute { node, name: "nothing".into(), value: Attribute::Int(0) },
        GraphEdit::SetAttribute { node, name: "transB".into(), value: Attribute::Float(0.0) },
        GraphEdit::SetInput { node, index: 3, value: "x".into() },
        GraphEdit::SetMetadata { key: "nothing".into(), value: "x".into() },
        GraphEdit::SetOutputDim { output: 0, axis: 0, extent: 1 },
        GraphEdit::SetOutputDim { output: 0, axis: 2, extent: 1 },
        GraphEdit::SetOutputDim { output: 1, axis: 0, extent: 1 },
    ] {
        let edits = Edits { graph: vec![edit.clone()], ..Edits::default() };
        assert!(model.write(&edits, &out.path().join("out"), &|_| ()).is_err(), "{edit:?}");
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}
