//! Who an event is by: roles, signatures of their own, countersignatures, and duties that two people have to do.

use std::fs;

use serde_json::{Value, json};

use crate::home::Home;

/// A trust file that names the keys of actors, with rules; the release key is of no matter here.
fn trust(home: &Home, actors: &[(&str, &str, &str)], rules: &str) {
    let of_release = fs::read_to_string(crate::others::releases().join("trust.toml")).unwrap();
    let key = of_release.split("[[tsa]]").next().unwrap().replace("key.pub.pem", "release.pem");
    fs::copy(crate::others::releases().join("key.pub.pem"), home.path("release.pem")).unwrap();
    let named = actors.iter().map(|(vkey, event, who)| {
        let vkey = fs::read_to_string(home.path(vkey)).unwrap();
        format!("[[actor]]\nvkey = \"{}\"\nidentity = \"{who}\"\nevents = [\"{event}\"]\n", vkey.trim())
    });
    let text = format!("{key}{}[register]\n{rules}\n", named.collect::<String>());
    fs::write(home.path("trust.toml"), text).unwrap();
}

fn outcome<'a>(said: &'a Value, id: &str) -> &'a Value {
    let checks = said["checks"].as_array().unwrap();
    &checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id} in {said:#}"))["outcome"]
}

fn verify(home: &Home, code: i32) -> Value {
    home.run("verify r --trust trust.toml --json").exits(code).json()
}

#[test]
fn duties_are_separate_if_two_people_signed_them() {
    let home = Home::new();
    fs::write(home.path("q.json"), "{}").unwrap();
    home.run("append r requested --record q.json --by support").exits(0);
    home.run("append r approved --record q.json --by dpo --by-key dpo.key --own-record q.json").exits(0);
    let release = crate::others::releases().join("first").display().to_string();
    home.run(&format!("append r class-removed --record q.json --release {release} --by ml --by-key ml.key"))
        .exits(0);
    let entries = home.entries();
    assert_eq!(entries[0]["by"], json!({"role": "support"}));
    assert!(entries[1]["by"]["signature"].is_string() && entries[1]["record"]["sha256"].is_string());
    assert!(entries[2]["signature"]["sha256"].is_string(), "the signature over all files");
    let rules = "signed = [\"approved\"]\nseparate = [[\"approved\", \"class-removed\"]]";
    let (dpo, ml) = (("dpo.vkey", "approved", "Ada"), ("ml.vkey", "class-removed", "Ben"));
    trust(&home, &[dpo, ml], rules);
    let said = verify(&home, 0);
    assert_eq!(
        (outcome(&said, "rules"), outcome(&said, "own-signatures")),
        (&json!("passed"), &json!("passed"))
    );
    // Nobody whom the trust file lets remove: any two keys are not two people.
    let rule = "separate = [[\"approved\", \"class-removed\"]]";
    let stranger = ("r.vkey", "class-removed", "Ben");
    trust(&home, &[("dpo.vkey", "approved", "Ada"), stranger], rule);
    let said = verify(&home, 1);
    assert!(said["findings"][0]["message"].as_str().unwrap().contains("by an actor who may"), "{said:#}");
    // Two keys of one person.
    let chief = ("r.vkey", "approved", "Cem");
    trust(&home, &[("dpo.vkey", "approved", "Ada"), ("ml.vkey", "class-removed", "Ada"), chief], rule);
    let said = verify(&home, 1);
    assert!(said["findings"][0]["message"].as_str().unwrap().contains("the same person"), "{said:#}");
    // The same key did both.
    fs::write(home.path("q2.json"), "{}").unwrap();
    home.run("append r requested --record q2.json").exits(0);
    home.run("append r approved --record q2.json --by ml --by-key ml.key").exits(0);
    home.run(&format!("append r class-removed --record q2.json --release {release} --by ml --by-key ml.key"))
        .exits(0);
    let both = ("ml.vkey", "approved\", \"class-removed", "Ben");
    trust(&home, &[dpo, both], rules);
    let said = verify(&home, 1);
    assert!(said["findings"][0]["message"].as_str().unwrap().contains("the same person"), "{said:#}");
    // What could never be there is not asked for.
    for (rules, why) in [
        ("signed = [\"countersigned\"]", "a signature itself"),
        ("signed = [\"released\"]", "no `[[actor]]` may sign"),
        ("separate = [[\"approved\", \"approved\"]]", "are one event"),
        ("separate = [[\"approved\", \"key-rotated\"]]", "of no request"),
        ("separate = [[\"approved\", \"released\"]]", "no two"),
    ] {
        trust(&home, &[dpo, ml], rules);
        home.run("verify r --trust trust.toml").exits(2).says(why);
    }
    // What is asked for has to be an event.
    trust(&home, &[], "signed = [\"aproved\"]");
    home.run("verify r --trust trust.toml").exits(2).says("`aproved` is no event");
}

