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

/// A folder with a linear head over four values, one row and one bias per class, and nothing else but perhaps a
/// configuration.
pub(crate) fn linear_head(folder: &Path, rows: &[[f32; 4]], biases: &[f32], config: Option<&Value>) {
    let classes = rows.len();
    fs::create_dir(folder).unwrap();
    let header = json!({
        "classifier.bias": {"dtype": "F32", "shape": [classes], "data_offsets": [0, 4 * classes]},
        "classifier.weight": {"dtype": "F32", "shape": [classes, 4], "data_offsets": [4 * classes, 20 * classes]},
    });
    let header = header.to_string();
    let mut bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
    bytes.extend(biases.iter().chain(rows.iter().flatten()).flat_map(|value| value.to_le_bytes()));
    fs::write(folder.join("model.safetensors"), bytes).unwrap();
    if let Some(config) = config {
        fs::write(folder.join("config.json"), config.to_string()).unwrap();
    }
}

/// The configuration of a text classifier with these labels.
pub(crate) fn labelled(labels: &[&str]) -> Value {
    let labels: serde_json::Map<String, Value> =
        labels.iter().enumerate().map(|(class, label)| (class.to_string(), json!(label))).collect();
    json!({"architectures": ["BertForSequenceClassification"], "model_type": "bert", "id2label": labels})
}

/// Rows that point in different directions, as many as there are classes.
pub(crate) const DIRECTIONS: [[f32; 4]; 5] = [
    [1.0, 0.2, 0.0, 0.0],
    [0.0, 1.0, 0.2, 0.0],
    [0.0, 0.0, 1.0, 0.2],
    [0.2, 0.0, 0.0, 1.0],
    [-0.5, -0.4, -0.6, -0.5],
];

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
    // The last class has a weight, so that the head tells something apart.
    bytes.extend((0..12).flat_map(|at| f32::from(u8::from(at == 8)).to_le_bytes()));
    fs::write(folder.join("model.safetensors"), bytes).unwrap();
}
