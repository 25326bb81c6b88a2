//! That old claims are still read is no reason to believe them: whatever of one was edited is seen.

use std::fs;

use declass::sign::Bundle;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Kept, fixtures, text, version};

const STATEMENT: &str = "class-removal.statement.json";

/// A copy of a release of version 1, its claim taken out of its envelope and changed.
fn edited(name: &str, original: &str, change: impl FnOnce(&mut Value)) -> (TempDir, Kept) {
    let kept = Kept { release: version("v1").join(name), original: fixtures().join("models").join(original) };
    let (folder, kept) = kept.copy();
    let signed = kept.release.join("class-removal.sigstore.json");
    let bundle = Bundle::read(&fs::read(&signed).unwrap()).unwrap();
    let mut statement: Value = serde_json::from_slice(bundle.payload()).unwrap();
    change(&mut statement);
    fs::remove_file(signed).unwrap();
    fs::remove_file(kept.release.join("model.sig")).unwrap();
    fs::write(kept.release.join(STATEMENT), statement.to_string()).unwrap();
    (folder, kept)
}

fn put(place: &str, value: Value) -> impl FnOnce(&mut Value) {
    move |statement| {
        let found = statement.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not there"));
        assert_ne!(*found, value, "{place}");
        *found = value;
    }
}

/// The swin release of version 1 with another value somewhere: the gate says no, or cannot tell.
#[track_caller]
fn never_passes(place: &str, value: Value) {
    let (_folder, kept) = edited("first", "fmnist-swin", put(place, value));
    let ran = kept.verify(&["--original", text(&kept.original), "-q"]);
    assert!(!ran.stderr.contains("panicked") && matches!(ran.code, Some(1 | 2)), "{place}: {ran:?}");
}

#[test]
fn unedited_it_passes_without_its_envelope() {
    let (_folder, kept) = edited("first", "fmnist-swin", |_| ());
    kept.verify(&["--original", text(&kept.original)]).exits(0);
}

#[test]
fn digests_and_classes() {
    let zeros = Value::from("0".repeat(64));
    never_passes("/subject/0/digest/sha256", zeros.clone());
    never_passes("/subject/2/digest/sha256", zeros.clone());
    never_passes("/predicate/buildDefinition/resolvedDependencies/0/digest/sha256", zeros);
    let removal = "/predicate/removal";
    for (place, value) in [
        ("labelSpace/before", json!(9)),
        ("labelSpace/before", json!(1_000_000_000_000_000_000_u64)),
        ("labelSpace/after", json!(9)),
        ("labelSpace/indexMap/0", json!(1)),
        ("unchangedTensors", json!(7)),
        ("tensors", json!([])),
        ("tensors/0/values", json!(1)),
        ("tensors/0/change", json!("added")),
        ("forgotten/0/label", json!("Sneaker")),
        ("forgotten/0/index", json!(6)),
        ("forgotten/0/indexAfter", json!(null)),
        ("notClaimed", json!([])),
        ("scope", json!("deep")),
        ("claim", json!("class-erased")),
        ("claim", json!("class-output-suppressed")),
        ("location/head", json!("classifier.2")),
        ("location/width", json!(1)),
        ("training/attempts/0/worstStratum", json!("certified")),
        ("training/draws", json!("all")),
    ] {
        never_passes(&format!("{removal}/{place}"), value);
    }
}

#[test]
fn figures_and_verdicts() {
    for (place, value) in [
        ("checks/2/measurements/0/bound95", json!("0.000001")),
        ("checks/2/measurements/0/samples", json!("1000000")),
        ("checks/2/measurements/0/threshold", json!("0.5")),
        ("checks/2/measurements/0/name", json!("recognised in all worlds")),
        ("checks/2/measurements/0/name", json!("class 6 recognised in gaussian")),
        ("checks/2/measurements/0/unit", json!("percent")),
        ("checks/3/measurements/0/value", json!("0.9917")),
        ("checks/3/measurements/0/value", json!("NaN")),
        ("checks/3/measurements/0/value", json!(0.99)),
        ("checks/4/measurements/0/value", json!("0")),
        ("checks/2/measurements", json!([])),
        ("checks/1/result", json!("INFORMATIVE")),
        ("checks/1/id", json!("forgotten-erased")),
        ("checks", json!([])),
        ("result", json!("FAILED")),
        ("tier", json!("T3")),
        ("notRun", json!([])),
        ("seed", json!("1")),
    ] {
        never_passes(&format!("/predicate/verification/{place}"), value);
    }
}

