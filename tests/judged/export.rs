//! What `declass export` writes, judged by the validators of the formats.

use std::fs;

use declass::claim::PREDICATE_TYPE;
use serde_json::{Value, json};
use tempfile::tempdir;

use super::{
    declass, fixture,
    signatures::{judged, signed},
    succeed,
    venv::judge,
};

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
        .map(|check| check["figures"].as_array().unwrap().len())
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

#[test]
fn an_envelope_is_what_was_signed() {
    let (folder, other) = (signed(), signed());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, envelope) = (path("out"), path("out.intoto.jsonl"));
    succeed(&["export", "intoto", &out, "-o", &envelope]);
    assert!(declass(&["export", "intoto", &out]).stdout == fs::read(&envelope).unwrap());
    let verdict = judged(folder.path(), "envelope", &["out.intoto.jsonl", "key.pub.pem"]);
    assert_eq!((&verdict["accepted"], &verdict["type"]), (&true.into(), &PREDICATE_TYPE.into()));
    let foreign = other.path().join("key.pub.pem");
    let verdict = judged(folder.path(), "envelope", &["out.intoto.jsonl", foreign.to_str().unwrap()]);
    assert_eq!(verdict["accepted"], false, "{verdict}");
    // Of an unsigned claim there is none.
    let unsigned = path("unsigned");
    let model = fixture("models/fmnist-resnet");
    succeed(&[
        "unlearn",
        model.to_str().unwrap(),
        "-o",
        &unsigned,
        "-q",
        "--forget",
        "5",
        "--method",
        "seal",
    ]);
    let output = declass(&["export", "intoto", &unsigned]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("declass sign"), "{said}");
}

#[test]
fn a_hub_reads_the_card_and_its_figures() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, card, claim) = (path("out"), path("card.md"), path("out/class-removal.statement.json"));
    let (model, data) = (fixture("models/fmnist-resnet"), fixture("data/fmnist-resnet.safetensors"));
    let measured = ["--eval-embeddings", data.to_str().unwrap(), "--method", "seal"];
    succeed(
        &[&["unlearn", model.to_str().unwrap(), "-o", &out, "-q", "--forget", "5"], &measured[..]].concat(),
    );
    succeed(&["export", "model-card", &out, "-o", &card]);
    let said = judge("card.py", &[&card]);
    let forgotten = json!([{"index": 5, "label": "Sandal"}]);
    assert_eq!(
        said["data"]["class_removal"],
        json!({"forgotten": forgotten, "method": "seal", "slot": "keep", "sealed": true,
            "attestation": "class-removal.statement.json"})
    );
    assert_eq!(said["data"]["tags"], json!(["class-removal", "machine-unlearning", "declass"]));
    let statement: Value = serde_json::from_slice(&fs::read(&claim).unwrap()).unwrap();
    let metrics = statement["predicate"]["verification"]["evaluation"]["metrics"].as_array().unwrap();
    let is_shown = |metric: &&Value| {
        ["forgotten-accuracy", "retained-accuracy"].map(Value::from).contains(&metric["id"])
    };
    let figures = |metric: &Value| metric["figures"].as_array().unwrap().len();
    let results = said["results"].as_array().unwrap();
    assert_eq!(results.len(), metrics.iter().filter(is_shown).map(figures).sum::<usize>());
    let first = &metrics[0]["figures"][0];
    assert_eq!((&results[0]["metric"], &results[0]["name"]), (&metrics[0]["id"], &"accuracy, before".into()));
    assert_eq!(results[0]["value"].as_f64(), first["value"].as_f64());
    // A label cannot add to the card, whatever it is.
    let mut statement = statement;
    let label = "x\"\n---\nlicense: mit\n`# y";
    statement["predicate"]["removal"]["forgotten"][0]["label"] = label.into();
    statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]["uri"] =
        "pkg:huggingface/a/b@c".into();
    fs::write(&claim, statement.to_string()).unwrap();
    fs::remove_file(&card).unwrap();
    succeed(&["export", "model-card", &out, "-o", &card]);
    let said = judge("card.py", &[&card]);
    assert_eq!(said["data"]["class_removal"]["forgotten"][0]["label"], label);
    assert_eq!((&said["data"]["license"], &said["data"]["base_model"]), (&Value::Null, &"a/b".into()));
    assert!(said["text"].as_str().unwrap().contains("`x\" --- license: mit '# y` (5)"), "{said}");
}
