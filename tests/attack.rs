//! Releases that were tampered with, and passes that are used for something else than what they were given to.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use candle_core::Device;
use declass::{
    classes::Forgotten,
    cut::Cut,
    edit::{self, Slot},
    error::Error,
    methods::{self, Settings},
    progress::Silent,
    release::{RunRecord, Staged},
    unlearn::{self, MARGIN, Options},
    verify::{self, Pass, Request},
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

/// A sealed copy, staged beside `destination`.
fn staged(original: &Artifact, forgotten: &Forgotten, destination: &Path) -> Staged {
    let cut = Cut::locate(original, None).unwrap();
    let before = cut.head.load(original).unwrap();
    let after = unlearn::seal(&before, forgotten, cut.head.link, MARGIN).unwrap();
    let edits = edit::edits(original, &cut, &before, &after, forgotten.as_set(), Slot::Keep).unwrap();
    Staged::write(original, &edits, destination, &Silent).unwrap()
}

fn pass<'a>(original: &Artifact, staged: &Staged, forgotten: &'a Forgotten) -> Pass<'a> {
    static NONE: LazyLock<Settings> = LazyLock::new(Settings::default);
    let (method, settings) = (methods::by_name("seal").unwrap(), &*NONE);
    let request =
        Request { forgotten, slot: Slot::Keep, sealed: true, method, settings, head: None, seed: 0 };
    let report = verify::verify(original, staged.artifact(), &request, &Device::Cpu, &Silent).unwrap();
    report.pass().unwrap()
}

fn record() -> RunRecord {
    RunRecord::new("cpu", &Options::new(methods::by_name("seal").unwrap()), None, None, &[])
}

#[test]
fn a_pass_publishes_the_files_that_it_was_given_to_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let original = Artifact::open(&model("fmnist-resnet")).unwrap();
    let [five, six] = ["5", "6"].map(|class| Forgotten::resolve(&[class], 10, None).unwrap());
    let (out, other) = (folder.path().join("out"), folder.path().join("other"));
    let tampering: [fn(&Path); 5] = [
        |folder| fs::write(folder.join("modeling.py"), "import os").unwrap(),
        |folder| fs::write(folder.join("pytorch_model.bin"), "PK").unwrap(),
        |folder| fs::write(folder.join("README.md"), "perfect").unwrap(),
        |folder| fs::remove_file(folder.join("preprocessor_config.json")).unwrap(),
        |folder| {
            let mut bytes = fs::read(folder.join("model.safetensors")).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(folder.join("model.safetensors"), bytes).unwrap();
        },
    ];
    for tamper in tampering {
        let staged = staged(&original, &five, &out);
        let pass = pass(&original, &staged, &five);
        tamper(staged.artifact().folder());
        let refused = staged.publish(&pass, &record(), false);
        assert!(matches!(refused, Err(Error::OtherRelease { .. })), "{refused:?}");
    }
    let (mine, foreign) = (staged(&original, &five, &out), staged(&original, &six, &other));
    let pass = pass(&original, &mine, &five);
    let refused = foreign.publish(&pass, &record(), false);
    assert!(matches!(refused, Err(Error::OtherRelease { .. })), "{refused:?}");
    assert_eq!(mine.artifact().files().len(), 3);
    mine.publish(&pass, &record(), false).unwrap();
    assert_eq!(verify(&out, &model("fmnist-resnet")).0, Some(0));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the release is left");
}
