//! Releases and claims that were tampered with, and places where a release must not go.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use declass_formats::{Artifact, Edits, NewTensor, onnx::GraphEdit};
use serde_json::{Value, json};

const CLAIM: &str = "class-removal.statement.json";

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models").join(name)
}

fn declass(args: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_declass")).args(args).output().unwrap()
}

fn path(text: &str) -> &Path {
    Path::new(text)
}

fn unlearn(model: &Path, out: &Path, more: &[&str]) -> Output {
    let mut args = vec![path("unlearn"), model, path("--method"), path("seal"), path("-o"), out];
    args.extend(more.iter().map(|arg| path(arg)));
    if !more.contains(&"--forget") {
        args.extend([path("--forget"), path("5")]);
    }
    declass(&args)
}

/// A release of a fixture, to be tampered with.
fn release(folder: &Path, name: &str, slot: &str) -> PathBuf {
    let out = folder.join("out");
    let made = unlearn(&model(name), &out, &["--slot", slot]);
    assert!(made.status.success(), "{made:?}");
    out
}

/// With another seed than the claim's, so that no recorded figure gives the tampering away.
fn verify(release: &Path, original: &Path) -> (Option<i32>, String) {
    let output =
        declass(&[path("verify"), release, path("--original"), original, path("--seed"), path("99")]);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[track_caller]
fn says_no(release: &Path, original: &Path, check: &str) {
    let (code, text) = verify(release, original);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.lines().any(|line| line.contains("FAILED") && line.contains(check)), "{check}: {text}");
}

/// Writes the release anew with edits, beside it.
fn rewritten(folder: &Path, release: &Path, edits: &Edits) -> PathBuf {
    let out = folder.join("tampered");
    Artifact::open(release).unwrap().write(edits, &out, &|_| ()).unwrap();
    fs::copy(release.join(CLAIM), out.join(CLAIM)).unwrap();
    out
}

fn edit_claim(release: &Path, edit: impl FnOnce(&mut Value)) {
    let file = release.join(CLAIM);
    let mut claim: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    edit(&mut claim["predicate"]);
    fs::write(file, claim.to_string()).unwrap();
}

#[test]
fn no_file_changes_but_as_the_slots_require() {
    let original = model("fmnist-resnet");
    for slot in ["keep", "drop"] {
        let folder = tempfile::tempdir().unwrap();
        let out = release(folder.path(), "fmnist-resnet", slot);
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
        let out = release(folder.path(), "fmnist-resnet.onnx", slot);
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
    let out = release(folder.path(), "fmnist-resnet.onnx", "drop");
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
    let out = release(folder.path(), "fmnist-resnet", "drop");
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
fn claims_that_contradict_themselves_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), "fmnist-resnet", "keep");
    let claim = fs::read(out.join(CLAIM)).unwrap();
    let edits: [(&str, Value); 10] = [
        ("/removal/labelSpace/before", json!(1_000_000_000_000_000_000_u64)),
        ("/removal/labelSpace/after", json!(9)),
        ("/removal/labelSpace/indexMap", json!([0])),
        ("/removal/labelSpace/indexMap/0", json!(1)),
        ("/removal/forgotten/0/index", json!(1_000_000_000_000_000_000_u64)),
        ("/removal/scope", json!("deep")),
        ("/buildDefinition/externalParameters/slot", json!("drop")),
        ("/buildDefinition/externalParameters/slot", json!("foo")),
        ("/buildDefinition/externalParameters/seed", json!("banana")),
        ("/verification/result", json!("FAILED")),
    ];
    for (place, value) in edits {
        edit_claim(&out, |claim| *claim.pointer_mut(place).unwrap() = value);
        let (code, text) = verify(&out, &model("fmnist-resnet"));
        assert_eq!(code, Some(2), "{place}: {text}");
        assert!(text.contains("claim `class-removal.statement.json`:"), "{place}: {text}");
        fs::write(out.join(CLAIM), &claim).unwrap();
    }
}

#[test]
fn claims_that_say_more_than_was_done_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), "fmnist-resnet", "keep");
    let claim = fs::read(out.join(CLAIM)).unwrap();
    let edits: [(&str, Value); 4] = [
        ("/removal/tensors", json!([])),
        ("/removal/unchangedTensors", json!(74)),
        ("/removal/notClaimed", json!([])),
        ("/verification/tier", json!("T3")),
    ];
    for (place, value) in edits {
        edit_claim(&out, |claim| *claim.pointer_mut(place).unwrap() = value);
        says_no(&out, &model("fmnist-resnet"), "claimed-removal");
        fs::write(out.join(CLAIM), &claim).unwrap();
    }
    edit_claim(&out, |claim| {
        claim["removal"]["forgotten"][0]["label"] = json!("Bag");
        claim["buildDefinition"]["externalParameters"]["forget"][0]["label"] = json!("Bag");
    });
    says_no(&out, &model("fmnist-resnet"), "claimed-removal");
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
        claim["buildDefinition"]["externalParameters"]["seal"] = json!(false);
        claim["removal"]["claim"] = json!("class-output-suppressed");
    });
    says_no(&out, &original, "forget-rate");
}

/// A model whose logits do not depend on the input at all: its row space has no dimension.
fn constant_head(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let header = json!({
        "classifier.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
        "classifier.weight": {"dtype": "F32", "shape": [3, 4], "data_offsets": [12, 60]},
    });
    let header = header.to_string();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 60]].concat();
    fs::write(folder.join("model.safetensors"), bytes).unwrap();
}

#[test]
fn the_input_folder_is_no_place_for_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("model");
    constant_head(&original);
    for place in [original.join("out"), original.join("a/b/out")] {
        let refused = unlearn(&original, &place, &["--forget", "1"]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert_eq!(fs::read_dir(&original).unwrap().count(), 1);
    }
}

#[test]
fn only_folders_of_our_own_making_are_leftovers() {
    let folder = tempfile::tempdir().unwrap();
    let (original, out) = (folder.path().join("model"), folder.path().join("out"));
    constant_head(&original);
    let (mine, leftover) =
        (folder.path().join(".out.declass-mine"), folder.path().join(".out.declass-0123456789ab"));
    fs::create_dir(&mine).unwrap();
    fs::create_dir(&leftover).unwrap();
    assert!(unlearn(&original, &out, &["--forget", "1"]).status.success());
    assert!(mine.exists() && !leftover.exists());
}

#[test]
fn several_runs_that_write_to_one_place_all_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let (original, out) = (folder.path().join("model"), folder.path().join("out"));
    constant_head(&original);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let run = unlearn(&original, &out, &["--forget", "1", "--force"]);
                    assert!(run.status.success(), "{run:?}");
                }
            });
        }
    });
    assert_eq!(verify(&out, &original).0, Some(0));
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "nothing is left behind");
}
