//! What is said where training has nothing to do.

use expect_test::expect;
use std::fs;

use tempfile::tempdir;

use crate::process::{constant_head, fixture, names, unlearn, verify};

#[test]
fn a_class_that_nothing_reaches_is_not_said_to_be_trained_away() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    constant_head(&model, [9.0, 0.0, 0.0]);
    for (method, slot, said) in [
        (
            "delete",
            "keep",
            "not trained, no synthetic embedding reached the removed class: the slot is only sealed",
        ),
        (
            "delete",
            "drop",
            "not trained, no synthetic embedding reached the removed class: the output is only dropped",
        ),
        ("scar", "keep", "not trained, no stratum reached the removed class: the slot is only sealed"),
    ] {
        let out = folder.path().join(format!("{method}-{slot}"));
        let ran = unlearn(&model, &out, &["--forget", "1", "--method", method, "--slot", slot]).exits(0);
        assert!(ran.stdout.contains(said), "{ran:#?}");
        assert!(!ran.stdout.contains("epoch"), "{ran:#?}");
        verify(&out, &model, &[]).exits(0);
    }
    let out = folder.path().join("unsealed");
    unlearn(&model, &out, &["--forget", "1", "--no-seal"]).exits(2).told(expect![[r#"
        warning: 1 of 3 classes got fewer embeddings than wanted, class 1 for one: 0 of 1000
        warning: no synthetic embedding reached class 1
        error: none of 32768 draws reached class 1

        hint: leave out --no-seal, or try another --distribution
    "#]]);
    let ran = unlearn(&model, &out, &["--forget", "1", "--no-seal", "--method", "scar"]).exits(1);
    assert!(ran.stdout.contains("reached the removed class: nothing changes"), "{ran:#?}");
    assert_eq!(names(folder.path()), ["delete-drop", "delete-keep", "model", "scar-keep"]);
}

/// Forgotten together, these two go on winning where embeddings are long, until such embeddings are trained
/// on.
#[test]
fn two_classes_that_hide_behind_each_other_are_both_forgotten() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let forget = ["--forget", "3", "--forget", "8", "-v", "--set", "optimizer=sgd"];
    let ran = unlearn(&fixture("fmnist-vit"), &out, &forget).exits(0);
    assert!(ran.stdout.contains("on embeddings stretched up to 8x: no test set"), "{ran:#?}");
    let claim = fs::read_to_string(out.join("class-removal.statement.json")).unwrap();
    assert!(claim.contains("\"stretched\": 8"), "{claim}");
}

/// By default the head is put where the loss has its minimum, and what is left of the loss is said.
#[test]
fn where_the_minimum_is_known_nothing_is_trained() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = unlearn(&fixture("fmnist-vit"), &out, &["--forget", "3", "--forget", "8", "-v", "--no-seal"]);
    let ran = ran.exits(0);
    assert!(
        ran.stdout.contains("none: `delete` starts at the minimum of its loss, without embeddings"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains("delete, in closed form: no test set recognises"), "{ran:#?}");
    assert!(ran.stdout.contains("all 8 retained rows are bit-identical"), "{ran:#?}");
    let claim = fs::read_to_string(out.join("class-removal.statement.json")).unwrap();
    let claim: serde_json::Value = serde_json::from_str(&claim).unwrap();
    let parameters = &claim["predicate"]["buildDefinition"]["externalParameters"]["parameters"];
    assert_eq!(parameters["optimizer"], "minimum-1");
    let training = &claim["predicate"]["removal"]["training"];
    assert_eq!((&training["draws"], &training["kept"]), (&0.into(), &0.into()));
    let attempt = &training["attempts"][0];
    assert!(attempt["loss"].as_f64().unwrap() < 2e-13 && attempt["gradientNorm"].as_f64().unwrap() < 1e-11);
    assert_eq!(attempt["epochs"], 0);

    let optimizer = |more: &[&str]| {
        unlearn(
            &fixture("fmnist-vit"),
            &folder.path().join("b"),
            &[&["--forget", "3", "--set"], more].concat(),
        )
    };
    optimizer(&["optimizer=adam"]).exits(2).says("expected `optimizer=minimum` or `optimizer=sgd`");
    optimizer(&["optimizer=minimum", "--method", "scrub"]).exits(2).says("has no minimum that is known");
    optimizer(&["optimizer=sgd", "--method", "mask"]).exits(2).says("makes no use of the optimizer");
}

#[test]
fn a_card_and_a_claim_tell_sealed_from_unsealed() {
    let folder = tempdir().unwrap();
    for (name, more, card, claim) in [
        ("sealed", &[][..], "sealed: true", "class-output-removed"),
        ("open", &["--no-seal"], "sealed: false", "class-output-suppressed"),
    ] {
        let out = folder.path().join(name);
        let forget = [&["--forget", "5"], more].concat();
        unlearn(&crate::process::resnet(), &out, &forget).exits(0);
        assert!(fs::read_to_string(out.join("README.md")).unwrap().contains(card));
        assert!(fs::read_to_string(out.join("class-removal.statement.json")).unwrap().contains(claim));
    }
}

#[test]
fn a_trace_has_a_line_for_every_epoch_also_where_nothing_succeeds() {
    let folder = tempdir().unwrap();
    let (model, trace) = (fixture("fmnist-resnet"), folder.path().join("trace.csv"));
    let path = trace.to_str().unwrap();
    let ask = |more: &[&str]| {
        let out = folder.path().join("out");
        unlearn(&model, &out, &[&["--forget", "5", "--force", "--trace", path], more].concat())
    };
    ask(&["--lr", "0.01"]).exits(0);
    let text = fs::read_to_string(&trace).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "attempt,learning_rate,stretch,epoch,shortfall_nats,gaussian,scaled-2x,scaled-4x,class-direction,half-normal"
    );
    assert!(lines[1].starts_with("0,0.01,1,0,"), "{}", lines[1]);
    let shares = |line: &str| line.split(',').skip(5).map(|x| x.parse::<f64>().unwrap()).collect::<Vec<_>>();
    assert!(shares(lines[1]).contains(&1.0), "nothing is forgotten yet");
    assert!(shares(lines.last().unwrap()).iter().all(|&share| share == 0.0), "{text}");
    ask(&["--lr", "0.0001", "--epochs", "3"]).exits(1);
    assert_eq!(fs::read_to_string(&trace).unwrap().lines().count(), 1 + 2 * 4, "as drawn and stretched");
    ask(&["--method", "seal"]).exits(2).told(expect![[r#"
        error: method `seal` makes no use of --trace: leave out --trace, or choose a method that trains
    "#]]);
}

#[test]
fn settings_are_those_of_the_method_and_recorded() {
    let folder = tempdir().unwrap();
    let model = fixture("fmnist-resnet");
    let ask = |out: &str, more: &[&str]| {
        unlearn(&model, &folder.path().join(out), &[&["--forget", "5"], more].concat())
    };
    ask("a", &["--set", "beta=0.8"]).exits(2).told(expect![[r#"
        error: delete has no setting `beta`, or it was given twice

        hint: it has no settings at all
    "#]]);
    ask("a", &["--set", "beta"]).exits(2).told(expect![[r#"
        error: invalid value 'beta' for '--set <NAME=VALUE>': expected NAME=VALUE

        For more information, try '--help'.
    "#]]);
    let plus = ["--method", "negative-gradient-plus", "--set"];
    ask("a", &[&plus[..], &["beta=2"]].concat()).exits(2).told(expect![[r#"
        error: setting `beta` is 2, which is not between 0 and 1
    "#]]);
    ask("a", &[&plus[..], &["beta=0.8"]].concat()).exits(0);
    let claim = fs::read_to_string(folder.path().join("a/class-removal.statement.json")).unwrap();
    let claim: serde_json::Value = serde_json::from_str(&claim).unwrap();
    let parameters = &claim["predicate"]["buildDefinition"]["externalParameters"]["parameters"];
    assert_eq!(parameters["method"]["beta"], 0.8);
    verify(&folder.path().join("a"), &model, &[]).exits(0);
}
