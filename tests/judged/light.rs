//! Some of the `light_*` graphs that the onnx package ships: real architectures with constant weights, here with
//! random ones in their heads. What can be judged is that they are located, edited, valid, and still run.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{succeed, venv::judge};

fn models(folder: &Path) -> Vec<PathBuf> {
    let Value::Object(found) = judge("light.py", &["heads", folder.to_str().unwrap()]) else {
        panic!("no list")
    };
    assert_eq!(found.len(), 3);
    found.values().map(|path| PathBuf::from(path.as_str().unwrap())).collect()
}

fn judged(model: &Path, slot: &str, options: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    // What `unlearn` writes it has verified itself.
    let (from, to) = (model.to_str().unwrap(), out.to_str().unwrap());
    succeed(&[&["unlearn", from, "-o", to, "-q", "--forget", "3", "--slot", slot], options].concat());
    let written = out.join(model.file_name().unwrap());
    let paths = [model.to_str().unwrap(), written.to_str().unwrap()];
    judge("onnx_pair.py", &[&paths[..], &["--forget", "3", "--slot", slot, "--random", "1"]].concat())
}

#[test]
fn every_light_model_loses_a_class_and_stays_valid() {
    let folder = tempfile::tempdir().unwrap();
    for model in models(folder.path()) {
        let verdict = judged(&model, "keep", &["--method", "seal", "--executed", "1"]);
        assert_eq!(verdict["checker"]["out"], Value::Null, "{}", model.display());
        assert_eq!(verdict["forgotten_top"], 0, "{}: {verdict}", model.display());
    }
}

#[test]
fn every_light_model_drops_an_output_and_stays_valid() {
    let folder = tempfile::tempdir().unwrap();
    for model in models(folder.path()) {
        let verdict = judged(&model, "drop", &["--method", "seal", "--executed", "0"]);
        assert_eq!(verdict["checker"]["out"], Value::Null, "{}", model.display());
        assert_eq!(verdict["shapes"]["out"][1], 999, "{}: {verdict}", model.display());
        assert!(verdict["max_abs_diff"].as_f64().unwrap() <= 1e-5, "{}: {verdict}", model.display());
    }
}
