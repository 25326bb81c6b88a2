//! What people ask a register: what is open, what is due, what is about a model or a class, and parts of it with proofs.

use std::fs;

use serde_json::{Value, json};

use crate::home::{Home, request};

const FIRST: &str = "1000000000000000000000000000000000000000000000000000000000000001";
const SECOND: &str = "1000000000000000000000000000000000000000000000000000000000000002";
const THIRD: &str = "2000000000000000000000000000000000000000000000000000000000000003";

/// Three requests: the first answered late, the second open, the third open and extended.
fn requests() -> Home {
    let home = Home::new();
    let release = crate::others::releases().join("first").display().to_string();
    for (time, event) in [
        ("2026-01-31T09:00:00Z", format!("requested --request {FIRST}")),
        ("2026-02-01T09:00:00Z", format!("approved --request {FIRST} --by dpo")),
        ("2026-02-02T09:00:00Z", format!("requested --request {SECOND}")),
        ("2026-02-03T09:00:00Z", format!("requested --request {THIRD}")),
        ("2026-02-20T09:00:00Z", format!("extended --request {THIRD}")),
        ("2026-03-02T09:00:00Z", format!("class-removed --request {FIRST} --release {release}")),
        ("2026-03-02T09:01:00Z", format!("verified --request {FIRST} --release {release}")),
        ("2026-03-02T09:02:00Z", format!("released --request {FIRST} --release {release}")),
    ] {
        home.run(&format!("append r {event} --time {time}")).exits(0);
    }
    home
}

