//! Releases on a hub: every command that reads one takes its name.

use expect_test::expect;
use serde_json::Value;

use crate::run::{Place, fixture};

/// A place with the release `org/ours` of `org/resnet`, where only the hub knows either; gives both commits.
fn with_release() -> (Place, [String; 2]) {
    let (place, original) = Place::with_resnet();
    place.run(&["unlearn", "org/resnet", "--forget", "Sandal", "-o", "out", "-q"]).exits(0);
    let pushed = place.run_known(&["push", "out", "org/ours", "--unsigned", "--json"]).exits(0).json();
    std::fs::remove_dir_all(place.path("home")).unwrap();
    (place, [original, pushed["commit"].as_str().unwrap().to_owned()])
}

#[test]
fn log_and_export_fetch_the_claims_and_no_weights() {
    let (place, _) = with_release();
    place.hub.state().log.clear();
    let said = place.run(&["log", "org/ours", "--json"]).exits(0).json();
    assert_eq!(said["removals"][0]["forgotten"][0]["label"], "Sandal");
    let bill = place.run(&["export", "cyclonedx", "org/ours"]).exits(0).json();
    assert_eq!(bill["metadata"]["component"]["name"], "ours");
    place.run(&["export", "slsa", "org/ours", "-o", "slsa.json", "-q"]).exits(0);
    assert_eq!(place.asked("/resolve/"), 1, "one claim, once");
    assert_eq!(place.asked("model.safetensors") + place.asked("/large/"), 0);
    // Without the network there is the cache, and nothing that was made for one look is left in it.
    place.run(&["log", "org/ours", "--offline"]).exits(0).shows("5 `Sandal`");
    assert!(place.cached().iter().all(|path| !path.contains("/.new-")), "{:?}", place.cached());
    place.run(&["log", "org/resnet"]).exits(2).told(expect![[r#"
        error: `org/resnet`: it is not a release: it holds no claim of a class removal
    "#]]);
    place.run(&["export", "slsa", "org/nothing"]).exits(2).told(expect![[r#"
        error: there is no path `org/nothing` here, so it was looked up on the Hub
          caused by: `http://[HOST]/api/models/org/nothing/revision/main` answered 404: Repository not found

        hint: are name and revision spelled right?
    "#]]);
    place.run(&["log", "org/other", "--offline"]).exits(2).told(expect![[r#"
        error: `org/other` is not in the cache `[FOLDER]/home/hub`, and nothing may be downloaded

        hint: leave out --offline (and HF_HUB_OFFLINE) once to download it
    "#]]);
}

#[test]
fn a_release_is_reproduced_from_its_name_and_that_of_its_original() {
    let (place, [original, release]) = with_release();
    let [original, release] = [format!("org/resnet@{original}"), format!("org/ours@{release}")];
    // What the names mean by now is something else.
    place.hub.state().add_folder("org/resnet", &fixture("models/fmnist-vit"));
    let arguments = ["reproduce", &release, "--original", &original, "--json"];
    let said = place.run(&arguments).exits(0).json();
    assert_eq!((&said["same"], &said["tensors"]), (&true.into(), &Value::Array(Vec::new())));
    assert!(said["command"].as_str().unwrap().starts_with(&format!("declass unlearn {original} ")), "{said}");
    let offline = [&arguments[..], &["--offline"]].concat();
    assert_eq!(place.run(&offline).exits(0).json(), said);
    place.run(&["reproduce", &release, "--original", "org/resnet", "-q"]).exits(1);
}

#[test]
fn a_release_is_measured_by_its_name_and_that_of_its_original() {
    let (place, [original, release]) = with_release();
    let data = fixture("data/fmnist-resnet.safetensors");
    let data = ["--eval-embeddings", data.to_str().unwrap(), "--json"];
    let named = [&["evaluate", "org/ours", "--original", "org/resnet"], &data[..]].concat();
    let said = place.run(&named).exits(0).json();
    assert_eq!(said["release"]["path"], format!("pkg:huggingface/org/ours@{release}"));
    assert_eq!(said["original"]["path"], format!("pkg:huggingface/org/resnet@{original}"));
    let mut local = place.run(&[&["evaluate", "out", "--original", "org/resnet"], &data[..]].concat()).json();
    assert_eq!(local["release"]["path"], "out");
    local["release"]["path"] = said["release"]["path"].clone();
    assert_eq!(said, local);
}

#[test]
fn a_release_is_signed_here_and_not_there() {
    let (place, _) = with_release();
    let said = place.run(&["sign", "org/ours", "--key", "none.key"]).exits(2);
    said.told(expect![[r#"
        error: `org/ours`: there is no such folder, and a release is signed in its folder, not on a hub

        hint: sign the folder that `declass unlearn` wrote, then `declass push` it
    "#]]);
    assert_eq!(place.asked("org/ours/resolve"), 0);
}
