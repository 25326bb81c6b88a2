//! What does not go together is refused with a word on what would.

use expect_test::expect;
use std::fs;

use crate::home::{Home, request};

#[test]
fn options_of_other_events_and_missing_ones_are_refused() {
    let home = Home::new().with_requests(1);
    let digest = request(0);
    fs::create_dir(home.path("empty")).unwrap();
    for (arguments, code, said) in [
        ("append r approved".to_owned(), 1, "`approved` names no request"),
        (format!("append r approved --request {digest} --artifact {digest}"), 1, "no place for `artifact`"),
        (format!("append r superseded --request {digest}"), 1, "names no artifact"),
        (format!("append r verified --artifact {digest}"), 1, "names no manifest"),
        (format!("append r withdrawn --artifact {digest}"), 1, "has no `class-removed`"),
        (
            format!("append r approved --request {digest} --new-key k"),
            2,
            "--new-key does not go with `approved`",
        ),
        (format!("append r key-rotated --new-key k --request {digest}"), 2, "--request does not go with"),
        (format!("append r approved --successor {digest}"), 2, "--successor does not go with"),
        ("append r requested --release out --trust t".to_owned(), 2, "--trust does not go with `requested`"),
        ("append r key-rotated".to_owned(), 2, "--new-key"),
        ("append r deleted".to_owned(), 2, "request-voided"),
        ("append r approved --request 00".to_owned(), 2, "64 hexadecimal digits"),
        (format!("append r approved --request {digest} --time 2020-13-01T00:00:00Z"), 2, "is not a time"),
        (format!("append r approved --request {digest} --time 9999-01-01T00:00:00Z"), 2, "in the future"),
        (
            format!("append r approved --request {digest} --time 2019-12-31T23:59:59Z"),
            1,
            "the time of the latest",
        ),
        (format!("append r approved --request {digest} --key none"), 2, "No such file"),
        (format!("append r approved --request {digest} --key r.vkey"), 2, "no private key"),
        ("verify r --vkey none".to_owned(), 2, "no public key"),
        // What is wrong with it depends on where the key has its plus signs.
        ("verify r --vkey r.key".to_owned(), 2, "name a .vkey file with --vkey"),
        ("verify r --old none".to_owned(), 2, "No such file"),
        ("verify".to_owned(), 2, "DIR"),
        ("list .".to_owned(), 2, "no name"),
        ("list none".to_owned(), 2, "there is no register"),
        ("list empty".to_owned(), 2, "there is no checkpoint\n\nhint: a register is a folder with"),
    ] {
        home.run(&arguments).exits(code).says(said);
    }
    home.run("verify r --old r.vkey").exits(1).shows("has no signatures");
    assert_eq!(home.entries().len(), 1);
    assert!(!home.path("k").exists());
}

#[test]
fn a_record_stays_private_and_shows_later_which_request_it_was() {
    let home = Home::new();
    fs::write(home.path("record.json"), r#"{"who": "Jane Doe"}"#).unwrap();
    home.run("append r approved --record record.json").exits(2).told(expect![[r#"
        error: `record.json.salt`: the record has no salt

        hint: entering the request makes the salt: keep it beside the record
    "#]]);
    home.run("append r requested --record record.json").exits(0);
    let salt = fs::read(home.path("record.json.salt")).unwrap();
    home.run("append r requested --record record.json").exits(1).told(expect![[r#"
        error: `r`: request `[SHORT]` is already entered

        hint: `declass register list` shows it
    "#]]);
    home.run("append r approved --record record.json").exits(0);
    assert_eq!(fs::read(home.path("record.json.salt")).unwrap(), salt);
    home.run("verify r --record record.json").exits(0).shows(": 0, 1");
    let said = fs::read_to_string(home.path("r/entries.jsonl")).unwrap();
    assert!(!said.contains("Jane") && !said.contains("record"), "{said}");
    assert!(!said.contains(std::str::from_utf8(&salt).unwrap().trim()));
    fs::write(home.path("record.json"), r#"{"who": "John Doe"}"#).unwrap();
    home.run("verify r --record record.json").exits(1).shows("was the record or its salt changed?");
    let said = home.run("verify r --record record.json --format github -q").exits(1).stdout;
    assert!(
        said.starts_with("::error file=r,title=DC2013 request not registered::record: no entry"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "the register itself is sound: {said}");
    home.run("append r request-voided --record record.json").exits(1).told(expect![[r#"
        error: `r`: request `[SHORT]` is not entered

        hint: enter `requested` first; if the record was edited since, enter `amended` with the digits of the request that `declass register list` shows
    "#]]);
    fs::remove_file(home.path("record.json.salt")).unwrap();
    home.run("verify r --record record.json").exits(2).told(expect![[r#"
        error: `record.json.salt`: the record has no salt

        hint: entering the request makes the salt: keep it beside the record
    "#]]);
}
