//! The server judged honest by another client, `huggingface_hub`; and what this tool sends, read by that
//! client.

use serde_json::{Value, json};

use crate::{
    run::{Place, fixture, resnet},
    venv::judge,
};

fn ask(place: &Place, verb: &str, repo: &str, more: &[&str]) -> Value {
    judge("hub.py", &[&[verb, &place.hub.endpoint(), repo], more].concat())
}

#[test]
fn another_client_downloads_what_is_there() {
    let (place, first) = Place::with_resnet();
    let second = place.hub.state().add_folder("org/resnet", &fixture("models/fmnist-vit"));
    for (revision, commit, folder) in
        [("main", &second, fixture("models/fmnist-vit")), (first.as_str(), &first, resnet())]
    {
        let found = ask(&place, "download", "org/resnet", &[revision]);
        assert_eq!(found["commit"], commit.as_str());
        let mut files = found["files"].clone();
        assert!(files.as_object_mut().unwrap().remove(".gitattributes").is_some());
        assert_eq!(files, digests(&folder));
    }
    let listing = ask(&place, "listing", "org/resnet", &[]);
    assert_eq!(listing["files"].as_object().unwrap().len(), 4, "over several pages");
}

#[test]
fn another_client_uploads_and_this_tool_unlearns_it() {
    let place = Place::new();
    let model = resnet();
    let made = ask(&place, "upload", "org/theirs", &[model.to_str().unwrap(), "direct"]);
    let arguments = ["unlearn", "org/theirs", "--forget", "5", "--method", "seal", "-o", "out", "-q"];
    place.run_known(&arguments).exits(0);
    let claim = std::fs::read(place.path("out/class-removal.statement.json")).unwrap();
    let claim: Value = serde_json::from_slice(&claim).unwrap();
    let input = &claim["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(input["uri"], format!("pkg:huggingface/org/theirs@{}", made["commit"].as_str().unwrap()));
    let pull = ask(&place, "upload", "org/theirs", &[model.to_str().unwrap(), "pr"]);
    assert!(pull["pullRequest"].as_str().unwrap().ends_with("/discussions/1"), "{pull}");
}

#[test]
fn another_client_reads_what_was_pushed() {
    let (place, _) = Place::with_resnet();
    place
        .run(&["unlearn", "org/resnet", "--forget", "Sandal", "--method", "seal", "-o", "out", "-q"])
        .exits(0);
    let pushed =
        place.run_known(&["push", "out", "org/ours", "--private", "--unsigned", "--json"]).exits(0).json();
    let found = ask(&place, "download", "org/ours", &[]);
    assert_eq!(found["commit"], pushed["commit"]);
    // The repository has its own.
    let [mut theirs, mut ours] = [found["files"].clone(), digests(&place.path("out"))];
    for files in [&mut theirs, &mut ours] {
        assert!(files.as_object_mut().unwrap().remove(".gitattributes").is_some());
    }
    assert_eq!(theirs, ours);
    let listing = ask(&place, "listing", "org/ours", &[]);
    assert_eq!(listing["private"], true);
    let card = ask(&place, "card", "org/ours", &[]);
    assert_eq!(card["class_removal"]["forgotten"], json!([{"index": 5, "label": "Sandal"}]));
    assert!(card["tags"].as_array().unwrap().contains(&"machine-unlearning".into()));
    // And into a cache of its own, from which this tool takes it again.
    let verified =
        place.run_known(&["verify", "org/ours", "--original", "org/resnet", "--json"]).exits(0).json();
    assert_eq!(verified["repository"]["outcome"], "passed");
}

/// The digests of a flat folder's files.
fn digests(folder: &std::path::Path) -> Value {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let digest = |path: &std::path::Path| {
        declass::formats::Sha256Digest::of(&std::fs::read(path).unwrap()).to_string()
    };
    let map: serde_json::Map<String, Value> =
        entries.map(|e| (e.file_name().into_string().unwrap(), digest(&e.path()).into())).collect();
    map.into()
}
