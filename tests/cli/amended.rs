//! Figures on data of the user for a release that is there: a new claim about the same files, and nothing else.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    own::pictures,
    process::{Ran, copy, declass, files, finish, fixture, rewrite, run, seal, verify},
    tamper::STATEMENT,
};

const CLAIM: &str = "class-removal.sigstore.json";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn evaluate(out: &Path, data: &Path, more: &[&str]) -> Ran {
    let model = fixture("fmnist-vit");
    let fixed = ["evaluate", text(out), "--original", text(&model), "--data", text(data), "--limit", "30"];
    run(&[&fixed[..], more].concat())
}

fn statement(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join(STATEMENT)).unwrap()).unwrap()
}

/// The files that are no record and no card.
fn model(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(out);
    files.retain(|name, _| ![CLAIM, STATEMENT, "model.sig", "README.md"].contains(&name.as_str()));
    files
}

/// A key, and the arguments that sign with it.
fn key(folder: &Path) -> [String; 4] {
    let mut keygen = declass();
    let keygen = keygen.env("DECLASS_KEY_PASSPHRASE", "secret").arg("keygen").arg("-o").arg(folder);
    finish(keygen).exits(0);
    let passphrase = folder.join("passphrase");
    fs::write(&passphrase, "secret").unwrap();
    let path = |path: PathBuf| path.to_str().unwrap().to_owned();
    ["--key".into(), path(folder.join("release.key")), "--passphrase-file".into(), path(passphrase)]
}

#[test]
fn a_release_gets_figures_and_nothing_else_changes() {
    let folder = tempdir().unwrap();
    let (out, signed) = (folder.path().join("out"), folder.path().join("signed"));
    let data = folder.path().join("pictures");
    pictures(&data);
    let original = fixture("fmnist-vit");
    seal(&original, &out, &["--forget", "Sandal"]).exits(0);
    let (before, first) = (model(&out), statement(&out));

    // In its own folder.
    let said = evaluate(&out, &data, &["--into", text(&out), "--json"]).exits(0).json();
    assert_eq!((&said["out"], &said["signedBy"]), (&json!(text(&out)), &json!(null)));
    let second = statement(&out);
    assert!(model(&out) == before);
    for place in
        ["/subject", "/predicate/removal", "/predicate/buildDefinition", "/predicate/verification/checks"]
    {
        assert_eq!(second.pointer(place), first.pointer(place), "{place}");
    }
    assert_eq!(second["predicate"]["verification"]["tiers"], json!(["T0", "T2"]));
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(
        card.contains("## Measured on labelled data") && card.contains("`user-test`, 30 embeddings"),
        "{card}"
    );
    let with_data = ["--data", text(&data), "--limit", "30", "--json"];
    let report = verify(&out, &original, &with_data).exits(0).json();
    let claimed = report["checks"].as_array().unwrap().iter().find(|it| it["id"] == "claimed-evaluation");
    assert_eq!(claimed.unwrap()["outcome"], "passed");

    // In a new one, signed; a folder that is there is not taken.
    let key = key(folder.path());
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    let said = evaluate(&out, &data, &[&["--into", text(&signed), "--json"], &key[..]].concat());
    let id = said.exits(0).json()["signedBy"].take();
    assert!(model(&signed) == before && !signed.join(STATEMENT).exists());
    let refused = evaluate(&out, &data, &["--into", text(&signed)]).exits(2);
    refused.says("hint: name a new folder, or the release's own");
    let trust = folder.path().join("trust.toml");
    let known = "pem = \"release.pub.pem\"\nidentity = \"a@b\"\nroles = [\"oms\", \"claim\"]";
    fs::write(&trust, format!("version = 1\n[[key]]\nid = {id}\n{known}\n")).unwrap();
    run(&["verify", text(&signed), "--trust", text(&trust)]).exits(0);

    // What is signed is signed again, or stays.
    let whole = files(&signed);
    evaluate(&signed, &data, &["--into", text(&signed)]).exits(2).says("a new claim needs a new signature");
    assert!(files(&signed) == whole);
    // The earlier claim is true of these files, but it is not what was signed.
    fs::write(signed.join(STATEMENT), serde_json::to_vec(&first).unwrap()).unwrap();
    run(&["verify", text(&signed), "--trust", text(&trust)]).exits(1);
}

#[test]
fn a_release_that_does_not_hold_gets_no_new_claim() {
    let folder = tempdir().unwrap();
    let (out, data) = (folder.path().join("out"), folder.path().join("pictures"));
    pictures(&data);
    seal(&fixture("fmnist-vit"), &out, &["--forget", "Sandal"]).exits(0);
    let unknown = folder.path().join("unknown");
    copy(&out, &unknown);
    rewrite(&out.join(STATEMENT), |claim| {
        let checks = claim["predicate"]["verification"]["checks"].as_array_mut().unwrap();
        let agreement = checks.iter_mut().find(|check| check["id"] == "retained-agreement").unwrap();
        agreement["figures"][0]["value"] = json!(0.125);
    });
    let whole = files(&out);
    evaluate(&out, &data, &["--into", text(&out)]).exits(1).says("nothing was written");
    assert!(files(&out) == whole);
    let names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(names, [""; 0]);
    // What this version does not know, it does not drop.
    rewrite(&unknown.join(STATEMENT), |claim| claim["predicate"]["later"] = json!(1));
    evaluate(&unknown, &data, &["--into", text(&unknown)]).exits(2).says("predicate/later");
}

#[test]
fn a_release_is_held_beside_a_retrained_model() {
    let folder = tempdir().unwrap();
    let (out, data) = (folder.path().join("out"), folder.path().join("pictures"));
    pictures(&data);
    seal(&fixture("fmnist-vit"), &out, &["--forget", "Sandal"]).exits(0);
    // As a model that never had the class: its classes go by their names.
    let fewer = folder.path().join("fewer");
    seal(&fixture("fmnist-vit"), &fewer, &["--forget", "Sandal", "--slot", "drop"]).exits(0);
    let beside = |retrained: &Path| {
        evaluate(&out, &data, &["--retrained", text(retrained), "--json"]).exits(0).json()["retrained"].take()
    };
    let first = |compared: &Value, id: &str| {
        let metrics = compared["metrics"].as_array().unwrap().iter();
        metrics.clone().find(|metric| metric["id"] == id).unwrap()["figures"][0]["value"].as_f64().unwrap()
    };
    let other = beside(&fewer);
    assert_eq!((&other["tier"], &other["classes"]), (&json!("T3"), &json!(9)));
    assert_eq!((first(&other, "retrained-routing"), first(&other, "retrained-agreement")), (0.0, 1.0));
    // The original still gives the class to what the release gives to others.
    let original = beside(&fixture("fmnist-vit"));
    assert_eq!(original["classes"], 10);
    assert!(first(&original, "retrained-routing") > 0.5, "{original}");
    let renamed = folder.path().join("renamed");
    copy(&out, &renamed);
    rewrite(&renamed.join("config.json"), |config| {
        config["id2label"]["3"] = json!("Boat");
        config.as_object_mut().unwrap().remove("label2id");
    });
    let refused = evaluate(&out, &data, &["--retrained", text(&renamed)]).exits(2);
    refused.says("its class `Boat` is none of the original");
}
