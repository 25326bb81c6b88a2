//! What is said where training has nothing to do.

use std::fs;

use tempfile::tempdir;

use crate::process::{constant_head, names, unlearn, verify};

#[test]
fn a_class_that_nothing_reaches_is_not_said_to_be_trained_away() {
    let folder = tempdir().unwrap();
    let model = folder.path().join("model");
    constant_head(&model, [9.0, 0.0, 0.0]);
    for (method, slot, said) in [
        (
            "delete",
            "keep",
            "not trained, no synthetic embedding reached the forgotten: the slot is only sealed",
        ),
        (
            "delete",
            "drop",
            "not trained, no synthetic embedding reached the forgotten: the output is only dropped",
        ),
        ("scar", "keep", "not trained, no stratum reached the forgotten: the slot is only sealed"),
    ] {
        let out = folder.path().join(format!("{method}-{slot}"));
        let ran = unlearn(&model, &out, &["--forget", "1", "--method", method, "--slot", slot]).exits(0);
        assert!(ran.stdout.contains(said), "{ran:#?}");
        assert!(!ran.stdout.contains("epoch"), "{ran:#?}");
        verify(&out, &model, &[]).exits(0);
    }
    let out = folder.path().join("unsealed");
    unlearn(&model, &out, &["--forget", "1", "--no-seal"]).exits(2).says("draws reached class 1");
    let ran = unlearn(&model, &out, &["--forget", "1", "--no-seal", "--method", "scar"]).exits(1);
    assert!(ran.stdout.contains("reached the forgotten: nothing changes"), "{ran:#?}");
    assert_eq!(names(folder.path()), ["delete-drop", "delete-keep", "model", "scar-keep"]);
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