#[test]
fn somebody_elsewhere_countersigns_an_entry_and_no_other() {
    let home = Home::new().with_requests(3);
    fs::write(home.path("proof.json"), home.run("prove r 1").exits(0).stdout).unwrap();
    let countersign = "countersign proof.json --vkey r.vkey --by dpo --key dpo.key -o signed.json";
    home.run(countersign).exits(0).shows("entry 1");
    let signed = fs::read_to_string(home.path("signed.json")).unwrap();
    let refused = |changed: String| {
        fs::write(home.path("changed.json"), changed).unwrap();
        let before = fs::read(home.path("r/checkpoint")).unwrap();
        home.run("append r countersigned --signed changed.json").exits(1);
        assert_eq!(fs::read(home.path("r/checkpoint")).unwrap(), before);
    };
    refused(signed.replace("\"index\":1", "\"index\":2"));
    refused(signed.replace("\"dpo\"", "\"ceo\""));
    refused(signed.replace("{\"by\"", "{ \"by\""));
    refused(signed.replace("countersigned", "approved"));
    home.run("append r countersigned --signed signed.json").exits(0);
    home.run("append r countersigned --entry 0 --by dpo --by-key dpo.key").exits(0);
    home.run("append r countersigned --entry 9 --by dpo --by-key dpo.key").exits(2);
    home.run("append r countersigned --by dpo --by-key dpo.key").exits(2);
    let entries = home.entries();
    assert_eq!((&entries[3]["entry"]["index"], &entries[4]["entry"]["index"]), (&json!(1), &json!(0)));
    home.run("verify r").exits(0).shows("own-signatures");
    // Listed with the request whose entry they are about.
    let of_request = format!("list r --request {} --json", crate::home::request(1));
    let said = home.run(&of_request).exits(0).json();
    let numbers: Vec<&Value> = said["entries"].as_array().unwrap().iter().map(|it| &it["seq"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(3)]);
    // Of another register with the same entries it is worth nothing.
    let other = Home::new();
    fs::remove_dir_all(other.path("r")).unwrap();
    fs::remove_file(other.path("r.vkey")).unwrap();
    other.run("init r --origin example.org/others").exits(0);
    let other = other.with_requests(3);
    fs::copy(home.path("signed.json"), other.path("signed.json")).unwrap();
    other.run("append r countersigned --signed signed.json").exits(1);
}

#[test]
fn a_record_that_grows_stays_with_its_request() {
    let home = Home::new();
    fs::write(home.path("q.json"), "{}").unwrap();
    home.run("append r requested --record q.json").exits(0);
    let request = home.entries()[0]["request"]["sha256"].as_str().unwrap().to_owned();
    fs::write(home.path("q.json"), "{\"approved_by\": \"J. Doe\"}").unwrap();
    home.run("append r approved --record q.json").exits(1).says("enter `amended`");
    home.run("append r amended --record q.json").exits(2);
    home.run(&format!("append r amended --record q.json --request {}", &request[..8])).exits(0);
    home.run("append r approved --record q.json").exits(0);
    home.run("append r extended --record q.json").exits(0);
    let entries = home.entries();
    assert!(entries.iter().all(|entry| entry["request"]["sha256"] == *request), "{entries:#?}");
    home.run("verify r --record q.json").exits(0).shows("0, 1, 2, 3");
    let requests = home.run("list r --json").exits(0).json()["requests"].clone();
    assert_eq!(
        (requests[0]["extended"].clone(), requests[0]["state"].clone()),
        (json!(true), json!("approved"))
    );
    // The salt is needed until the end.
    home.run("append r salt-destroyed --record q.json").exits(1);
    assert!(home.path("q.json.salt").exists());
    home.run("append r request-voided --record q.json").exits(0);
    // A link would be destroyed alone.
    fs::rename(home.path("q.json.salt"), home.path("salt")).unwrap();
    std::os::unix::fs::symlink("salt", home.path("q.json.salt")).unwrap();
    let before = home.entries().len();
    home.run("append r salt-destroyed --record q.json").exits(2);
    assert_eq!(home.entries().len(), before);
    fs::remove_file(home.path("q.json.salt")).unwrap();
    fs::copy(home.path("salt"), home.path("q.json.salt")).unwrap();
    home.run("append r salt-destroyed --record q.json").exits(0);
    assert!(!home.path("q.json.salt").exists());
    // As if something had come between entering and destroying it: once more destroys it, and enters nothing.
    fs::rename(home.path("salt"), home.path("q.json.salt")).unwrap();
    home.run("append r salt-destroyed --record q.json").exits(0);
    assert!(!home.path("q.json.salt").exists());
    assert_eq!(home.entries().len(), before + 1);
    home.run("verify r").exits(0);
    assert_eq!(home.run("list r --json").json()["requests"][0]["saltDestroyed"], true);
}

#[test]
fn what_says_nothing_new_is_written_as_ever() {
    let home = Home::new().with_requests(1);
    fs::write(home.path("q.json"), "{}").unwrap();
    home.run("append r requested --record q.json --by support").exits(0);
    home.run("append r requested --by J.Doe --record q.json").exits(2).says("is not a role");
    let versions: Vec<Value> = home.entries().iter().map(|entry| entry["v"].clone()).collect();
    assert_eq!(versions, [1, 2]);
}
