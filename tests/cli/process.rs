//! Running the tool, and looking at folders.

#[path = "../process/mod.rs"]
mod tool;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

pub(crate) use tool::{Ran, declass, finish};

pub(crate) fn run(arguments: &[&str]) -> Ran {
    finish(declass().args(arguments))
}

/// `declass unlearn MODEL -o OUT` with more arguments.
pub(crate) fn unlearn(model: &Path, out: &Path, more: &[&str]) -> Ran {
    finish(declass().arg("unlearn").arg(model).arg("-o").arg(out).args(more))
}

/// The same by the closed form, which takes no time.
pub(crate) fn seal(model: &Path, out: &Path, more: &[&str]) -> Ran {
    finish(declass().arg("unlearn").arg(model).arg("-o").arg(out).args(["--method", "seal"]).args(more))
}

/// `declass verify RELEASE --original MODEL` with more arguments.
pub(crate) fn verify(release: &Path, original: &Path, more: &[&str]) -> Ran {
    finish(declass().arg("verify").arg(release).arg("--original").arg(original).args(more))
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models").join(name)
}

/// The folder that most tests use: a small ResNet with ten labelled classes.
pub(crate) fn resnet() -> PathBuf {
    fixture("fmnist-resnet")
}

/// The bytes of every file of a flat folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for (name, bytes) in files(from) {
        fs::write(to.join(name), bytes).unwrap();
    }
}

/// Names in a folder, hidden ones included.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Changes a JSON file.
pub(crate) fn rewrite(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut value);
    fs::write(file, serde_json::to_vec_pretty(&value).unwrap()).unwrap();
}

/// A model whose logits do not depend on the input at all, with these three biases.
pub(crate) fn constant_head(folder: &Path, biases: [f32; 3]) {
    fs::create_dir(folder).unwrap();
    let header = json!({
        "classifier.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
        "classifier.weight": {"dtype": "F32", "shape": [3, 4], "data_offsets": [12, 60]},
    });
    let header = header.to_string();
    let mut bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
    bytes.extend(biases.iter().flat_map(|bias| bias.to_le_bytes()));
    bytes.resize(bytes.len() + 48, 0);
    fs::write(folder.join("model.safetensors"), bytes).unwrap();
}
