//! Claims that contradict themselves or the files: each must be seen or refused, never pass.

use expect_test::expect;
use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    process::{fixture, resnet, rewrite, seal, verify},
    tamper::{STATEMENT, failing, release},
};

/// Verifying a release whose claim was edited at these places says no, or cannot tell.
#[track_caller]
fn never_passes(edits: &[(&str, Value)]) {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        for (pointer, value) in edits {
            let place = statement.pointer_mut(pointer).unwrap();
            assert_ne!(place, value, "{pointer}");
            *place = value.clone();
        }
    });
    let ran = verify(&out, &resnet(), &["-q"]);
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    assert!(matches!(ran.code, Some(1 | 2)), "{edits:?}: {ran:?}");
}

#[test]
fn numbers_of_classes_that_are_not_the_models() {
    let removal = "/predicate/removal";
    for (place, value) in [
        ("labelSpace/before", json!(0)),
        ("labelSpace/before", json!(9)),
        ("labelSpace/before", json!(1_000_000_000_000_000_000_u64)),
        ("labelSpace/after", json!(9)),
        ("labelSpace/indexMap", json!([0])),
        ("labelSpace/indexMap/0", json!(1)),
        ("unchangedTensors", json!(74)),
    ] {
        never_passes(&[(&format!("{removal}/{place}"), value)]);
    }
}

#[test]
fn figures_and_what_is_said_about_them() {
    let checks = "/predicate/verification/checks";
    for (place, value) in [
        ("5/figures/0/bound95/value", json!(0.000_001)),
        ("5/figures/0/n", json!(1_000_000)),
        ("5/figures/0/threshold", json!(0.5)),
        ("5/figures/0/quantity", json!("unrecognised")),
        ("5/figures/0/quantity", json!("recognised in all worlds")),
        ("5/figures/0/class", json!(6)),
        ("5/figures/0/stratum", json!("half-normal")),
        ("5/figures/0/side", json!("before")),
        ("5/figures/0/bound95/side", json!("at-least")),
        ("5/figures/0/unit", json!("percent")),
        // Both within the tolerance of an earlier version.
        ("6/figures/0/value", json!(0.9917)),
        ("7/figures/0/value", json!(0)),
        ("7/figures/0/value", json!("0")),
        ("4/result", json!("informative")),
        ("4/id", json!("forgotten-erased")),
        ("4/version", json!(2)),
    ] {
        never_passes(&[(&format!("{checks}/{place}"), value)]);
    }
}

#[test]
fn words_that_say_more_than_was_done() {
    for (place, value) in [
        ("verification/result", json!("failed")),
        ("verification/tiers", json!(["T3"])),
        ("verification/notRun", json!([])),
        ("verification/seed", json!(1)),
        ("removal/notClaimed", json!([])),
        ("removal/scope", json!("deep")),
        ("removal/claim", json!("class-erased")),
        ("removal/location/head", json!("classifier.2")),
        ("removal/location/embeddings", json!([])),
        ("removal/location/width", json!(1)),
        ("removal/tensors", json!([])),
        ("removal/tensors/0/values", json!(1)),
        ("removal/forgotten/0/label", json!("Sneaker")),
        ("removal/forgotten/0/index", json!(6)),
        ("removal/forgotten/0/indexAfter", json!(null)),
        ("buildDefinition/buildType", json!("retrained")),
        ("buildDefinition/externalParameters/scope", json!("deep")),
        ("buildDefinition/externalParameters/slot", json!("drop")),
        ("buildDefinition/externalParameters/slot", json!("wish")),
        ("buildDefinition/externalParameters/method", json!("seal")),
        ("buildDefinition/externalParameters/method", json!("wish")),
        ("buildDefinition/externalParameters/forget", json!([{"index": 7, "label": "Sneaker"}])),
        ("buildDefinition/internalParameters/dtypePolicy", json!("widen")),
        ("buildDefinition/internalParameters/device", json!("cpu; accuracy 100 %")),
        ("runDetails/builder/id", json!("urn:someone:else")),
        ("runDetails/builder/version/declass", json!("0.1.0, certified")),
        ("removal/training/attempts/0/worstStratum", json!("certified")),
    ] {
        never_passes(&[(&format!("/predicate/{place}"), value)]);
    }
}

