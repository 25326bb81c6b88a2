//! The trained fixtures, on their real test images and embeddings.

use serde_json::Value;

use super::{fixture, unlearn_and_verify, venv::judge};

const MODELS: [(&str, &str); 3] = [("resnet", "classifier.1"), ("swin", "classifier"), ("vit", "classifier")];

/// Options of `unlearn` for a test, and the same for the judge.
struct Removal {
    forget: &'static [&'static str],
    slot: &'static str,
    options: &'static [&'static str],
}

impl Removal {
    fn options(&self) -> Vec<&'static str> {
        let forget = self.forget.iter().flat_map(|class| ["--forget", class]);
        forget.chain(["--slot", self.slot]).chain(self.options.iter().copied()).collect()
    }

    fn judged(&self) -> Vec<&'static str> {
        self.forget.iter().flat_map(|class| ["--forget", class]).chain(["--slot", self.slot]).collect()
    }
}

const DROP: Removal = Removal { forget: &["5"], slot: "drop", options: &["--method", "seal"] };
const SEAL: Removal = Removal { forget: &["3", "8"], slot: "keep", options: &["--method", "seal"] };
const DELETE: Removal = Removal { forget: &["7"], slot: "keep", options: &[] };
const DELETE_DROP: Removal = Removal { forget: &["0", "6"], slot: "drop", options: &[] };

/// Unlearns in an ONNX fixture; what onnxruntime says on all test images.
fn onnx(model: &str, removal: &Removal) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("fmnist-{model}.onnx");
    let (original, out) = (fixture("models").join(&name), folder.path().join("out"));
    unlearn_and_verify(&original, &out, &removal.options());
    let (written, images) = (out.join(&name), fixture("data/fmnist-images.npz"));
    let paths = [original.to_str().unwrap(), written.to_str().unwrap()];
    let images = ["--images", images.to_str().unwrap(), "--model", model];
    let verdict = judge("onnx_pair.py", &[&paths[..], &removal.judged(), &images].concat());
    assert_eq!(verdict["checker"]["out"], Value::Null, "{model}");
    assert_eq!(verdict["samples"], 1000);
    verdict
}

/// Unlearns in a safetensors fixture; what numpy says on all test embeddings.
fn state_dict(model: &str, head: &str, removal: &Removal) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (original, out) = (fixture(&format!("models/fmnist-{model}")), folder.path().join("out"));
    unlearn_and_verify(&original, &out, &removal.options());
    let embeddings = fixture(&format!("data/fmnist-{model}.safetensors"));
    let paths = [original.to_str().unwrap(), out.to_str().unwrap(), "--head", head];
    let data = ["--embeddings", embeddings.to_str().unwrap()];
    judge("state_dict_pair.py", &[&paths[..], &removal.judged(), &data].concat())
}

/// The forgotten classes were recognised before and never are now.
#[track_caller]
fn assert_gone(verdict: &Value) {
    assert!(verdict["forgotten_top_before"].as_u64().unwrap() > 50, "{verdict}");
    assert_eq!(verdict["forgotten_top"], 0, "{verdict}");
    assert_eq!(verdict["finite"], true, "{verdict}");
}

/// Share of the inputs of retained classes that keep their class.
fn agreement(verdict: &Value) -> f64 {
    let agreement = &verdict["agreement"];
    agreement["same"].as_f64().unwrap() / agreement["inputs"].as_f64().unwrap()
}

#[test]
fn a_dropped_row_leaves_every_other_logit_as_it_was() {
    for (model, head) in MODELS {
        for verdict in [onnx(model, &DROP), state_dict(model, head, &DROP)] {
            assert_gone(&verdict);
            assert!(verdict["max_abs_diff"].as_f64().unwrap() <= 1e-5, "{model}: {verdict}");
            assert_eq!(agreement(&verdict), 1.0, "{model}");
        }
    }
}

#[test]
fn sealed_rows_never_win_and_leave_every_other_logit_as_it_was() {
    for (model, head) in MODELS {
        for verdict in [onnx(model, &SEAL), state_dict(model, head, &SEAL)] {
            assert_gone(&verdict);
            assert!(verdict["max_abs_diff"].as_f64().unwrap() <= 1e-5, "{model}: {verdict}");
            assert!(verdict["forgotten_margin_min"].as_f64().unwrap() >= 29.9, "{model}: {verdict}");
            assert_eq!(agreement(&verdict), 1.0, "{model}");
        }
    }
}

#[test]
fn unlearning_by_default_forgets_and_keeps_the_rest() {
    for (model, head) in MODELS {
        for removal in [DELETE, DELETE_DROP] {
            for verdict in [onnx(model, &removal), state_dict(model, head, &removal)] {
                assert_gone(&verdict);
                assert!(agreement(&verdict) >= 0.99, "{model}: {verdict}");
            }
        }
    }
}

#[test]
fn every_trained_method_forgets_real_embeddings_before_any_seal() {
    for method in declass::methods::METHODS {
        // Two methods do not succeed for every class; benches/RESULTS.md has the table.
        let (model, head, class) = match method.name {
            "seal" => continue,
            "pour" => ("resnet", "classifier.1", &["8"]),
            "scrub" => ("swin", "classifier", &["5"]),
            _ => ("resnet", "classifier.1", &["5"]),
        };
        let options = ["--no-seal", "--method", method.name];
        let removal = Removal { forget: class, slot: "keep", options: Box::leak(Box::new(options)) };
        let verdict = state_dict(model, head, &removal);
        assert_gone(&verdict);
        assert!(agreement(&verdict) >= 0.97, "{}: {verdict}", method.name);
    }
}

#[test]
fn only_the_head_of_a_state_dict_changes_and_a_drop_renumbers_the_labels() {
    let labels = |verdict: &Value| verdict["config"]["labels"]["out"].as_array().unwrap().clone();
    for (removal, count) in [(DELETE, 10), (DROP, 9)] {
        let verdict = state_dict("vit", "classifier", &removal);
        assert_eq!(verdict["changed"], serde_json::json!(["classifier.bias", "classifier.weight"]));
        assert_eq!(
            (&verdict["missing"], &verdict["added"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
        assert_eq!(verdict["metadata_same"], true);
        assert_eq!(verdict["config"]["other_changes"], serde_json::json!([]));
        assert_eq!(verdict["config"]["label2id_consistent"], true);
        assert_eq!(labels(&verdict).len(), count);
        assert_eq!(labels(&verdict).contains(&"Sandal".into()), count == 10);
    }
}
