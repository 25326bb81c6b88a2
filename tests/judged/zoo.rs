//! Every form of head in `fixtures/onnx`, removed and run in onnxruntime on random inputs.

use std::path::Path;

use serde_json::Value;

use super::{declass, fixture, unlearn_and_verify, venv::judge};

/// Fixtures that onnxruntime cannot show per-class scores of: an index, or the best few.
const WITHOUT_SCORES: [&str; 4] = ["argmax", "relu_before_label", "saturated_label", "topk"];
/// What nobody can write: another part of the graph goes on reading the old rows, and a head whose rows are all equal
/// is none that was trained.
const REFUSED: [&str; 2] = ["shared_weight", "weight_constant_of_shape"];
/// Where a kept slot could be given out all the same: another output has another order, or an index is of numbers
/// that tie. Only a drop is safe there.
const ONLY_DROPPED: [&str; 5] =
    ["negated_prediction", "relu_before_label", "rescaled_prediction", "saturated_label", "sigmoid_argmax"];
/// Half precision in weights or arithmetic.
const COARSE: [&str; 3] = ["weight_cast_fp16", "weight_int32_data_fp16", "weight_half_model"];

/// What comes of the logits is rounded to whole numbers in the original only.
const ROUNDED: [&str; 2] = ["qdq_logits", "qlinear_matmul"];

fn entries() -> Vec<(String, Value)> {
    let text = std::fs::read(fixture("onnx/expected.json")).unwrap();
    let Value::Object(entries) = serde_json::from_slice(&text).unwrap() else { panic!("no object") };
    let wanted = |entry: &Value| entry["status"] == "ok" && entry["run"] != false;
    entries.into_iter().filter(|(_, entry)| wanted(entry)).collect()
}

fn judged(model: &Path, slot: &str, output: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    unlearn_and_verify(model, &out, &["--forget", "1", "--slot", slot, "--method", "seal"]);
    let written = out.join(model.file_name().unwrap());
    let paths = [model.to_str().unwrap(), written.to_str().unwrap()];
    let run = ["--random", "200", "--dim", "sequence=6", "--output", output];
    judge("onnx_pair.py", &[&paths[..], &["--forget", "1", "--slot", slot], &run].concat())
}

#[test]
fn a_dropped_class_leaves_the_other_outputs_as_they_were() {
    for (name, entry) in entries() {
        if [&WITHOUT_SCORES[..], &ROUNDED, &REFUSED].concat().contains(&name.as_str()) {
            continue;
        }
        let model = fixture("onnx").join(entry["file"].as_str().unwrap());
        let verdict = judged(&model, "drop", entry["output"].as_str().unwrap());
        let limit = if COARSE.contains(&name.as_str()) { 2e-3 } else { 2e-5 };
        assert!(verdict["max_abs_diff"].as_f64().unwrap() <= limit, "{name}: {verdict}");
        assert_eq!(verdict["agreement"]["same"], verdict["agreement"]["inputs"], "{name}: {verdict}");
        if entry["checker"] != false {
            assert_eq!(verdict["checker"]["out"], Value::Null, "{name}");
        }
    }
}

#[test]
fn a_sealed_class_never_wins() {
    for (name, entry) in entries() {
        if name == "topk" || REFUSED.contains(&name.as_str()) {
            continue;
        }
        let model = fixture("onnx").join(entry["file"].as_str().unwrap());
        if ONLY_DROPPED.contains(&name.as_str()) {
            let out = tempfile::tempdir().unwrap();
            let (from, to) = (model.to_str().unwrap(), out.path().join("out"));
            let ran =
                declass(&["unlearn", from, "-o", to.to_str().unwrap(), "--forget", "1", "--method", "seal"]);
            assert_eq!(ran.status.code(), Some(2), "{name}");
            continue;
        }
        let verdict = judged(&model, "keep", entry["output"].as_str().unwrap());
        // A tie, possible where there is no margin, shows as the lower of the tied classes.
        let ties = verdict["forgotten_tied"].as_u64().unwrap_or(0);
        assert!(verdict["forgotten_top"].as_u64().unwrap() <= ties, "{name}: {verdict}");
        if entry["checker"] != false {
            assert_eq!(verdict["checker"]["out"], Value::Null, "{name}");
        }
    }
}
