//! What `declass export` writes, judged by the validators of the formats.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use super::{declass, fixture, succeed, venv::judge};

#[test]
fn a_bill_of_materials_is_valid_and_says_what_the_claim_says() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, bill) = (path("out"), path("bom.cdx.json"));
    let model = fixture("models/fmnist-resnet");
    succeed(&["unlearn", model.to_str().unwrap(), "-o", &out, "-q", "--forget", "Sandal", "--slot", "drop"]);
    succeed(&["export", "cyclonedx", &out, "-o", &bill]);
    assert_eq!(judge("bill.py", &[&bill])["valid"], true, "{}", judge("bill.py", &[&bill]));
    let mut said: Value = serde_json::from_slice(&fs::read(&bill).unwrap()).unwrap();
    let claim = fs::read(path("out/class-removal.statement.json")).unwrap();
    let statement: Value = serde_json::from_slice(&claim).unwrap();
    let component = &said["metadata"]["component"];
    assert_eq!(component["name"], "out");
    assert_eq!(
        component["modelCard"]["properties"][0],
        json!({"name": "declass:forgotten", "value": "5=Sandal"})
    );
    let figures: usize = statement["predicate"]["verification"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["measurements"].as_array().unwrap().len())
        .sum();
    let metrics = component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"].as_array().unwrap();
    assert_eq!(metrics.len(), figures);
    assert_eq!(
        said["components"].as_array().unwrap().len(),
        statement["subject"].as_array().unwrap().len() - 1
    );
    // The judge can say no.
    said["metadata"]["component"]["pedigree"]["patches"][0]["type"] = "removal".into();
    fs::write(&bill, said.to_string()).unwrap();
    assert_eq!(judge("bill.py", &[&bill])["valid"], false);
}

#[test]
fn provenance_has_the_claims_own_blocks_and_a_release_gets_no_file_more() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, model) = (path("out"), fixture("models/fmnist-resnet"));
    succeed(&["unlearn", model.to_str().unwrap(), "-o", &out, "-q", "--forget", "5", "--method", "seal"]);
    let output = declass(&["export", "slsa", &out]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let claim: Value =
        serde_json::from_slice(&fs::read(path("out/class-removal.statement.json")).unwrap()).unwrap();
    assert_eq!(said["predicateType"], "https://slsa.dev/provenance/v1");
    assert_eq!(said["subject"], claim["subject"]);
    assert_eq!(said["predicate"]["buildDefinition"], claim["predicate"]["buildDefinition"]);
    for target in [
        path("out/bom.json"),
        path("out/../out/bom.json"),
        model.join("config.json").to_str().unwrap().to_owned(),
    ] {
        assert_eq!(declass(&["export", "cyclonedx", &out, "-o", &target]).status.code(), Some(2), "{target}");
    }
    assert_eq!(declass(&["export", "slsa", model.to_str().unwrap()]).status.code(), Some(2), "no claim");
}
