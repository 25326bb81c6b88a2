//! The life of a request, with a real release.

use expect_test::expect;
use std::{fs, path::Path};

use declass::{
    progress::Silent,
    release::sign_release,
    sign::{Bundle, ReleaseKey},
};
use serde_json::{Value, json};

use crate::home::{Home, declass, request};

/// A release of a small model, made by the closed form.
fn release(home: &Home, name: &str, class: &str) {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/fmnist-resnet");
    let mut command = declass();
    command.arg("unlearn").arg(model).args(["-q", "--method", "seal", "--forget", class, "-o"]);
    assert!(command.arg(home.path(name)).status().unwrap().success());
}

fn statement(home: &Home, release: &str) -> Value {
    let path = home.path(release).join("class-removal.statement.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_request_is_entered_from_its_beginning_to_its_end() {
    let home = Home::new();
    release(&home, "out", "Sandal");
    release(&home, "better", "Sneaker");
    fs::write(home.path("q.json"), "{}").unwrap();
    for event in [
        "requested --record q.json",
        "approved --record q.json",
        "class-removed --record q.json --release out",
        "verified --release out",
        "released --release out",
        "class-removed --record q.json --release better --label-private",
        "superseded --release out --successor better",
    ] {
        home.run(&format!("append r {event}")).exits(0);
    }
    let out = statement(&home, "out")["subject"][0]["digest"]["sha256"].clone();
    home.run(&format!("append r withdrawn --artifact {}", out.as_str().unwrap())).exits(0);
    home.run("append r request-voided --record q.json").exits(1).told(expect![[r#"
        error: `r`: request `[SHORT]` was fulfilled: its artifact is released

        hint: enter `withdrawn` or `superseded` of the artifact
    "#]]);
    // The page of a release has the entries about it and about the request that it answers.
    let mut page = declass();
    page.args(["report"])
        .arg(home.path("out"))
        .arg("--register")
        .arg(home.path("r"))
        .arg("--vkey")
        .arg(home.path("r.vkey"))
        .arg("-o")
        .arg(home.path("p.html"));
    crate::home::finish(&mut page).exits(0);
    let page = fs::read_to_string(home.path("p.html")).unwrap();
    for event in ["requested", "approved", "class-removed", "verified", "released", "superseded", "withdrawn"]
    {
        assert!(page.contains(&format!("<td>{event}</td>")), "{event} is not in {page}");
    }
    assert!(page.contains("(label private)"), "{page}");
    let entries = home.entries();
    let of_out = [2, 3, 4, 6, 7];
    assert!(of_out.iter().all(|i| entries[*i]["artifact"]["sha256"] == out));
    assert!(entries.iter().all(|entry| entry["request"] == entries[0]["request"]), "{entries:#?}");
    assert_eq!(entries[2]["classes"], json!([{"index": 5, "label": "Sandal"}]));
    assert_eq!(entries[5]["classes"][0]["index"], 7);
    assert!(entries[5]["classes"][0].get("label").is_none());
    assert_eq!(entries[5]["artifact"], entries[6]["successor"]);
    assert!(!fs::read_to_string(home.path("r/entries.jsonl")).unwrap().contains("Sneaker"));
    home.run("list r").exits(0).shows("classes 5 `Sandal`").shows("7 (label private)");
    home.run("verify r --record q.json").exits(0).shows("of which were released: 1");
}

#[test]
fn with_a_trust_file_the_gate_is_asked_first() {
    let home = Home::new().with_requests(1);
    release(&home, "out", "Sandal");
    let by = format!("--request {}", request(0));
    home.run(&format!("append r approved {by}")).exits(0);
    home.run(&format!("append r class-removed --release out {by}")).exits(0);
    let key = ReleaseKey::generate().unwrap();
    fs::write(home.path("key.pub.pem"), key.public().to_pem()).unwrap();
    let trust = format!(
        "version = 1\n[[key]]\nid = {:?}\npem = \"key.pub.pem\"\nidentity = \"a@b\"\nroles = [\"oms\", \"claim\"]\n",
        key.public().fingerprint()
    );
    fs::write(home.path("t.toml"), trust).unwrap();
    fs::write(home.path("p.toml"), "version = 1\nforgotten = [\"Coat\"]\n").unwrap();

    let said = home
        .run("append r verified --release out --trust t.toml --json")
        .exits(1)
        .told(expect![[r#"
            warning: DC2001 model.sig: file not found: the release is not signed so
            warning: DC2001 class-removal.statement.json: the claim is UNSIGNED
            warning: `verified` is not entered: the gate does not say yes of `out`
        "#]])
        .json();
    assert_eq!((&said["entry"], &said["findings"][0]["code"]), (&Value::Null, &json!("DC2001")));
    assert_eq!(home.entries().len(), 3, "nothing was entered");

    // Signed, it is another artifact in no way that the register knows: the files of the claim are the same.
    sign_release(&home.path("out"), &key, &Silent).unwrap();
    home.run("append r verified --release out --trust t.toml --policy p.toml").exits(1).told(expect![[r#"
        warning: DC2009 class `Coat` must be gone and is not
        warning: `verified` is not entered: the gate does not say yes of `out`
    "#]]);
    home.run("append r verified --release out --trust t.toml").exits(0);
    home.run("append r released --release out --trust t.toml").exits(0);
}

#[test]
fn events_out_of_order_are_refused_with_what_comes_first() {
    let home = Home::new().with_requests(2);
    release(&home, "out", "Sandal");
    let by = |i| format!("--request {}", request(i));
    for (event, said) in [
        (format!("approved {}", by(5)), "enter `requested` first"),
        (format!("class-removed --release out {}", by(0)), "enter `approved` first"),
        ("verified --release out".to_owned(), "enter `class-removed` first"),
        ("released --release out".to_owned(), "enter `class-removed` first"),
    ] {
        home.run(&format!("append r {event}")).exits(1).says(said);
    }
    for event in [format!("approved {}", by(0)), format!("class-removed --release out {}", by(0))] {
        home.run(&format!("append r {event}")).exits(0);
    }
    home.run("append r released --release out").exits(1).told(expect![[r#"
        error: `r`: artifact `[SHORT]` is not verified

        hint: enter `verified` first
    "#]]);
    home.run("append r withdrawn --release out").exits(1).told(expect![[r#"
        error: `r`: artifact `[SHORT]` is not released

        hint: enter `released` first
    "#]]);
    home.run(&format!("append r request-voided {}", by(0))).exits(0);
    home.run("append r verified --release out").exits(1).told(expect![[r#"
        error: `r`: request `[SHORT]` is voided

        hint: enter a new request with a record of its own
    "#]]);
    home.run(&format!("append r requested {}", by(0))).exits(1).told(expect![[r#"
        error: `r`: request `[SHORT]` is already entered

        hint: `declass register list` shows it
    "#]]);
    assert_eq!(home.entries().len(), 5);
}

#[test]
fn a_release_is_taken_as_its_claim_says_or_not_at_all() {
    let home = Home::new();
    release(&home, "out", "Sandal");
    let file = home.path("out/class-removal.statement.json");
    let (good, config) = (fs::read(&file).unwrap(), fs::read(home.path("out/config.json")).unwrap());
    let append = || home.run("append r class-removed --release out");
    fs::write(home.path("out/config.json"), "{}").unwrap();
    append().exits(1).told(expect![[r#"
        error: `out/config.json`: it is not the file that the claim names

        hint: `declass verify` says more
    "#]]);
    fs::write(home.path("out/config.json"), config).unwrap();
    for (pointer, value, code, said) in [
        ("/subject/0/digest/sha256", json!(request(1)), 1, "is not that of its files"),
        ("/subject/1/digest/sha256", json!("x"), 2, "is not one"),
        ("/subject/1/name", json!("../out/config.json"), 2, "leaves its folder"),
        ("/subject", json!([]), 2, "names no files"),
        ("/predicate/removal/forgotten", json!([{"index": 7}, {"index": 5}]), 1, "not in order"),
        ("/predicate/removal/forgotten", json!("all"), 2, "expected a sequence"),
    ] {
        let mut claim: Value = serde_json::from_slice(&good).unwrap();
        *claim.pointer_mut(pointer).unwrap() = value;
        fs::write(&file, claim.to_string()).unwrap();
        append().exits(code).says(said);
    }
    fs::remove_file(&file).unwrap();
    append().exits(2).told(expect![[r#"
        error: `out`: there is no claim

        hint: name a folder that `declass unlearn` wrote
    "#]]);
    // A signed claim is taken from its envelope.
    let bundle = Bundle::sign(good, &ReleaseKey::generate().unwrap()).to_bytes();
    fs::write(home.path("out/class-removal.sigstore.json"), &bundle).unwrap();
    append().exits(0).shows("classes 5 `Sandal`");
    let digest = declass::formats::Sha256Digest::of(&bundle).to_string();
    assert_eq!(home.entries()[0]["manifest"]["sha256"], digest);
}
