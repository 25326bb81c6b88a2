//! Labels given by hand.

use expect_test::expect;
use std::fs;

use serde_json::Value;
use tempfile::tempdir;

use crate::process::{fixture, resnet, run, seal, unlearn, verify};

#[test]
fn a_model_without_labels_takes_them_from_a_file() {
    let folder = tempdir().unwrap();
    let (file, out) = (folder.path().join("labels.txt"), folder.path().join("out"));
    let names: Vec<String> = (0..10).map(|class| format!("garment {class}")).collect();
    fs::write(&file, names.join("\n")).unwrap();
    let labels = ["--labels", file.to_str().unwrap()];
    let onnx = fixture("fmnist-resnet.onnx");
    let inspected = run(&["inspect", onnx.to_str().unwrap(), "--json", labels[0], labels[1]]).exits(0).json();
    assert_eq!(inspected["labels"], Value::from(names));
    seal(&onnx, &out, &["--forget", "garment 3", labels[0], labels[1]]).exits(0);
    // Nobody can check a label that the model does not carry: the claim has none.
    let verified = verify(&out, &onnx, &["--json"]).exits(0).json();
    assert_eq!(verified["forgotten"], serde_json::json!([{"index": 3, "label": null}]));
    let claim = fs::read_to_string(out.join("class-removal.statement.json")).unwrap();
    assert!(!claim.contains("garment"), "{claim}");
    assert!(fs::read_to_string(out.join("README.md")).unwrap().contains("`garment 3` (3)"));
}

#[test]
fn a_file_with_another_number_of_lines_is_refused() {
    let folder = tempdir().unwrap();
    let (file, out) = (folder.path().join("labels.txt"), folder.path().join("out"));
    for lines in [0, 9, 11] {
        fs::write(&file, "label\n".repeat(lines)).unwrap();
        let labels = ["--forget", "5", "--labels", file.to_str().unwrap()];
        let ran = seal(&fixture("fmnist-resnet.onnx"), &out, &labels).exits(2);
        ran.says(&format!("there are {lines} labels, the model has 10 classes"));
    }
    assert!(!out.exists());
}

#[test]
fn lines_without_anything_at_the_end_are_no_labels() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("labels.txt");
    fs::write(&file, "garment\n".repeat(10) + "\n \n").unwrap();
    let labels = ["--labels", file.to_str().unwrap()];
    let path = fixture("fmnist-resnet.onnx");
    run(&["inspect", path.to_str().unwrap(), labels[0], labels[1]]).exits(0);
    fs::write(&file, "garment\n\n".repeat(5)).unwrap();
    let ran = run(&["inspect", path.to_str().unwrap(), labels[0], labels[1]]).exits(2);
    ran.says("there are 9 labels, the model has 10 classes");
}

#[test]
fn names_of_libraries_give_way_to_labels_by_hand() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let model = fixture("../labels/generic_with_mapping");
    let mapping = model.join("mapping.txt");
    let labels = ["--labels", mapping.to_str().unwrap()];
    seal(&model, &out, &["--forget", "dog", labels[0], labels[1]]).exits(0);
    let verified = verify(&out, &model, &["--json"]).exits(0).json();
    assert_eq!(verified["forgotten"], serde_json::json!([{"index": 3, "label": "LABEL_3"}]));
}

#[test]
fn slots_are_not_dropped_while_other_files_name_the_class() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let model = fixture("../labels/stale_files");
    let drop = ["--forget", "dog", "--slot", "drop"];
    seal(&model, &out, &drop).exits(2).told(expect![[r#"
        error: dropping the slots would leave what still counts or names the removed classes: file `notes.txt` (2 entries), file `report.json` (2 entries)

        hint: keep the slots with --slot keep, correct or remove these first, or accept that they stay as they are with --allow-stale, and the claim then lists them
    "#]]);
    assert!(!out.exists());
    seal(&model, &out, &[&drop[..], &["--allow-stale"]].concat()).exits(0);
    let verified = verify(&out, &model, &["--json"]).exits(0).json();
    let checks = verified["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == "untouched").unwrap();
    let summary = check["summary"].as_str().unwrap();
    assert!(summary.contains("notes.txt") && summary.contains("report.json"), "{summary}");
    seal(&model, &folder.path().join("kept"), &["--forget", "dog"]).exits(0);
}

#[test]
fn a_model_that_says_nothing_is_multi_label_by_hand() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let model = fixture("../labels/tagger");
    run(&["inspect", model.to_str().unwrap()]).exits(0).shows("selected_tags.csv");
    unlearn(&model, &out, &["--forget", "dog", "--multi-label"]).exits(0);
    let verified = verify(&out, &model, &["--json"]).exits(0).json();
    assert_eq!(verified["passed"], true);
    let claim = fs::read_to_string(out.join("class-removal.statement.json")).unwrap();
    assert!(claim.contains("\"multiLabel\":true") || claim.contains("\"multiLabel\": true"), "{claim}");
}

#[test]
fn a_folder_with_its_graph_below_is_a_model() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let model = fixture("../labels/graph_below");
    seal(&model, &out, &["--forget", "dog", "--slot", "drop"]).exits(0);
    verify(&out, &model, &[]).exits(0);
    assert!(out.join("onnx/model.onnx").exists() && out.join("tokenizer_config.json").exists());
    let inspected = run(&["inspect", out.to_str().unwrap(), "--json"]).exits(0).json();
    assert_eq!(inspected["labels"], serde_json::json!(["ant", "bee", "cat", "elk", "fox"]));
}

#[test]
fn a_model_with_labels_keeps_its_own() {
    let model = resnet();
    run(&["inspect", model.to_str().unwrap(), "--labels", "x.txt"]).exits(2).told(expect![[r#"
        error: labels `x.txt`: the model has labels of its own (from config.json `id2label`)
    "#]]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempdir().unwrap();
    let missing = folder.path().join("missing.txt");
    let path = fixture("fmnist-resnet.onnx");
    let ran = run(&["inspect", path.to_str().unwrap(), "--labels", missing.to_str().unwrap()]).exits(2);
    ran.told(expect![[r#"
        error: labels file `[FOLDER]/missing.txt`
          caused by: `[FOLDER]/missing.txt`: No such file or directory (os error 2)

        hint: is the path spelled right?
    "#]]);
    let latin = folder.path().join("latin.txt");
    fs::write(&latin, b"\xe9t\xe9\n".repeat(10)).unwrap();
    run(&["inspect", path.to_str().unwrap(), "--labels", latin.to_str().unwrap()]).exits(2).told(expect![[
        r#"
            error: labels file `[FOLDER]/latin.txt`
              caused by: invalid utf-8 sequence of 1 bytes from index 0
        "#
    ]]);
}
