//! Proofs are checked with nothing but the public key.

use expect_test::expect;
use std::fs;

use serde_json::{Value, json};

use crate::home::Home;

/// Checks a proof after a change.
fn check(home: &Home, proof: &Value, change: impl FnOnce(&mut Value)) -> crate::home::Ran {
    let mut proof = proof.clone();
    change(&mut proof);
    fs::write(home.path("proof"), proof.to_string()).unwrap();
    home.run("verify --proof proof --vkey r.vkey")
}

#[test]
fn proofs_of_every_entry_and_every_older_checkpoint_hold() {
    let home = Home::new();
    for size in 0..6 {
        fs::copy(home.path("r/checkpoint"), home.path(&format!("checkpoint.{size}"))).unwrap();
        let request = crate::home::request(size);
        home.run(&format!("append r requested --request {request}")).exits(0);
    }
    for i in 0..6 {
        let proof = home.run(&format!("prove r {i}")).exits(0).json();
        check(&home, &proof, |_| ()).exits(0).shows(&format!("entry {i} of 6"));
        let since = home.run(&format!("prove r --old checkpoint.{i}")).exits(0).json();
        check(&home, &since, |_| ()).exits(0).shows(&format!("begins with the {i} of"));
        check(&home, &since, |proof| proof["old"] = proof["checkpoint"].clone()).exits(if i == 0 {
            0
        } else {
            1
        });
        check(&home, &proof, |proof| proof["index"] = json!((i + 1) % 6)).exits(1);
    }
    home.run("prove r 6").exits(2).told(expect![[r#"
        error: `r`: there is no entry 6

        hint: `declass register list` shows the entries; they count from 0
    "#]]);
    home.run("prove r").exits(2);
}

#[test]
fn a_proof_with_anything_else_in_it_shows_nothing() {
    let home = Home::new().with_requests(4);
    let proof = home.run("prove r 1").exits(0).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    check(&home, &proof, |proof| proof["entry"] = json!(text(&proof["entry"]).replace("01Z", "02Z")))
        .exits(1)
        .shows("does not lead");
    check(&home, &proof, |proof| {
        proof["checkpoint"] = json!(text(&proof["checkpoint"]).replace("\n4\n", "\n5\n"))
    })
    .exits(1)
    .shows("not of this text");
    check(&home, &proof, |proof| proof["path"][0] = json!("00".repeat(32))).exits(1).shows("does not lead");
    check(&home, &proof, |proof| proof["path"][0] = json!("00")).exits(1).shows("not made of digests");
    check(&home, &proof, |proof| proof["path"] = json!([])).exits(1).shows("does not lead");
    check(&home, &proof, |proof| proof["more"] = json!(1)).exits(1).shows("unknown field");
    check(&home, &proof, |proof| proof["type"] = json!("else")).exits(1).shows("unknown variant");
    fs::write(home.path("proof"), proof.to_string().replacen('{', "{\"index\":1,", 1)).unwrap();
    home.run("verify --proof proof --vkey r.vkey").exits(1).shows("twice");
    home.run("verify --proof none --vkey r.vkey").exits(2);
    home.run("verify --proof proof").exits(2).told(expect![[r#"
        error: the following required arguments were not provided:
          --vkey <FILE>

        Usage: declass register verify --vkey <FILE> --proof <FILE> [DIR]

        For more information, try '--help'.
    "#]]);
}
