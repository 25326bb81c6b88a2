//! Many classes at once: all but some, by a pattern, or from a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use expect_test::expect;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::process::{DIRECTIONS, labelled, linear_head, names, resnet, run, seal, verify};

const ANIMALS: [&str; 5] = ["dog", "dog house", "cat, felis", "hot dog", "bird"];

fn animals() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    linear_head(&model, &DIRECTIONS, &[0.1, 0.2, 0.3, 0.4, 0.5], Some(&labelled(&ANIMALS)));
    (folder, model)
}

/// What a claim says was forgotten.
fn forgotten(release: &Path) -> Vec<u64> {
    let bytes = fs::read(release.join("class-removal.statement.json")).unwrap();
    let claim: Value = serde_json::from_slice(&bytes).unwrap();
    let list = claim["predicate"]["removal"]["forgotten"].as_array().unwrap().clone();
    list.iter().map(|class| class["index"].as_u64().unwrap()).collect()
}

#[test]
fn all_but_some_are_forgotten_and_the_claim_is_one_of_any_classes() {
    let (folder, model) = animals();
    for slot in ["keep", "drop"] {
        let out = folder.path().join(slot);
        seal(&model, &out, &["--keep", "dog", "--keep", "4", "--slot", slot]).exits(0);
        assert_eq!(forgotten(&out), [1, 2, 3]);
        verify(&out, &model, &[]).exits(0);
        let json = run(&["inspect", out.to_str().unwrap(), "--json"]).exits(0).json();
        assert_eq!(json["labels"].as_array().unwrap().len(), if slot == "keep" { 5 } else { 2 });
    }
    let out = folder.path().join("none");
    let all: Vec<&str> = ANIMALS.iter().flat_map(|label| ["--keep", *label]).collect();
    seal(&model, &out, &all).exits(2).told(expect![[r#"
        error: every class is to be kept: nothing is left to forget
    "#]]);
    seal(&model, &out, &["--keep", "dog", "--forget", "bird"]).exits(2).says("cannot be used with");
    seal(&model, &out, &[]).exits(2).says("required arguments were not provided");
    // One class would be the answer to everything.
    seal(&model, &out, &["--keep", "dog"]).exits(2).says("only class 0 `dog` would be left");
}

#[test]
fn a_pattern_is_shown_before_it_is_done() {
    let (folder, model) = animals();
    let out = folder.path().join("out");
    seal(&model, &out, &["--forget", "*dog*"]).exits(2).told(expect![[r#"
        error: `*dog*` takes 3 of 5 classes: 0 `dog`, 1 `dog house`, 3 `hot dog`; nothing was done

        hint: with --yes, 3 of 5 classes are removed; --dry-run -v lists all of them
    "#]]);
    assert_eq!(names(folder.path()), ["model"]);
    seal(&model, &out, &["--forget", "*dog*", "--dry-run"])
        .exits(0)
        .shows("0 `dog`, 1 `dog house`, 3 `hot dog`");
    seal(&model, &out, &["--forget", "dog*", "--yes"]).exits(0);
    assert_eq!(forgotten(&out), [0, 1]);
    seal(&model, &folder.path().join("kept"), &["--keep", "?*dog", "--keep", "bird", "-y"]).exits(0);
    assert_eq!(forgotten(&folder.path().join("kept")), [0, 1, 2]);
    seal(&model, &folder.path().join("x"), &["--forget", "fish*", "-y"]).exits(2).told(expect![[r#"
        error: no class has a label like `fish*`

        hint: `*` stands for any text and `?` for any letter, and capitals count
    "#]]);
}

#[test]
fn a_file_names_classes_a_line_each_commas_and_all() {
    let (folder, model) = animals();
    let (file, out) = (folder.path().join("gone.txt"), folder.path().join("out"));
    let listed = ["--forget-file", file.to_str().unwrap()];
    fs::write(&file, "# as agreed\r\ncat, felis\r\n\r\n4\r\n").unwrap();
    seal(&model, &out, &listed).exits(0);
    assert_eq!(forgotten(&out), [2, 4]);
    let more = folder.path().join("more");
    seal(&model, &more, &[listed[0], listed[1], "--forget", "dog"]).exits(0);
    assert_eq!(forgotten(&more), [0, 2, 4]);
    fs::write(&file, "cat, Felis\n").unwrap();
    seal(&model, &folder.path().join("x"), &listed).exits(2).says("did you mean 2 `cat, felis`?");
    fs::write(&file, "# nothing\n").unwrap();
    seal(&model, &folder.path().join("x"), &listed).exits(2).says("no class to forget was named");
    fs::write(&file, [0xff, 0xfe, 0]).unwrap();
    seal(&model, &folder.path().join("x"), &listed).exits(2);
}

#[test]
fn of_tokens_those_outside_stay() {
    let (folder, _) = animals();
    let model = folder.path().join("tags");
    let config = json!({
        "architectures": ["BertForTokenClassification"], "model_type": "bert",
        "id2label": {"0": "O", "1": "B-PER", "2": "I-PER", "3": "B-LOC", "4": "I-LOC"},
    });
    linear_head(&model, &DIRECTIONS, &[0.1; 5], Some(&config));
    let out = folder.path().join("out");
    let ran = seal(&model, &out, &["--keep", "PER"]).exits(0);
    assert_eq!(forgotten(&out), [3, 4]);
    ran.shows("0 `O` too, since it stands for no class");
}

#[test]
fn many_classes_are_counted_and_the_card_lists_them() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    let rows: Vec<[f32; 4]> =
        (0..26).map(|at| [0, 1, 2, 3].map(|axis| ((at * 7 + axis * 3) as f32).sin())).collect();
    let labels: Vec<String> = (0..26).map(|class| format!("thing {class}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    linear_head(&model, &rows, &[0.0; 26], Some(&labelled(&labels)));
    let out = folder.path().join("out");
    let ran = seal(&model, &out, &["--keep", "thing 7", "--keep", "thing 20"]).exits(0);
    let ran = ran.shows("removing        24 of 26 classes: 0 `thing 0`");
    ran.shows("and 15 more").shows("keeping         7 `thing 7`, 20 `thing 20`");
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(
        card.contains("\n# model without 24 classes\n") && card.contains("and 14 more removed"),
        "{card}"
    );
    assert!(card.contains("7 `thing 7`, 8 ~~`thing 8`~~ (removed)"), "{card}");
    verify(&out, &model, &[]).exits(0);
}

#[test]
fn classes_without_labels_have_no_patterns() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let graph = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/onnx/softmax.onnx");
    seal(&graph, &out, &["--forget", "*", "-y"]).exits(2).says("name it by its index, 0 to 5");
    let ran =
        run(&["unlearn", resnet().to_str().unwrap(), "--forget", "*", "-y", "-o", out.to_str().unwrap()]);
    ran.exits(2).says("all 10 classes are to be removed");
}
