//! Repositories in which the same head lies in several files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use declass_formats::{Artifact, Edits, NewTensor};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::process::{Ran, copy, fixture, names, run, unlearn, verify};

const GRAPH: &str = "onnx/model.onnx";

/// A folder of safetensors with its export below.
fn repository() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    copy(&fixture("fmnist-vit"), &model);
    fs::create_dir(model.join("onnx")).unwrap();
    fs::copy(fixture("fmnist-vit.onnx"), model.join(GRAPH)).unwrap();
    (folder, model)
}

fn claim(release: &Path) -> Value {
    let bytes = fs::read(release.join("class-removal.statement.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The closed form, run on as few inputs as tell anything.
fn seal(model: &Path, out: &Path, more: &[&str]) -> Ran {
    crate::process::seal(model, out, &[&["--executed", "1"], more].concat())
}

/// A graph with another number in its head.
fn with_another_head(graph: &Path) {
    let artifact = Artifact::open(graph).unwrap();
    let is_head = |(_, info): &(&String, &declass_formats::TensorInfo)| info.shape.first() == Some(&10);
    let (name, info) = artifact.tensors().iter().find(is_head).unwrap();
    let mut data = artifact.read_tensor(name).unwrap();
    data[0] ^= 1;
    let mut edits = Edits::default();
    edits.tensors.insert(name.clone(), NewTensor { info: info.clone(), data });
    let folder = tempdir().unwrap();
    artifact.write(&edits, &folder.path().join("x"), &|_| ()).unwrap();
    let mut written = fs::read_dir(folder.path().join("x")).unwrap().map(|entry| entry.unwrap().path());
    let written = written.find(|path| path.extension().is_some_and(|end| end == "onnx")).unwrap();
    fs::copy(written, graph).unwrap();
}

#[test]
fn one_removal_is_done_in_every_file_of_the_head() {
    let (folder, model) = repository();
    for slot in ["keep", "drop"] {
        let out = folder.path().join(slot);
        let ran = seal(&model, &out, &["--forget", "Sandal", "--slot", slot]).exits(0);
        ran.shows("also in         onnx/model.onnx").shows("`onnx/model.onnx`: same head");
        let claim = claim(&out);
        let others = &claim["predicate"]["removal"]["otherFiles"];
        assert_eq!((others[0]["name"].clone(), others[1].clone()), (json!(GRAPH), Value::Null));
        assert!(!others[0]["tensors"].as_array().unwrap().is_empty());
        let subjects = claim["subject"].as_array().unwrap();
        assert!(subjects.iter().any(|subject| subject["name"] == GRAPH));
        let verified = verify(&out, &model, &[]).exits(0);
        verified.shows("also in         `onnx/model.onnx`: same head").shows("run on ");
        // Both files give the same classes now.
        let classes = |path: &Path| {
            run(&["inspect", path.to_str().unwrap(), "--json"]).exits(0).json()["classes"].clone()
        };
        assert_eq!(classes(&out), classes(&out.join(GRAPH)));
        run(&["reproduce", out.to_str().unwrap(), "--original", model.to_str().unwrap()]).exits(0);
    }
    assert!(
        fs::read_to_string(folder.path().join("keep/README.md"))
            .unwrap()
            .contains("The same was done in `onnx/model.onnx`.")
    );
}

#[test]
fn trained_rows_are_the_same_in_all_files_and_figures_can_be_added() {
    let (folder, model) = repository();
    let out = folder.path().join("out");
    unlearn(&model, &out, &["--forget", "5", "--samples", "100", "--executed", "1"]).exits(0);
    verify(&out, &model, &[]).exits(0).shows("same head");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/data/fmnist-vit.safetensors");
    let (out, model, data) = (out.to_str().unwrap(), model.to_str().unwrap(), data.to_str().unwrap());
    let more = ["evaluate", out, "--original", model, "--eval-embeddings", data, "--into", out];
    run(&more).exits(0);
    run(&["verify", out, "--original", model, "--eval-embeddings", data]).exits(0);
    // The next removal continues in both.
    let next = folder.path().join("next");
    let alone = ["--forget", "Bag", "--one-file"];
    seal(Path::new(out), &next, &alone).exits(2).says("which this one would leave behind");
    seal(Path::new(out), &next, &["--forget", "Bag", "--slot", "drop"]).exits(0);
    verify(&next, Path::new(out), &[]).exits(0).shows("same head");
}

#[test]
fn a_file_of_another_head_stays_behind_and_so_do_all_where_that_is_wanted() {
    let (folder, model) = repository();
    let alone = folder.path().join("alone");
    seal(&model, &alone, &["--forget", "5", "--one-file"]).exits(0).says("`onnx/model.onnx` is left out");
    assert!(!alone.join("onnx").exists());
    assert_eq!(claim(&alone)["predicate"]["removal"]["otherFiles"], Value::Null);
    // As releases of older versions are: the original has a file more.
    verify(&alone, &model, &[]).exits(0);
    with_another_head(&model.join(GRAPH));
    let out = folder.path().join("out");
    let ran = seal(&model, &out, &["--forget", "5"]).exits(0);
    ran.says("`onnx/model.onnx` is left out: ").says("has other numbers for class");
    assert!(!names(&out).contains(&"onnx".to_owned()));
}

#[test]
fn whatever_is_changed_in_a_further_file_is_found() {
    let (folder, model) = repository();
    let out = folder.path().join("out");
    seal(&model, &out, &["--forget", "5"]).exits(0);
    // The original's in its place: the class is back.
    fs::copy(model.join(GRAPH), out.join(GRAPH)).unwrap();
    let ran = verify(&out, &model, &[]).exits(1);
    ran.shows("FAILED").shows("other-files").shows("`onnx/model.onnx`: ");
    let gone = folder.path().join("gone");
    seal(&model, &gone, &["--forget", "5"]).exits(0);
    fs::remove_file(gone.join(GRAPH)).unwrap();
    assert_ne!(verify(&gone, &model, &[]).code, Some(0));
}
