//! Files in the folder of a release that are no part of the model.

use std::fs;

use super::{model, release, says_no_at, verify};

#[test]
fn what_is_not_looked_into_is_named_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let original = model("fmnist-resnet");
    let out = release(folder.path(), &original, "keep");
    let skipped =
        |text: &str| text.lines().find(|line| line.contains("files-not-covered")).map(str::to_owned);
    let line = skipped(&verify(&out, &original).1).unwrap();
    assert!(line.contains("README.md") && line.contains("class-removal.statement.json"), "{line}");
    fs::create_dir_all(out.join(".git/objects")).unwrap();
    fs::write(out.join(".git/objects/row"), [7; 100]).unwrap();
    fs::write(out.join(".git/config"), [7; 11]).unwrap();
    fs::create_dir(out.join(".github")).unwrap();
    fs::write(out.join(".github/row.md"), [b'7'; 12]).unwrap();
    fs::write(out.join(".gitignore"), "row").unwrap();
    fs::write(out.join("model.sig"), "row").unwrap();
    let (code, text) = verify(&out, &original);
    assert_eq!(code, Some(0), "{text}");
    let line = skipped(&text).unwrap();
    let named = [
        ".git/ (2 files, 111 bytes)",
        ".github/ (1 file, 12 bytes)",
        ".gitignore (3 bytes)",
        "model.sig (3 bytes)",
    ];
    for place in named {
        assert!(line.contains(place), "{place}: {line}");
    }
}

#[test]
fn a_release_that_is_named_by_its_file_says_that_its_folder_was_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let original = model("fmnist-resnet.onnx");
    let out = release(folder.path(), &original, "keep");
    fs::write(out.join("modeling.py"), "row").unwrap();
    let (code, text) = verify(&out.join("fmnist-resnet.onnx"), &original);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("whatever else its folder holds"), "{text}");
}

#[test]
fn only_a_short_list_is_not_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let original = model("fmnist-resnet");
    let out = release(folder.path(), &original, "keep");
    for name in [
        "class-removal.row.bin",
        "sub/model.sig",
        "MODEL.SIG",
        ".cache/row",
        "sub/.git/row",
        "weights",
        ".github/row.bin",
    ] {
        let file = out.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "row").unwrap();
        says_no_at(&out, &original, "only-head-changed", name);
        fs::remove_file(&file).unwrap();
    }
}
