//! ONNX graphs with several outputs: what is asked, what is treated, and what is said of the rest.

use std::path::{Path, PathBuf};

use expect_test::expect;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::process::{run, seal, verify};

fn graph(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/onnx").join(name)
}

fn claim(release: &Path) -> Value {
    let text = std::fs::read(release.join("class-removal.statement.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The result of a check in the claim of a release.
fn result(release: &Path, id: &str) -> String {
    let claim = claim(release);
    let checks = claim["predicate"]["verification"]["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap()["result"].as_str().unwrap().to_owned()
}

#[test]
fn of_two_heads_none_is_taken_silently() {
    let folder = tempdir().unwrap();
    let model = graph("output_and_aux.onnx");
    let out = folder.path().join("out");
    seal(&model, &out, &["--forget", "1"]).exits(2).told(expect![[r#"
        error: 2 places could be the classifier head: gemm_3 (output `aux_logits`, width 6), gemm_2 (output `output`, width 6)

        hint: name it with --head
    "#]]);
    seal(&model, &out, &["--forget", "1", "--head", "output"]).exits(0);
    let left = json!([{"kind": "output", "name": "aux_logits", "extents": [6]}]);
    assert_eq!(claim(&out)["predicate"]["removal"]["untouched"], left);
    assert_eq!(result(&out, "untouched"), "informative");
    let verified = verify(&out, &model, &[]).exits(0);
    assert!(verified.stdout.contains("left as they are: output `aux_logits` [6]"), "{verified:?}");
}

#[test]
fn every_head_that_is_named_is_treated() {
    let folder = tempdir().unwrap();
    let model = graph("output_and_aux.onnx");
    for slot in ["keep", "drop"] {
        let out = folder.path().join(slot);
        let heads = ["--forget", "1", "--head", "output", "--head", "aux_logits", "--slot", slot];
        let ran = seal(&model, &out, &heads).exits(0);
        assert!(ran.stdout.contains("4 of 6 tensors"), "{ran:?}");
        assert_eq!(result(&out, "untouched"), "passed");
        verify(&out, &model, &[]).exits(0);
    }
    for again in ["gemm_2", "aux.weight"] {
        let heads = ["--head", "output", "--head", "aux_logits", "--head", again];
        let ran = run(&[&["inspect", model.to_str().unwrap()], &heads[..]].concat()).exits(2);
        assert!(ran.stderr.contains(&format!("`{again}` is the same head again")), "{ran:?}");
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
    let ran = seal(&model, &out, &labelled).exits(0);
    assert!(ran.stdout.contains("gemm_2 (8 -> 3)"), "{ran:?}");
    // Whoever verifies it has no labels: the claim names the head.
    verify(&out, &model, &[]).exits(0);
    std::fs::write(&labels, "a\nb\nc\nd\n").unwrap();
    run(&["inspect", model.to_str().unwrap(), "--labels", labels.to_str().unwrap()]).exits(2);
}

#[test]
fn an_output_that_is_not_proven_is_named_with_its_operator() {
    let model = graph("permuted_prediction.onnx");
    run(&["inspect", model.to_str().unwrap()]).exits(2).told(expect![[r#"
        error: not a classifier that can be treated: output `prediction` comes from the head's results too, and could still tell a removed class: `Gather` (`gather_3`) behind the last linear operator picks among the classes

        hint: export the model without this output, or name another head
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
        assert_eq!(result(&out, "head-choice"), "passed");
        verify(&out, &graph(model), &[]).exits(0);
    }
}

#[test]
fn heads_are_treated_one_after_another_and_their_classes_stay_apart() {
    let folder = tempdir().unwrap();
    let model = graph("output_and_aux.onnx");
    let [first, second, third] = ["first", "second", "third"].map(|name| folder.path().join(name));
    seal(&model, &first, &["--forget", "1", "--head", "output"]).exits(0);
    seal(&first, &second, &["--forget", "2", "--head", "aux_logits"]).exits(0);
    let removal = &claim(&second)["predicate"]["removal"];
    let indices = |list: &Value| -> Vec<u64> {
        list.as_array().unwrap().iter().map(|class| class["index"].as_u64().unwrap()).collect()
    };
    assert_eq!(
        (indices(&removal["forgotten"]), indices(&removal["lineage"]["forgotten"])),
        (vec![2], vec![2])
    );
    verify(&second, &first, &[]).exits(0);
    let log = run(&["log", second.to_str().unwrap()]).exits(0);
    log.shows("at the head `gemm_2`").shows("at the head `gemm_3`");
    // At the first head again, its own class stays forgotten and the other's is none of it.
    seal(&second, &third, &["--forget", "4", "--head", "output"]).exits(0);
    assert_eq!(indices(&claim(&third)["predicate"]["removal"]["forgotten"]), [1, 4]);
    verify(&third, &second, &[]).exits(0);
}