#[test]
fn what_was_asked_for() {
    for (place, value) in [
        ("buildDefinition/buildType", json!("retrained")),
        ("buildDefinition/externalParameters/scope", json!("deep")),
        ("buildDefinition/externalParameters/slot", json!("drop")),
        ("buildDefinition/externalParameters/slot", json!("wish")),
        ("buildDefinition/externalParameters/method", json!("seal")),
        ("buildDefinition/externalParameters/method", json!("wish")),
        ("buildDefinition/externalParameters/seed", json!("banana")),
        ("buildDefinition/externalParameters/seed", json!("5")),
        ("buildDefinition/externalParameters/forget", json!([{"index": 7, "label": "Sneaker"}])),
        ("buildDefinition/internalParameters/dtypePolicy", json!("widen")),
        ("buildDefinition/internalParameters/device", json!("cpu; accuracy 100 %")),
        ("runDetails/builder/id", json!("urn:someone:else")),
        ("runDetails/builder/version/declass", json!("0.1.0, certified")),
    ] {
        never_passes(&format!("/predicate/{place}"), value);
    }
}

#[test]
fn fields_that_no_claim_has() {
    for place in [
        "",
        "/subject/1/digest",
        "/predicate",
        "/predicate/buildDefinition/externalParameters",
        "/predicate/buildDefinition/externalParameters/parameters",
        "/predicate/runDetails/builder",
        "/predicate/removal/location",
        "/predicate/removal/training/attempts/0",
        "/predicate/verification",
        "/predicate/verification/checks/0",
        "/predicate/verification/checks/0/data",
        "/predicate/verification/checks/0/measurements/0",
    ] {
        let (_folder, kept) = edited("first", "fmnist-swin", |statement| {
            statement.pointer_mut(place).unwrap()["accuracyOnRealInputs"] = json!("100 %");
        });
        let said = kept.verify(&["--original", text(&kept.original)]).exits(1).json();
        assert!(said.to_string().contains("` has no place there"), "{place}: {said:#}");
    }
}

#[test]
fn versions_that_no_definition_had() {
    for version in [0, 2] {
        let (_folder, kept) = edited("first", "fmnist-swin", |statement| {
            let check = &mut statement["predicate"]["verification"]["checks"][3];
            check["version"] = version.into();
            check["measurements"] = json!([]);
        });
        kept.verify(&["--original", text(&kept.original), "-q"]).exits(2);
    }
}

#[test]
fn fields_of_the_present_version() {
    let (_folder, kept) = edited("first", "fmnist-swin", |statement| {
        statement["predicate"]["verification"]["checks"][1]["measurements"][0]["class"] = 3.into();
    });
    let ran = kept.verify(&["--original", text(&kept.original), "-q"]);
    assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
}

#[test]
fn words_were_never_evidence() {
    let (_folder, kept) = edited("first", "fmnist-swin", |statement| {
        let check = &mut statement["predicate"]["verification"]["checks"][2];
        check["summary"] = "in other words".into();
        check["notShown"] = "in other words".into();
        check["data"]["on"] = "in other words".into();
    });
    let said = kept.verify(&["--original", text(&kept.original)]).exits(0).json();
    assert!(!said.to_string().contains("in other words"), "and nobody repeats them: {said:#}");
    let exported = super::finish(super::declass().args(["export", "model-card"]).arg(&kept.release)).exits(0);
    assert!(!exported.stdout.contains("in other words"), "{exported:?}");
}

#[test]
fn figures_on_labelled_data() {
    let data = fixtures().join("data/fmnist-resnet.safetensors");
    for (place, value) in [
        ("metrics/0/measurements/1/value", json!("0.5")),
        ("metrics/1/measurements", json!([])),
        ("metrics/0/id", json!("forgotten-forever")),
        ("tier", json!("T3")),
        ("data/0/rows", json!(5)),
    ] {
        let place = format!("/predicate/verification/evaluation/{place}");
        let (_folder, kept) = edited("measured", "fmnist-resnet", put(&place, value));
        let ran = kept.verify(&["--original", text(&kept.original), "--eval-embeddings", text(&data), "-q"]);
        assert!(!ran.stderr.contains("panicked") && matches!(ran.code, Some(1 | 2)), "{place}: {ran:?}");
    }
}

#[test]
fn a_seed_that_doubles_do_not_have_is_still_read() {
    let (_folder, kept) = edited("dropped", "fmnist-vit.onnx", |statement| {
        let seed = &statement["predicate"]["buildDefinition"]["externalParameters"]["seed"];
        assert_eq!(*seed, json!(u64::MAX.to_string()));
    });
    let mut verify = super::declass();
    verify.arg("verify").arg(&kept.release).arg("--original").arg(&kept.original);
    super::finish(&mut verify).exits(0).shows("verdict         passed");
    let other = put("/predicate/buildDefinition/externalParameters/seed", json!((u64::MAX - 1).to_string()));
    let (_folder, kept) = edited("dropped", "fmnist-vit.onnx", other);
    kept.verify(&["--original", text(&kept.original)]).exits(2).says("several seeds");
}
