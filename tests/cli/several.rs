//! ONNX graphs with several outputs: what is asked, what is treated, and what is said of the rest.

use std::path::{Path, PathBuf};

use expect_test::expect;
use serde_json::Value;
use tempfile::tempdir;

use crate::process::{run, seal, verify};

fn graph(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/onnx").join(name)
}

/// The check of this name in the claim of a release.
fn check(release: &Path, id: &str) -> Value {
    let text = std::fs::read(release.join("class-removal.statement.json")).unwrap();
    let claim: Value = serde_json::from_slice(&text).unwrap();
    let checks = claim["predicate"]["verification"]["checks"].as_array().unwrap().clone();
    checks.into_iter().find(|check| check["id"] == id).unwrap()
}

#[test]
fn of_two_heads_none_is_taken_silently() {
    let folder = tempdir().unwrap();
    let model = graph("output_and_aux.onnx");
    let out = folder.path().join("out");
    seal(&model, &out, &["--forget", "1"]).exits(2).told(expect![[r#"
        error: 2 tensors could be the classifier head: gemm_3 (output `aux_logits`, width 6), gemm_2 (output `output`, width 6)

        hint: name it with --head
    "#]]);
    seal(&model, &out, &["--forget", "1", "--head", "output"]).exits(0);
    assert_eq!(check(&out, "untouched")["summary"], "left as they are: output `aux_logits` [6]");
    assert_eq!(check(&out, "untouched")["result"], "INFORMATIVE");
    verify(&out, &model, &[]).exits(0).says("left as they are: output `aux_logits` [6]");
}

#[test]
fn every_head_that_is_named_is_treated() {
    let folder = tempdir().unwrap();
    let model = graph("output_and_aux.onnx");
    for slot in ["keep", "drop"] {
        let out = folder.path().join(slot);
        let heads = ["--forget", "1", "--head", "output", "--head", "aux_logits", "--slot", slot];
        seal(&model, &out, &heads).exits(0).says("4 of 6 tensors");
        assert_eq!(check(&out, "untouched")["result"], "PASSED");
        verify(&out, &model, &[]).exits(0);
    }
}

#[test]
fn labels_tell_which_of_several_outputs_is_meant() {
    let folder = tempdir().unwrap();
    let labels = folder.path().join("labels.txt");
    std::fs::write(&labels, "a\nb\nc\n").unwrap();
    let out = folder.path().join("out");
    let model = graph("taxonomy.onnx");
    let labelled = ["--forget", "b", "--labels", labels.to_str().unwrap()];
    seal(&model, &out, &labelled).exits(0).says("gemm_2 (8 -> 3)");
    // Whoever verifies it has no labels: the claim names the head.
    verify(&out, &model, &[]).exits(0);
    std::fs::write(&labels, "a\nb\nc\nd\n").unwrap();
    run(&["inspect", model.to_str().unwrap(), "--labels", labels.to_str().unwrap()]).exits(2);
}

#[test]
fn an_output_that_is_not_proven_is_named_with_its_operator() {
    let model = graph("permuted_prediction.onnx");
    run(&["inspect", model.to_str().unwrap()]).exits(2).told(expect![[r#"
    "#]]);
}

#[test]
fn features_beside_the_classes_are_listed_and_a_drop_to_their_width_is_verified() {
    let folder = tempdir().unwrap();
    for (model, forget) in [("two_outputs.onnx", "1"), ("taxonomy_of_known_size.onnx", "1,2,3")] {
        let out = folder.path().join(model);
        let forget = forget.split(',').flat_map(|class| ["--forget", class]);
        let arguments: Vec<&str> = forget.chain(["--slot", "drop"]).collect();
        seal(&graph(model), &out, &arguments).exits(0);
        assert_eq!(check(&out, "head-choice")["result"], "PASSED");
        verify(&out, &graph(model), &[]).exits(0);
    }
}
