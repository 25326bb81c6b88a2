//! Servers and repositories that want to do harm.

use expect_test::expect;
use serde_json::{Value, json};

use crate::{
    run::{Place, Ran},
    server::What,
};

/// What comes of a listing that the server makes up.
fn listed(entries: &Value) -> (Place, Ran) {
    let (place, _) = Place::with_resnet();
    place.hub.fault("/tree/", 9, What::Json(entries.to_string()));
    let ran = place.run(&["unlearn", "org/resnet", "--forget", "5", "--method", "seal", "-o", "out", "-q"]);
    (place, ran)
}

fn file(path: &str, oid: &str) -> Value {
    json!({"type": "file", "path": path, "size": 5, "oid": oid})
}

#[test]
fn names_and_digests_become_no_paths() {
    let good = "0".repeat(40);
    for path in ["../x.json", "/etc/x.json", "a/../../x.json", "a//x.json", "a\\x.json", "", "x\u{0}.json"] {
        let (place, ran) = listed(&json!([file(path, &good)]));
        ran.exits(2).says("cannot be used");
        assert!(place.cached().iter().all(|path| path.contains("/refs/")), "{:?}", place.cached());
    }
    for oid in ["../../../../x", "", "ABCDEF", &"0".repeat(39), &"g".repeat(40)] {
        listed(&json!([file("config.json", oid)])).1.exits(2).says("has no digest");
    }
    let large = json!({"type": "file", "path": "model.safetensors", "size": 5, "oid": good, "lfs": {"oid": "../x", "size": 5}});
    listed(&json!([large])).1.exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: file `model.safetensors` has no digest
    "#]]);
    let endless = json!({"type": "file", "path": "model.safetensors", "size": u64::MAX, "oid": good});
    listed(&json!([endless])).1.exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: file `model.safetensors` has 18446744073709551615 bytes, more than any model
    "#]]);
    let (place, _) = Place::with_resnet();
    place.hub.fault("/revision/", 9, What::Json(json!({"sha": "../../x"}).to_string()));
    place.run(&["inspect", "org/resnet"]).exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/revision/main` gave an answer that cannot be used: it names no commit
    "#]]);
    assert_eq!(place.cached(), [""; 0]);
}

#[test]
fn listings_that_are_none_or_endless() {
    listed(&json!({})).1.exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: it is not a list
    "#]]);
    listed(&json!([{"type": "link", "path": "x"}])).1.exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: an entry is neither a file nor a folder
    "#]]);
    let good = "0".repeat(40);
    listed(&json!([file("a.json", &good), file("a.json", &good)])).1.exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: it lists `a.json` twice
    "#]]);
    let many: Vec<Value> = (0..20_001).map(|i| file(&format!("{i}.json"), &good)).collect();
    listed(&many.into()).1.exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: it lists more than 20000 files
    "#]]);
    listed(&json!(["x".repeat(17 << 20)])).1.exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: it has more than 16777216 bytes
    "#]]);
}

#[test]
fn the_next_page_is_on_the_same_server() {
    let (place, _) = Place::with_resnet();
    let elsewhere = format!("<{}/api/x>; rel=\"next\"", place.hub.store());
    place.hub.fault("/tree/", 9, What::Answer(200, vec![("Link", elsewhere)]));
    place.run_known(&["inspect", "org/resnet"]).exits(2).told(expect![[r#"
        error: `http://[HOST]/api/models/org/resnet/tree/[OBJECT]?recursive=true` gave an answer that cannot be used: its next page is elsewhere, at `http://[HOST]/api/x`
    "#]]);
    assert_eq!(place.asked("/api/x"), 0);
}

#[test]
fn redirects_in_a_circle_end() {
    let (place, _) = Place::with_resnet();
    let own = format!("{}/api/models/org/resnet/revision/main", place.hub.endpoint());
    place.hub.fault("/revision/", 999, What::Redirect(own));
    place.run(&["inspect", "org/resnet"]).exits(2).told(expect![[r#"
        error: there is no path `org/resnet` here, so it was looked up on the Hub
          caused by: `http://[HOST]/api/models/org/resnet/revision/main`: the connection failed
          caused by: error following redirect
          caused by: too many redirects

        hint: if a path was meant, is it spelled right? If not, try again later: what was downloaded so far is kept
    "#]]);
}

#[test]
fn names_that_are_no_repositories_ask_nobody() {
    let (place, _) = Place::with_resnet();
    for name in
        ["org/resnet@../x", "../org/resnet", "org/resnet/x", "org/--resnet", "org/resnet@x y", "~/resnet"]
    {
        place.run(&["inspect", name]).exits(2);
    }
    assert_eq!(place.hub.state().log.len(), 0);
}