#[test]
fn fields_that_no_claim_has() {
    for place in [
        "",
        "/subject/0",
        "/subject/1/digest",
        "/predicate",
        "/predicate/buildDefinition",
        "/predicate/buildDefinition/externalParameters",
        "/predicate/buildDefinition/externalParameters/forget/0",
        "/predicate/buildDefinition/externalParameters/parameters",
        "/predicate/buildDefinition/internalParameters",
        "/predicate/buildDefinition/resolvedDependencies/0/annotations",
        "/predicate/runDetails",
        "/predicate/runDetails/builder",
        "/predicate/removal",
        "/predicate/removal/forgotten/0",
        "/predicate/removal/labelSpace",
        "/predicate/removal/location",
        "/predicate/removal/tensors/0",
        "/predicate/removal/training",
        "/predicate/removal/training/attempts/0",
        "/predicate/verification",
        "/predicate/verification/checks/0",
        "/predicate/verification/checks/0/figures/0",
        "/predicate/verification/checks/5/figures/0/bound95",
    ] {
        let (_folder, out) = release();
        rewrite(&out.join(STATEMENT), |statement| {
            statement.pointer_mut(place).unwrap()["accuracyOnRealInputs"] = json!("100 %");
        });
        // Of another seed than the claim's no figure is compared, but for fields beside them there is no excuse.
        let is_beside = place.starts_with("/predicate/verification") && !place.contains("figures");
        let seed: &[&str] = if is_beside { &["--seed", "7"] } else { &[] };
        let ran = verify(&out, &resnet(), seed).exits(1);
        assert!(ran.stdout.contains("accuracyOnRealInputs` has no place there"), "{place}: {ran:?}");
    }
}

#[test]
fn a_key_that_is_there_twice() {
    let (_folder, out) = release();
    let claim = fs::read_to_string(out.join(STATEMENT)).unwrap();
    let twice = claim.replace("\"notClaimed\":", "\"notClaimed\": [], \"notClaimed\":");
    assert_ne!(claim, twice);
    fs::write(out.join(STATEMENT), twice).unwrap();
    verify(&out, &resnet(), &[]).exits(2).told(expect![[r#"
        error: claim `[FOLDER]/out/class-removal.statement.json`: key `notClaimed` is there twice at line 174 column 7

        hint: name a folder that `declass unlearn` wrote, of this version or an older one
    "#]]);
}

#[test]
fn a_label_for_a_class_of_a_model_without_labels() {
    let folder = tempdir().unwrap();
    let (onnx, out) = (fixture("fmnist-resnet.onnx"), folder.path().join("out"));
    seal(&onnx, &out, &["--forget", "5"]).exits(0);
    verify(&out, &onnx, &[]).exits(0);
    rewrite(&out.join(STATEMENT), |statement| {
        let predicate = &mut statement["predicate"];
        predicate["removal"]["forgotten"][0]["label"] = "Sandal".into();
        predicate["buildDefinition"]["externalParameters"]["forget"][0]["label"] = "Sandal".into();
    });
    assert_eq!(failing(&out, &onnx), ["claimed-removal"]);
}

#[test]
fn a_check_that_was_never_made() {
    let check = json!({"id": "accuracy", "version": 1, "result": "passed", "figures": []});
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        statement["predicate"]["verification"]["checks"].as_array_mut().unwrap().push(check);
    });
    // A later version may know it; this one cannot tell.
    let said = verify(&out, &resnet(), &["--json"]).exits(2).json();
    assert_eq!(said["findings"][0]["code"], "DC3002");
    assert!(said["findings"][0]["message"].as_str().unwrap().contains("accuracy (1)"), "{said:#}");
}

#[test]
fn a_seed_that_is_no_number_does_not_excuse_figures() {
    never_passes(&[
        ("/predicate/buildDefinition/externalParameters/seed", "x".into()),
        ("/predicate/verification/checks/5/figures/0/value", 1.into()),
    ]);
}

#[test]
fn what_only_the_run_knows_is_named_as_not_checked() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        statement["predicate"]["removal"]["training"]["attempts"][0]["epochs"] = 1.into();
    });
    let said = verify(&out, &resnet(), &["-v"]).exits(0).stdout;
    assert!(said.contains("recorded, not checked: version and device of the run, settings of"), "{said}");
    assert!(said.contains("draws and attempts of training"), "{said}");
}

