//! Releases whose files, graphs, tensors or weights are not those of the removal.

use std::fs;

use declass_formats::{Artifact, Edits, NewTensor, onnx::GraphEdit};
use serde_json::json;

use super::*;

#[test]
fn no_file_changes_but_as_the_slots_require() {
    let original = model("fmnist-resnet");
    for slot in ["keep", "drop"] {
        let folder = tempfile::tempdir().unwrap();
        let out = release(folder.path(), &model("fmnist-resnet"), slot);
        assert_eq!(verify(&out, &original).0, Some(0));
        let config = fs::read_to_string(out.join("config.json")).unwrap();
        let hooked = config.replacen('{', "{\"auto_map\": {\"AutoModel\": \"evil.Model\"},", 1);
        fs::write(out.join("config.json"), hooked).unwrap();
        says_no(&out, &original, "only-head-changed");
        fs::write(out.join("config.json"), config).unwrap();
        fs::write(out.join("modeling.py"), "").unwrap();
        says_no(&out, &original, "only-head-changed");
    }
}

#[test]
fn a_head_that_reads_another_embedding_is_seen() {
    let original = model("fmnist-resnet.onnx");
    for slot in ["keep", "drop"] {
        let folder = tempfile::tempdir().unwrap();
        let out = release(folder.path(), &model("fmnist-resnet.onnx"), slot);
        let artifact = Artifact::open(&out).unwrap();
        let graph = artifact.graph().unwrap();
        let head = graph.nodes.iter().rposition(|node| node.op_type == "Gemm").unwrap();
        let before = &graph.nodes.iter().find(|node| node.outputs[0] == graph.nodes[head].inputs[0]).unwrap();
        let value = before.inputs[0].clone();
        let edits =
            Edits { graph: vec![GraphEdit::SetInput { node: head, index: 0, value }], ..Edits::default() };
        let (code, text) = verify(&rewritten(folder.path(), &out, &edits), &original);
        assert!(matches!(code, Some(1 | 2)), "{text}");
        assert!(
            !text.contains("only-head-changed      ") || text.contains("FAILED only-head-changed"),
            "{text}"
        );
    }
}

#[test]
fn an_added_tensor_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), &model("fmnist-resnet.onnx"), "drop");
    let artifact = Artifact::open(&out).unwrap();
    let (name, info) = artifact.tensors().iter().next().unwrap();
    let tensor = NewTensor { info: info.clone(), data: artifact.read_tensor(name).unwrap() };
    let edit = GraphEdit::AddInitializer { name: "evil".into(), tensor };
    let edits = Edits { graph: vec![edit], ..Edits::default() };
    says_no(&rewritten(folder.path(), &out, &edits), &model("fmnist-resnet.onnx"), "only-head-changed");
}

#[test]
fn an_encoder_tensor_that_changed_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), &model("fmnist-resnet"), "drop");
    let artifact = Artifact::open(&out).unwrap();
    let (name, info) = artifact.tensors().iter().find(|(name, _)| !name.contains("classifier")).unwrap();
    let mut data = artifact.read_tensor(name).unwrap();
    data[0] ^= 1;
    let tensors = [(name.clone(), NewTensor { info: info.clone(), data })].into();
    let edits = Edits { tensors, ..Edits::default() };
    says_no(&rewritten(folder.path(), &out, &edits), &model("fmnist-resnet"), "only-head-changed");
}

#[test]
fn an_index_is_compared_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let original = model("../safetensors/hf_sharded");
    let out = folder.path().join("out");
    assert!(unlearn(&original, &out, &["--slot", "drop", "--forget", "1"]).status.success());
    assert_eq!(verify(&out, &original).0, Some(0));
    let file = out.join("model.safetensors.index.json");
    let index = fs::read_to_string(&file).unwrap();
    let foreign = index.replacen("\"metadata\": {", "\"metadata\": {\n    \"total_rows\": 7,", 1);
    for tampered in [foreign, format!("{index}\n")] {
        assert_ne!(tampered, index);
        fs::write(&file, tampered).unwrap();
        says_no(&out, &original, "only-head-changed");
    }
}

#[test]
fn an_unsealed_class_that_no_sample_reaches_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (original, out) = (folder.path().join("model"), folder.path().join("out"));
    constant_head(&original);
    let made = unlearn(&original, &out, &["--forget", "1"]);
    assert!(made.status.success(), "{made:?}");
    fs::copy(original.join("model.safetensors"), out.join("model.safetensors")).unwrap();
    edit_claim(&out, |claim| {
        // A seal alone that is none would be no removal at all.
        claim["buildDefinition"]["externalParameters"]["method"] = json!("delete");
        claim["buildDefinition"]["externalParameters"]["seal"] = json!(false);
        claim["removal"]["claim"] = json!("class-output-suppressed");
    });
    says_no(&out, &original, "forget-rate");
}

/// A model whose logits do not depend on the input at all: its row space has no dimension. Its biases differ, so
/// that it is not one that was never trained.
fn constant_head(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let header = json!({
        "classifier.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
        "classifier.weight": {"dtype": "F32", "shape": [3, 4], "data_offsets": [12, 60]},
    });
    let header = header.to_string();
    let biases: Vec<u8> = [1.0f32, 0.0, 0.0].iter().flat_map(|bias| bias.to_le_bytes()).collect();
    // The last class has a weight, so that the head tells something apart; class 1 is always below class 0.
    let weights: Vec<u8> = (0..12).flat_map(|at| f32::from(u8::from(at == 8)).to_le_bytes()).collect();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &biases, &weights].concat();
    fs::write(folder.join("model.safetensors"), bytes).unwrap();
}
