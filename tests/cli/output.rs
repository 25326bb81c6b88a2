//! What is printed: plain text into pipes, one JSON object where asked for, nothing that a terminal would
//! obey.

use expect_test::expect;
use std::fs;

use tempfile::tempdir;

use crate::process::{
    Ran, constant_head, copy, declass, finish, resnet, rewrite, run, seal, unlearn, verify,
};

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)))
}

fn assert_plain(ran: &Ran) {
    assert!(is_plain(&ran.stdout) && is_plain(&ran.stderr), "{ran:#?}");
}

#[test]
fn pipes_get_no_colours_and_no_bars() {
    let folder = tempdir().unwrap();
    let (resnet, out) = (resnet(), folder.path().join("out"));
    // 100 000 samples per class take long enough for a bar.
    let long = ["--forget", "5", "--samples", "100000", "--method", "mask"];
    for (name, colour) in [("plain", None), ("none", Some("1"))] {
        let out = folder.path().join(name);
        let mut command = declass();
        command.arg("unlearn").arg(&resnet).arg("-o").arg(&out).args(long).env_remove("NO_COLOR");
        if let Some(value) = colour {
            command.env("NO_COLOR", value);
        }
        let ran = finish(&mut command).exits(0);
        assert_plain(&ran);
        assert_eq!(ran.stderr, "");
        assert!(ran.stdout.contains("removing        5 `Sandal`"), "{ran:?}");
    }
    let ran = unlearn(&resnet, &out, &["--forget", "5", "-v"]).exits(0);
    assert_plain(&ran);
    assert_eq!(ran.stderr, "");
    assert_plain(&verify(&out, &resnet, &["-v"]).exits(0));
    assert_plain(&run(&["inspect", resnet.to_str().unwrap(), "-v"]).exits(0));
    assert_plain(&unlearn(&resnet, &out, &["--forget", "sandel"]).exits(2));
}

#[test]
fn json_is_one_object_and_holds_the_statement_as_written() {
    let folder = tempdir().unwrap();
    let (resnet, out) = (resnet(), folder.path().join("out"));
    let inspected = run(&["inspect", resnet.to_str().unwrap(), "--json"]).exits(0).json();
    assert_eq!((&inspected["classes"], &inspected["labels"][5]), (&10.into(), &"Sandal".into()));
    let made = unlearn(&resnet, &out, &["--forget", "5", "--json"]).exits(0);
    assert_eq!(made.stderr, "");
    let made = made.json();
    assert_eq!((&made["passed"], &made["out"]), (&true.into(), &out.to_str().unwrap().into()));
    let written = fs::read_to_string(out.join("class-removal.statement.json")).unwrap();
    let printed = serde_json::to_string_pretty(&made["statement"]).unwrap() + "\n";
    assert!(printed == written, "the statement that was printed is not the one that was written");
    let verified = verify(&out, &resnet, &["--json"]).exits(0).json();
    assert_eq!((&verified["passed"], &verified["signed"]), (&true.into(), &false.into()));
    assert_eq!(verified["forgotten"][0]["label"], "Sandal");
    let methods = run(&["methods", "--json"]).exits(0).json();
    assert!(methods["methods"].as_array().is_some_and(|methods| methods.len() > 3), "{methods}");
}

#[test]
fn quiet_means_silent_but_for_errors_and_json() {
    let folder = tempdir().unwrap();
    let (resnet, out) = (resnet(), folder.path().join("out"));
    let path = resnet.to_str().unwrap();
    let quiet = [
        run(&["inspect", path, "-q"]).exits(0),
        seal(&resnet, &out, &["--forget", "5", "-q"]).exits(0),
        verify(&out, &resnet, &["-q"]).exits(0),
    ];
    for ran in quiet {
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    }
    let error = seal(&resnet, &out, &["--forget", "nobody", "-q", "--force"]).exits(2).told(expect![[r#"
        error: the model has no class `nobody` (it has 10 classes)

        hint: `declass inspect` lists the labels; indices go from 0 to 9
    "#]]);
    assert_eq!(error.stdout, "");
    assert_eq!(run(&["inspect", path, "-q", "--json"]).exits(0).json()["classes"], 10);
}

#[test]
fn labels_cannot_control_the_terminal() {
    let folder = tempdir().unwrap();
    let (model, out) = (folder.path().join("model"), folder.path().join("out"));
    copy(&resnet(), &model);
    let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}\rx\u{9b}31m\u{202e}";
    let json = model.join("config.json");
    rewrite(&json, |config| config["id2label"]["5"] = evil.into());
    let contradicted = run(&["inspect", model.to_str().unwrap()]).exits(2);
    assert!(contradicted.stderr.contains("]0;owned"), "{contradicted:?}");
    assert_plain(&contradicted);
    rewrite(&json, |config| config["label2id"] = serde_json::json!({evil: 5}));
    let shown = run(&["inspect", model.to_str().unwrap(), "-v"]).exits(0);
    assert!(shown.stdout.contains("]0;owned"), "the label is shown, made harmless: {shown:?}");
    let runs = [
        shown,
        seal(&model, &out, &["--forget", "5", "-v"]).exits(0),
        verify(&out, &model, &["-v"]).exits(0),
        seal(&model, &out, &["--forget", "\u{1b}[31mnobody"]).exits(2),
        seal(&model, &out, &["--forget", "\u{1b}[31mnobody", "--force"]).exits(2),
    ];
    runs.iter().for_each(assert_plain);
    let json = run(&["inspect", model.to_str().unwrap(), "--json"]).exits(0);
    assert!(!json.stdout.contains(['\u{1b}', '\u{7}', '\r']), "{json:?}");
    assert_eq!(json.json()["labels"][5], evil);
}

#[test]
fn lines_have_no_blanks_at_the_end_and_numbers_agree_with_what_they_count() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    constant_head(&model, [0.0, 1.0, 2.0]);
    let runs: [&[&str]; 3] = [&["methods"], &["inspect", model.to_str().unwrap(), "-v"], &["methods", "-v"]];
    for arguments in runs {
        let shown = run(arguments).exits(0).stdout;
        assert!(shown.lines().all(|line| line.trim_end() == line), "{shown:?}");
    }
    let shown = run(&["inspect", model.to_str().unwrap()]).exits(0).stdout;
    assert!(shown.contains(" in 1 file, 2 tensors"), "{shown}");
}
