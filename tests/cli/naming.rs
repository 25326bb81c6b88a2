//! How classes are named, and what is said of names that are no class or more than one.

use std::{fs, path::Path};

use expect_test::expect;
use tempfile::tempdir;

use crate::process::{DIRECTIONS, Ran, fixture, labelled, linear_head, run, seal, verify};

const BIASES: [f32; 5] = [0.1, 0.0, -0.1, 0.2, 0.0];

fn model(folder: &Path, labels: &[&str]) -> std::path::PathBuf {
    let model = folder.join("model");
    linear_head(&model, &DIRECTIONS[..labels.len()], &BIASES[..labels.len()], Some(&labelled(labels)));
    model
}

fn refused(model: &Path, name: &str) -> Ran {
    let out = model.with_file_name("out");
    let ran = seal(model, &out, &["--forget", name]).exits(2);
    assert!(!out.exists());
    ran
}

#[test]
fn a_label_with_commas_is_one_label() {
    let folder = tempdir().unwrap();
    let model = model(folder.path(), &["tench, Tinca tinca", "tabby, tabby cat", "Egyptian cat", "ox"]);
    refused(&model, "tench, tinca tinca").told(expect![[r#"
        error: the model has no class `tench, tinca tinca` (it has 4 classes)

        hint: did you mean 0 `tench, Tinca tinca`?
    "#]]);
    refused(&model, "cat").told(expect![[r#"
        error: the model has no class `cat` (it has 4 classes)

        hint: did you mean 1 `tabby, tabby cat` or 2 `Egyptian cat`?
    "#]]);
    refused(&model, "OX, 0").told(expect![[r#"
        error: the model has no class `OX, 0` (it has 4 classes)

        hint: did you mean 3 `ox`?
    "#]]);
    refused(&model, "ox, 0").told(expect![[r#"
        error: the model has no class `ox, 0`: each part of it is a class of its own

        hint: name each class with a --forget of its own
    "#]]);
    let shown = run(&["inspect", model.to_str().unwrap()]).exits(0);
    shown.shows("4: 0 tench, Tinca tinca; 1 tabby, tabby cat; 2 Egyptian cat; 3 ox");
    seal(&model, &folder.path().join("out"), &["--forget", "tench, Tinca tinca"]).exits(0);
}

#[test]
fn a_digit_that_is_a_label_and_an_index_has_to_be_told_apart() {
    let folder = tempdir().unwrap();
    let model = model(folder.path(), &["3", "1", "0", "5", "star"]);
    refused(&model, "3").told(expect![[r#"
        error: `3` is the label of class 0 and the index of class 3 `5`

        hint: say which: --forget 'label:3' or --forget 'index:3'
    "#]]);
    for (name, class) in [("label:3", 0), ("index:3", 3), ("1", 1), ("5", 3), ("4", 4), ("star", 4)] {
        let out = folder.path().join(name);
        seal(&model, &out, &["--forget", name]).exits(0);
        let said = verify(&out, &model, &["--json"]).exits(0).json();
        assert_eq!(said["forgotten"][0]["index"], class, "{name}");
    }
}

#[test]
fn where_no_names_are_given_those_of_libraries_count() {
    let folder = tempdir().unwrap();
    let onnx = fixture("fmnist-resnet.onnx");
    let out = folder.path().join("out");
    seal(&onnx, &out, &["--forget", "LABEL_3"]).exits(0);
    let said = verify(&out, &onnx, &["--json"]).exits(0).json();
    assert_eq!(said["forgotten"], serde_json::json!([{"index": 3, "label": null}]));
    refused(&onnx_at(folder.path(), &onnx), "Sandal").told(expect![[r#"
        error: the model has no class `Sandal` (it has 10 classes, without labels)

        hint: name it by its index, 0 to 9; `declass unlearn` takes labels from a file, too, with --labels
    "#]]);
}

/// A copy that has the place of the output beside it.
fn onnx_at(folder: &Path, onnx: &Path) -> std::path::PathBuf {
    let folder = folder.join("model");
    fs::create_dir(&folder).unwrap();
    fs::copy(onnx, folder.join("model.onnx")).unwrap();
    folder.join("model.onnx")
}

#[test]
fn a_label_of_two_classes_is_gone_only_with_both() {
    let folder = tempdir().unwrap();
    let model = model(folder.path(), &["owl", "crane", "jay", "crane"]);
    refused(&model, "crane").told(expect![[r#"
        error: label `crane` belongs to 2 classes: 1, 3

        hint: name all of them by their indices: the label is gone only when all of them are
    "#]]);
    let one = folder.path().join("one");
    let stays = "label `crane` stays on class 1";
    seal(&model, &one, &["--forget", "3"]).exits(2).told(expect![[r#"
        error: label `crane` stays on class 1: it would still be an answer

        hint: name these too (--forget 1), give each class a label of its own in the original, or accept with --allow-stale that the label stays, and the claim then says so
    "#]]);
    seal(&model, &one, &["--forget", "3", "--allow-stale"]).exits(0).shows(stays);
    verify(&one, &model, &[]).exits(0).shows(stays);
    assert!(fs::read_to_string(one.join("README.md")).unwrap().contains(stays));
    let claim = fs::read_to_string(one.join("class-removal.statement.json")).unwrap();
    assert!(claim.contains("\"labels-left\"") && claim.contains("\"has-a-forgotten-label\""), "{claim}");
    let both = folder.path().join("both");
    let ran = seal(&model, &both, &["--forget", "1", "--forget", "3"]).exits(0);
    assert!(!ran.stdout.contains("stays on"), "{ran:#?}");
}

#[test]
fn labels_from_a_file_may_end_in_empty_lines() {
    let folder = tempdir().unwrap();
    let (file, out) = (folder.path().join("labels.txt"), folder.path().join("out"));
    let names: Vec<String> = (0..10).map(|class| format!("garment {class}")).collect();
    fs::write(&file, names.join("\n") + "\n\n  \n").unwrap();
    let onnx = fixture("fmnist-resnet.onnx");
    seal(&onnx, &out, &["--forget", "garment 9", "--labels", file.to_str().unwrap()]).exits(0);
    fs::write(&file, names[1..].join("\n") + "\n\n").unwrap();
    let ran = seal(&onnx, &out, &["--forget", "0", "--force", "--labels", file.to_str().unwrap()]).exits(2);
    ran.says("there are 9 labels, the model has 10 classes");
}
