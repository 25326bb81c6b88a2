//! A claim that was edited, or is none.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    process::{resnet, rewrite, unlearn, verify},
    tamper::{STATEMENT, failing, release},
};

/// The checks that fail once the claim was edited at this place; the place must exist.
#[track_caller]
fn edited(pointer: &str, value: Value) -> Vec<String> {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        let place = statement.pointer_mut(pointer).unwrap();
        assert_ne!(*place, value);
        *place = value;
    });
    failing(&out, &resnet())
}

/// Verifying against a claim that was edited at this place cannot tell.
#[track_caller]
fn cannot_tell(pointer: &str, value: Value) {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| *statement.pointer_mut(pointer).unwrap() = value);
    let ran = verify(&out, &resnet(), &[]).exits(2);
    assert!(ran.stderr.starts_with("error: ") && ran.stdout.is_empty(), "{ran:?}");
}

#[test]
fn a_digest_that_was_edited_is_seen() {
    let zeros = Value::from("0".repeat(64));
    for subject in 0..3 {
        let failed = edited(&format!("/subject/{subject}/digest/sha256"), zeros.clone());
        assert_eq!(failed, ["claimed-files"]);
    }
    let input = "/predicate/buildDefinition/resolvedDependencies/0/digest/sha256";
    assert_eq!(edited(input, zeros), ["claimed-input"]);
    assert_eq!(edited("/subject", json!([])), ["claimed-files"]);
    assert_eq!(edited("/predicate/buildDefinition/resolvedDependencies", json!([])), ["claimed-input"]);
}

#[test]
fn a_figure_that_was_edited_is_seen() {
    let checks = "/predicate/verification/checks";
    assert_eq!(edited(&format!("{checks}/0/result"), "failed".into()), ["claimed-figures"]);
    assert_eq!(edited(&format!("{checks}/0/figures/0/value"), 99.into()), ["claimed-figures"]);
    assert_eq!(edited(&format!("{checks}/3/figures/0/value"), "NaN".into()), ["claimed-figures"]);
    assert_eq!(edited(&format!("{checks}/2/figures"), json!([])), ["claimed-figures"]);
    assert_eq!(edited(checks, json!([])), ["claimed-figures"]);
}

#[test]
fn another_forgotten_class_is_seen() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        let predicate = &mut statement["predicate"];
        predicate["buildDefinition"]["externalParameters"]["forget"][0]["index"] = 6.into();
        predicate["removal"]["forgotten"][0]["index"] = 6.into();
        predicate["removal"]["forgotten"][0]["indexAfter"] = 6.into();
    });
    let failed = failing(&out, &resnet());
    for id in ["forgotten-unreachable", "forget-rate", "claimed-removal"] {
        assert!(failed.iter().any(|check| check == id), "{id} is not among {failed:?}");
    }
}

#[test]
fn a_seal_that_is_not_there_is_seen() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    // What stands at the minimum would be the seal itself.
    unlearn(&resnet(), &out, &["--forget", "5", "--no-seal", "--set", "optimizer=sgd"]).exits(0);
    verify(&out, &resnet(), &[]).exits(0);
    rewrite(&out.join(STATEMENT), |statement| {
        statement["predicate"]["buildDefinition"]["externalParameters"]["seal"] = true.into();
    });
    assert!(failing(&out, &resnet()).contains(&"forgotten-unreachable".to_owned()));
}

#[test]
fn a_slot_that_was_not_dropped_cannot_be_judged() {
    cannot_tell("/predicate/buildDefinition/externalParameters/slot", "drop".into());
}

#[test]
fn claims_about_impossible_models_are_refused() {
    let parameters = "/predicate/buildDefinition/externalParameters";
    for before in [json!(0), json!(-1), json!(9), json!(1_000_000_000_000_000_000_u64)] {
        cannot_tell("/predicate/removal/labelSpace/before", before);
    }
    cannot_tell(&format!("{parameters}/forget/0/index"), 10.into());
    cannot_tell(&format!("{parameters}/forget/0/index"), u64::MAX.into());
    cannot_tell(&format!("{parameters}/forget"), json!([]));
    let all: Vec<Value> = (0..10).map(|index| json!({"index": index})).collect();
    cannot_tell(&format!("{parameters}/forget"), all.into());
}

#[test]
fn claims_of_an_unknown_kind_are_refused() {
    let parameters = "/predicate/buildDefinition/externalParameters";
    cannot_tell(&format!("{parameters}/method"), "wish".into());
    cannot_tell(&format!("{parameters}/slot"), "wish".into());
    cannot_tell(&format!("{parameters}/seed"), "banana".into());
    cannot_tell("/predicateType", "https://slsa.dev/provenance/v1".into());
    cannot_tell("/_type", "https://in-toto.io/Statement/v2".into());
    cannot_tell("/predicate", Value::Null);
    cannot_tell("/subject", "everything".into());
}

#[test]
fn what_is_no_claim_is_refused() {
    let deep = "[".repeat(100_000);
    for bytes in ["", "{", "null", "[]", "\u{0}\u{1}", "not JSON", &deep] {
        let (_folder, out) = release();
        fs::write(out.join(STATEMENT), bytes).unwrap();
        verify(&out, &resnet(), &[]).exits(2).says(STATEMENT);
    }
    let (_folder, out) = release();
    fs::remove_file(out.join(STATEMENT)).unwrap();
    verify(&out, &resnet(), &[]).exits(2).says("is not a declass release: it has no claim");
    verify(&resnet(), &resnet(), &[]).exits(2).says("is not a declass release");
}
