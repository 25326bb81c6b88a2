//! What declass writes, judged by others: cyclonedx-python-lib, model_signing, onnx, onnxruntime, numpy,
//! safetensors, kubernetes-validate, securesystemslib, @sigstore/verify and openssl.

#[path = "judged/boxes.rs"]
mod boxes;
#[path = "judged/clusters.rs"]
mod clusters;
#[path = "judged/export.rs"]
mod export;
#[path = "judged/graphs.rs"]
mod graphs;
#[path = "judged/libraries.rs"]
mod libraries;
#[path = "judged/light.rs"]
mod light;
#[path = "judged/models.rs"]
mod models;
#[path = "judged/node.rs"]
mod node;
#[path = "judged/numbers.rs"]
mod numbers;
#[path = "judged/package.rs"]
mod package;
#[path = "judged/schemas.rs"]
mod schemas;
#[path = "judged/signatures.rs"]
mod signatures;
#[path = "judged/stamps.rs"]
mod stamps;
#[path = "judged/tsa.rs"]
mod tsa;
#[path = "judged/venv.rs"]
mod venv;
#[path = "judged/zoo.rs"]
mod zoo;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A file below `fixtures/`.
fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// Says aloud that a judge is missing.
#[expect(clippy::print_stderr, reason = "a test that judged nothing must not look like one that did")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Runs the tool.
fn declass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_declass"))
        .env_remove("GITHUB_ACTIONS")
        .args(arguments)
        .output()
        .expect("the tool starts")
}

/// Runs the tool, which must say yes.
#[track_caller]
fn succeed(arguments: &[&str]) {
    let output = declass(arguments);
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "declass {}\n{text}", arguments.join(" "));
}

/// Unlearns into `out` and lets the tool verify what it wrote.
#[track_caller]
fn unlearn_and_verify(model: &Path, out: &Path, options: &[&str]) {
    let (model, out) = (model.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    succeed(&[&["unlearn", model, "-o", out, "-q"], options].concat());
    succeed(&["verify", out, "--original", model, "-q"]);
}
