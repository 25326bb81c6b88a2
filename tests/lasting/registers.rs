//! Registers of earlier versions: checked, proved and continued by this one.

use std::fs;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::{
    fixtures,
    tool::{Ran, declass, finish},
};

/// A copy of the register of version 1.
fn copied() -> TempDir {
    let (folder, kept) = (tempdir().unwrap(), fixtures().join("registers/v1"));
    fs::create_dir(folder.path().join("register")).unwrap();
    for of in ["", "register"] {
        for entry in fs::read_dir(kept.join(of)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), folder.path().join(of).join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

fn run(folder: &TempDir, arguments: &str) -> Ran {
    let mut command = declass();
    command.current_dir(folder.path()).arg("register").args(arguments.split(' '));
    finish(&mut command)
}

#[test]
fn the_first_version_is_checked_in_every_way() {
    let folder = copied();
    let said = run(&folder, "verify register --old checkpoint.3 --record q.json --json").exits(0).json();
    let ids: Vec<&str> =
        said["checks"].as_array().unwrap().iter().filter_map(|it| it["id"].as_str()).collect();
    let expected =
        ["checkpoint", "entries", "root", "keys", "signature", "life-cycles", "old-checkpoint", "record"];
    assert_eq!(ids, expected);
    for proof in ["entry-4.json", "since-3.json"] {
        run(&folder, &format!("verify --proof {proof} --vkey register.vkey")).exits(0);
    }
    let said = run(&folder, "list register --json").exits(0).json();
    let entries = said["entries"].as_array().unwrap();
    assert!(entries.len() == 13 && entries.iter().all(|entry| entry["v"] == 1), "{entries:#?}");
    let states: Vec<&Value> = said["requests"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["answered", "voided"]);
    // What it says, byte for byte, is what is proved of it now.
    let kept: Value = serde_json::from_slice(&fs::read(folder.path().join("entry-4.json")).unwrap()).unwrap();
    assert_eq!(run(&folder, "prove register 4").exits(0).json(), kept);
}

#[test]
fn it_dates_the_release_that_it_names_as_far_as_it_can() {
    let folder = copied();
    let release = fixtures().join("releases/v2/first");
    let rules = fs::read_to_string(fixtures().join("releases/v2/trust.toml")).unwrap();
    let rules = rules
        .replace("identity = \"nobody: the", "not_after = 2026-11-09T00:00:00Z\nidentity = \"nobody: the");
    fs::write(folder.path().join("trust.toml"), rules.split("[[tsa]]").next().unwrap()).unwrap();
    fs::copy(fixtures().join("releases/v2/key.pub.pem"), folder.path().join("key.pub.pem")).unwrap();
    let mut verify = declass();
    verify.current_dir(folder.path()).arg("verify").arg(release);
    verify.args([
        "--trust",
        "trust.toml",
        "--register",
        "register",
        "--vkey",
        "register.vkey",
        "--at",
        "2026-11-20T00:00:00Z",
        "--json",
    ]);
    // Entries of that version name the claim, and not the signature over all files.
    let said = finish(&mut verify).exits(1).json();
    assert_eq!(said["findings"].as_array().unwrap().len(), 1, "{said:#}");
    assert_eq!(said["findings"][0]["path"], "model.sig");
    assert_eq!(said["signatures"][0]["stamp"]["time"], "2026-11-03T09:00:00Z");
}