#[test]
fn a_key_that_looks_like_a_line_of_the_report() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        statement["predicate"]["x\nverdict         passed\n"] = 0.into();
    });
    let said = verify(&out, &resnet(), &[]).exits(1).stdout;
    assert!(!said.lines().any(|line| line.starts_with("verdict         passed")), "{said}");
}

#[test]
fn a_seal_that_moved_retained_rows_is_none() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        let asked = &mut statement["predicate"]["buildDefinition"]["externalParameters"];
        asked["method"] = json!("seal");
        // A seal alone draws nothing, so that these would make it no claim at all.
        asked.as_object_mut().unwrap().remove("parameters");
    });
    let ran = verify(&out, &resnet(), &[]).exits(1);
    assert!(ran.stdout.contains("FAILED retained-logits"), "{ran:#?}");
}

#[test]
fn a_check_that_was_left_out() {
    // Claims that are older than the three behind the first, or than where a class's embeddings go, have none of them.
    for check in std::iter::once(0).chain((4..14).filter(|check| *check != 6)) {
        let (_folder, out) = release();
        rewrite(&out.join(STATEMENT), |statement| {
            statement["predicate"]["verification"]["checks"].as_array_mut().unwrap().remove(check);
        });
        assert_eq!(failing(&out, &resnet()), ["claimed-figures"], "check {check}");
    }
}

#[test]
fn a_definition_of_a_later_version_is_not_known() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        let check = &mut statement["predicate"]["verification"]["checks"][9];
        check["version"] = 2.into();
        check["figures"] = json!([]);
    });
    let said = verify(&out, &resnet(), &["--json"]).exits(2).json();
    assert_eq!(said["findings"][0]["code"], "DC3002", "{said:#}");
}

#[test]
fn a_definition_that_never_was_is_no_older_one() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        let check = &mut statement["predicate"]["verification"]["checks"][9];
        check["version"] = 0.into();
        check["figures"] = json!([]);
    });
    verify(&out, &resnet(), &[]).exits(2).told(expect![[r#"
        error: claim `[FOLDER]/out/class-removal.statement.json`: `retained-logits` is of version 0, and they count from 1

        hint: name a folder that `declass unlearn` wrote, of this version or an older one
    "#]]);
}

#[test]
fn a_check_that_is_there_twice() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        let checks = statement["predicate"]["verification"]["checks"].as_array_mut().unwrap();
        let mut again = checks[8].clone();
        again["version"] = 2.into();
        checks.push(again);
    });
    verify(&out, &resnet(), &[]).exits(2).told(expect![[r#"
        error: claim `[FOLDER]/out/class-removal.statement.json`: it has `retained-divergence` twice

        hint: name a folder that `declass unlearn` wrote, of this version or an older one
    "#]]);
}

#[test]
fn a_seed_that_doubles_do_not_have_is_refused() {
    let (_folder, out) = release();
    rewrite(&out.join(STATEMENT), |statement| {
        statement["predicate"]["verification"]["seed"] = (1_u64 << 53).into();
    });
    verify(&out, &resnet(), &[]).exits(2).told(expect![[r#"
        error: claim `[FOLDER]/out/class-removal.statement.json`: its seed 9007199254740992 is not below 2^53

        hint: name a folder that `declass unlearn` wrote, of this version or an older one
    "#]]);
}
