//! `declass run`: arrays in, arrays out.

use std::{
    fs,
    path::{Path, PathBuf},
};

use declass_formats::Artifact;
use serde_json::json;
use tempfile::tempdir;

use crate::process::{linear_head, names, resnet, run};

fn graph(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/onnx").join(name)
}

/// A safetensors file with one array of so many rows of ten numbers.
fn inputs(file: &Path, name: &str, rows: usize) {
    let header =
        json!({name: {"dtype": "F32", "shape": [rows, 10], "data_offsets": [0, 40 * rows]}}).to_string();
    let numbers = (0..10 * rows).flat_map(|at| (at as f32 / 7.0).sin().to_le_bytes());
    let bytes = (header.len() as u64).to_le_bytes().into_iter().chain(header.into_bytes()).chain(numbers);
    fs::write(file, bytes.collect::<Vec<u8>>()).unwrap();
}

fn numbers(file: &Path, name: &str) -> (Vec<usize>, Vec<f32>) {
    let file = Artifact::open(file).unwrap();
    let info = file.tensor(name).unwrap();
    (info.shape.clone(), info.dtype.decode(&file.read_tensor(name).unwrap()).unwrap())
}

#[test]
fn every_example_has_its_logits_and_probabilities() {
    let folder = tempdir().unwrap();
    let (given, out) = (folder.path().join("in.safetensors"), folder.path().join("out.safetensors"));
    inputs(&given, "input", 3);
    let model = graph("softmax.onnx");
    let arguments =
        ["run", model.to_str().unwrap(), given.to_str().unwrap(), "-o", out.to_str().unwrap(), "--json"];
    let said = run(&arguments).exits(0).json();
    assert_eq!(said["rows"], 3);
    let (shape, logits) = numbers(&out, "logits");
    let (_, probabilities) = numbers(&out, "probabilities");
    assert_eq!(shape, [3, 6]);
    for (logits, probabilities) in logits.chunks(6).zip(probabilities.chunks(6)) {
        let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
        for (logit, probability) in logits.iter().zip(probabilities) {
            assert!((logit.exp() / sum - probability).abs() < 1e-5);
        }
    }
    // What is there already stays.
    let before = fs::read(&out).unwrap();
    run(&arguments).exits(2);
    assert_eq!(fs::read(&out).unwrap(), before);
}

#[test]
fn what_cannot_be_run_says_why_and_leaves_nothing() {
    let folder = tempdir().unwrap();
    let given = folder.path().join("in.safetensors");
    let out = folder.path().join("out.npz");
    inputs(&given, "pixels", 1);
    let try_one = |model: &Path, out: &Path, more: &[&str]| {
        let all = ["run", model.to_str().unwrap(), given.to_str().unwrap(), "-o", out.to_str().unwrap()];
        run(&[&all[..], more].concat()).exits(2).stderr
    };
    let model = graph("softmax.onnx");
    let said = try_one(&model, &out, &[]);
    assert!(said.contains("it has no array `input`") && said.contains("the file has `pixels`"), "{said}");
    assert!(try_one(&model, &out, &["--at", "nowhere"]).contains("no value `nowhere`"));
    assert!(try_one(&model, Path::new("out.txt"), &[]).contains("neither .npz nor .safetensors"));
    assert!(try_one(&resnet(), &out, &[]).contains("it has no array `pixel_values`"));
    let bare = tempdir().unwrap();
    let rows = [[1.0, 0.0, 0.0, 0.5], [0.0, 1.0, 0.0, 0.5], [0.0, 0.0, 1.0, 0.5]];
    linear_head(&bare.path().join("model"), &rows, &[0.1, 0.2, 0.3], None);
    let said = try_one(&bare.path().join("model"), &out, &[]);
    assert!(said.contains("does not say how its tensors are computed with"), "{said}");
    assert!(try_one(&graph("tree_ensemble.onnx"), &out, &[]).contains("(TreeEnsembleClassifier)"));
    assert_eq!(names(folder.path()), ["in.safetensors"]);
}