fn listed(home: &Home, arguments: &str) -> Vec<String> {
    let said = home.run(&format!("list r --json {arguments}")).exits(0).json();
    let requests = said["requests"].as_array().unwrap();
    requests.iter().map(|it| it["request"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_open_due_and_late() {
    let home = requests();
    let open = listed(&home, "--open --at 2026-03-02T10:00:00Z");
    assert_eq!(open, [SECOND, THIRD], "the most urgent first");
    assert_eq!(listed(&home, "--overdue --at 2026-03-02T23:59:59Z"), [""; 0]);
    assert_eq!(listed(&home, "--overdue --at 2026-03-03T00:00:00Z"), [SECOND]);
    assert_eq!(listed(&home, "--due 7d --at 2026-03-02T10:00:00Z"), [SECOND]);
    assert_eq!(listed(&home, "--due 90 --at 2026-03-02T10:00:00Z"), [SECOND, THIRD]);
    let said = home.run("list r --json --at 2026-03-02T10:00:00Z").exits(0).json();
    assert_eq!(
        said["requests"][0],
        json!({"request": FIRST, "state": "answered", "requested": "2026-01-31T09:00:00Z",
            "due": "2026-02-28T23:59:59Z", "extended": false, "extendedLate": false, "overdue": false,
            "saltDestroyed": false, "settled": "2026-03-02T09:02:00Z", "entries": [0, 1, 5, 6, 7]})
    );
    assert_eq!(said["requests"][2]["due"], "2026-05-03T23:59:59Z");
    home.run("list r --open --at 2026-06-01T00:00:00Z").exits(0).shows("OVERDUE");
}

#[test]
fn digits_are_enough_where_they_are_clear() {
    let home = requests();
    let numbers = |arguments: &str| -> Vec<Value> {
        let said = home.run(&format!("list r --json {arguments}")).exits(0).json();
        said["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].clone()).collect()
    };
    assert_eq!(numbers("--request 2000"), [3, 4]);
    home.run("list r --request 1000").exits(2).says("2 requests begin with `1000`");
    home.run("list r --request abcd").exits(2).says("no request begins with `abcd`");
    home.run("list r --request xyz").exits(2);
    home.run("append r approved --request 2000").exits(0);
    assert_eq!(numbers("--request 2000"), [3, 4, 8]);
    let artifact = home.entries()[7]["artifact"]["sha256"].as_str().unwrap().to_owned();
    assert_eq!(numbers(&format!("--artifact {}", &artifact[..6])), [5, 6, 7]);
    home.run(&format!("append r withdrawn --artifact {}", &artifact[..6])).exits(0);
    let label = home.entries()[5]["classes"][0]["label"].as_str().unwrap().to_owned();
    assert_eq!(numbers(&format!("--class {label}")), [5]);
    assert_eq!(numbers("--class 999"), [0; 0]);
    assert_eq!(numbers("--by dpo"), [1]);
    assert_eq!(numbers("--event extended"), [4]);
}

#[test]
fn a_part_of_it_is_proved_without_the_rest() {
    let home = requests();
    fs::write(home.path("part"), home.run("prove r 2-4").exits(0).stdout).unwrap();
    home.run("verify --proof part --vkey r.vkey").exits(0).shows("entries 2, 3, 4 of 8");
    let old = home.path("checkpoint.8");
    fs::copy(home.path("r/checkpoint"), &old).unwrap();
    home.run(&format!("append r requested --request {}", request(9))).exits(0);
    fs::write(home.path("own"), home.run("prove r --request 2000 --old checkpoint.8").exits(0).stdout)
        .unwrap();
    home.run("verify --proof own --vkey r.vkey").exits(0).shows("begins with the 8 of the older checkpoint");
    let proof: Value = serde_json::from_slice(&fs::read(home.path("own")).unwrap()).unwrap();
    assert_eq!(proof["entries"].as_array().unwrap().len(), 2);
    // Nothing of it can be changed.
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut proof = proof.clone();
        change(&mut proof);
        fs::write(home.path("changed"), proof.to_string()).unwrap();
        home.run("verify --proof changed --vkey r.vkey").exits(1);
    };
    refused(&|proof| proof["entries"].as_array_mut().unwrap().reverse());
    refused(&|proof| proof["entries"][0]["index"] = json!(4));
    refused(&|proof| {
        let entry = proof["entries"][0]["entry"].as_str().unwrap().replace("2026-02-03", "2026-02-01");
        proof["entries"][0]["entry"] = entry.into();
    });
    refused(&|proof| proof["entries"][0]["path"].as_array_mut().unwrap().clear());
    refused(&|proof| proof["since"]["path"].as_array_mut().unwrap().clear());
    refused(&|proof| proof["spy"] = json!(1));
    home.run("prove r 4-99").exits(2);
    home.run("prove r 9-4").exits(2);
}

#[test]
fn a_release_is_entered_with_what_came_before_it() {
    let home = Home::new();
    let release = crate::others::releases().join("first").display().to_string();
    fs::write(home.path("q.json"), "{}").unwrap();
    home.run("append r requested --record q.json").exits(0);
    home.run("append r approved --record q.json").exits(0);
    let private = format!("--record q.json --release {release} --with-earlier --label-private");
    let said = home.run(&format!("append r verified {private} --json")).exits(0).json();
    assert_eq!(
        (&said["earlier"][0]["event"], &said["entry"]["event"]),
        (&json!("class-removed"), &json!("verified"))
    );
    // What is private stays so, and what is entered already is not entered twice.
    assert!(said["earlier"][0]["classes"][0]["label"].is_null(), "{said:#}");
    assert!(said["earlier"][0]["classes"][0]["labelDigest"]["sha256"].is_string(), "{said:#}");
    // By a role, which is that of the last entry alone.
    home.run(&format!("append r released {private} --by operations")).exits(0);
    let events: Vec<Value> = home.entries().iter().map(|entry| entry["event"].clone()).collect();
    assert_eq!(events, ["requested", "approved", "class-removed", "verified", "released"]);
    home.run(&format!("append r approved {private}")).exits(2).says("--with-earlier does not go with");
    // Nobody enters as verified what nobody has verified, or signs it in the name of another.
    fs::write(home.path("q2.json"), "{}").unwrap();
    home.run("append r requested --record q2.json").exits(0);
    home.run("append r approved --record q2.json").exits(0);
    let all = format!(
        "append r released --record q2.json --release {release} --with-earlier --by operations --by-key ops.key"
    );
    home.run(&all).exits(2).says("--trust");
    assert_eq!(home.entries().len(), 7);
    let trust = crate::others::releases().join("trust.toml").display().to_string();
    home.run(&format!("{all} --trust {trust}")).exits(0);
    let by: Vec<bool> = home.entries()[7..].iter().map(|entry| entry.get("by").is_some()).collect();
    assert_eq!(by, [false, false, true]);
}
