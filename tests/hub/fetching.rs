//! What is downloaded, what is kept of it, and what a claim says of where it came from.

use expect_test::expect;
use std::{fs, path::Path};

use serde_json::Value;

use crate::run::{Place, finish, fixture, read, resnet};

const SEAL: [&str; 7] = ["--forget", "Sandal", "--method", "seal", "-o", "out", "-q"];

fn claim(out: &Path) -> Value {
    serde_json::from_slice(&read(&out.join("class-removal.statement.json"))).unwrap()
}

#[test]
fn a_repository_is_unlearnt_as_its_folder_is_and_the_claim_names_the_commit() {
    let (place, commit) = Place::with_resnet();
    place.run(&[&["unlearn", "org/resnet"], &SEAL[..]].concat()).exits(0);
    let model = resnet();
    place
        .run(&["unlearn", model.to_str().unwrap(), "--forget", "5", "--method", "seal", "-o", "local", "-q"])
        .exits(0);
    let (fetched, local) = (place.path("out"), place.path("local"));
    for file in ["model.safetensors", "config.json", "preprocessor_config.json"] {
        assert_eq!(read(&fetched.join(file)), read(&local.join(file)), "{file}");
    }
    let mut said = claim(&fetched);
    let input = &mut said["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    let uri = input.as_object_mut().unwrap().remove("uri");
    assert_eq!(uri, Some(format!("pkg:huggingface/org/resnet@{commit}").into()));
    assert_eq!(said, claim(&local), "nothing else of the claim is another");
    let verified = place.run(&["verify", "out", "--original", "org/resnet", "--json"]).exits(0).json();
    let recorded = verified["checks"].as_array().unwrap().iter().find(|check| check["id"] == "claimed-run");
    assert!(recorded.unwrap()["summary"].as_str().unwrap().contains("repository"), "{recorded:?}");
    // Without the network there is the cache.
    place.run(&["verify", "out", "--original", model.to_str().unwrap(), "-q"]).exits(0);
    place.run(&["verify", "out", "--original", "org/resnet", "--offline", "-q"]).exits(0);
}

#[test]
fn a_claim_that_names_a_strange_origin_is_none() {
    let (place, _) = Place::with_resnet();
    place.run(&[&["unlearn", "org/resnet"], &SEAL[..]].concat()).exits(0);
    let path = place.path("out/class-removal.statement.json");
    let text = String::from_utf8(read(&path)).unwrap().replace("pkg:huggingface/org", "pkg:huggingface/..");
    fs::write(&path, text).unwrap();
    place.run(&["verify", "out", "--original", "org/resnet"]).exits(2).told(expect![[r#"
        error: claim `out/class-removal.statement.json`: its input comes from `pkg:huggingface/../resnet@[OBJECT]`, which is not a repository at a commit

        hint: name a folder that `declass unlearn` wrote, of this version or an older one
    "#]]);
}

#[test]
fn only_what_is_needed_comes_and_only_once() {
    let (place, _) = Place::with_resnet();
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("pytorch_model.bin", b"pickle".to_vec()),
        ("modeling.py", b"import os".to_vec()),
        ("model.onnx", b"other".to_vec()),
        ("README.md", b"# A card".to_vec()),
        ("assets/cat.png", b"png".to_vec()),
    ];
    for name in ["config.json", "model.safetensors", "preprocessor_config.json"] {
        files.push((name, read(&resnet().join(name))));
    }
    place.hub.state().add("org/full", &files);
    place.run(&["unlearn", "org/full", "--forget", "5", "--method", "seal", "-o", "out"]).exits(0).told(
        expect![[r#"
            warning: `modeling.py` of the repository is left out: it was not fetched
            warning: `pytorch_model.bin` of the repository is left out: it was not fetched
            warning: `model.onnx` is left out: `[FOLDER]/home/hub/models--org--full/declass/[OBJECT]/others/full/model.onnx`: malformed ONNX at byte 0: an unknown wire type
        "#]],
    );
    for name in ["pytorch_model.bin", "modeling.py"] {
        assert_eq!(place.asked(name), 0, "{name}");
    }
    assert!(place.path("out/assets/cat.png").is_file());
    let before = place.hub.state().log.len();
    place.run(&["unlearn", "org/full", "--forget", "5", "--method", "seal", "-o", "again", "-q"]).exits(0);
    assert_eq!(place.hub.state().log.len() - before, 1, "only the revision was asked for");
    // Other programs find what came where they look for it.
    let cached = place.cached();
    assert!(cached.iter().any(|path| path.contains("snapshots") && path.ends_with("model.safetensors")));
    assert!(!cached.iter().any(|path| path.ends_with(".incomplete") || path.contains(".new-")), "{cached:?}");
}

#[test]
fn files_that_are_the_same_model_once_more_come_with_it() {
    let place = Place::new();
    let model = fixture("models/fmnist-vit");
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("onnx/model.onnx", read(&fixture("models/fmnist-vit.onnx"))),
        ("onnx/broken.onnx", b"x".to_vec()),
    ];
    for name in ["config.json", "model.safetensors", "preprocessor_config.json"] {
        files.push((name, read(&model.join(name))));
    }
    place.hub.state().add("org/both", &files);
    let said = place.run(&["unlearn", "org/both", "--forget", "5", "--method", "seal", "-o", "out"]).exits(0);
    said.shows("also in         onnx/model.onnx").says("`onnx/broken.onnx` is left out");
    place.run(&["verify", "out", "--original", "org/both"]).exits(0).shows("same head");
    // Where one file was asked for, no other comes.
    let alone = place.asked("onnx/");
    place
        .run(&["unlearn", "org/both", "--forget", "5", "--method", "seal", "-o", "one", "--one-file", "-q"])
        .exits(0);
    place.run(&["inspect", "org/both"]).exits(0);
    assert_eq!(place.asked("onnx/"), alone);
    assert!(!place.path("one/onnx").exists());
}

#[test]
fn an_existing_path_goes_before_a_repository() {
    let (place, _) = Place::with_resnet();
    fs::create_dir_all(place.path("org/resnet")).unwrap();
    place.run(&["inspect", "org/resnet"]).exits(2).told(expect![[r#"
        error: `org/resnet`: there is no model here: neither a `*.safetensors` nor an `*.onnx` file

        hint: name a folder with safetensors weights, a `.safetensors` file or an `.onnx` file
    "#]]);
    assert_eq!(place.hub.state().log.len(), 0);
}

#[test]
fn offline_is_said_by_the_option_or_the_environment() {
    let (place, commit) = Place::with_resnet();
    place.run(&["inspect", "org/resnet", "--offline"]).exits(2).told(expect![[r#"
        error: `org/resnet` is not in the cache `[FOLDER]/home/hub`, and nothing may be downloaded

        hint: leave out --offline (and HF_HUB_OFFLINE) once to download it
    "#]]);
    finish(place.declass(&["inspect", "org/resnet"]).env("HF_HUB_OFFLINE", "1")).exits(2).told(expect![[
        r#"
        error: `org/resnet` is not in the cache `[FOLDER]/home/hub`, and nothing may be downloaded

        hint: leave out --offline (and HF_HUB_OFFLINE) once to download it
    "#
    ]]);
    assert_eq!(place.hub.state().log.len(), 0);
    place
        .run(&[
            "unlearn",
            &format!("org/resnet@{commit}"),
            "--forget",
            "5",
            "--method",
            "seal",
            "-o",
            "out",
            "-q",
        ])
        .exits(0);
    place.run(&["inspect", &format!("org/resnet@{commit}"), "--offline", "-q"]).exits(0);
}

#[test]
fn revisions_are_what_they_were_asked_for() {
    let (place, first) = Place::with_resnet();
    place.hub.state().add_folder("org/resnet", &fixture("models/fmnist-vit"));
    let width = |name: &str| place.run(&["inspect", name, "--json"]).exits(0).json()["head"]["name"].clone();
    assert_eq!(width(&format!("org/resnet@{first}")), "classifier.1");
    assert_eq!(width("org/resnet"), "classifier");
    place.run(&["inspect", "org/resnet@nothing"]).exits(2).told(expect![[r#"
        error: there is no path `org/resnet@nothing` here, so it was looked up on the Hub
          caused by: `http://[HOST]/api/models/org/resnet/revision/nothing` answered 404: Invalid rev id

        hint: are name and revision spelled right?
    "#]]);
}

#[test]
fn shards_and_external_data_are_found_by_what_names_them() {
    let place = Place::new();
    let model = resnet();
    let index = serde_json::json!({"metadata": {}, "weight_map": weight_map(&read(&model.join("model.safetensors")))});
    let files = [
        ("config.json", read(&model.join("config.json"))),
        ("model.safetensors.index.json", index.to_string().into_bytes()),
        ("model-00001-of-00001.safetensors", read(&model.join("model.safetensors"))),
        ("model-00002-of-00001.safetensors", b"of another model".to_vec()),
    ];
    place.hub.state().add("org/shards", &files);
    place.run(&["unlearn", "org/shards", "--forget", "5", "--method", "seal", "-o", "out", "-q"]).exits(0);
    assert!(place.path("out/model-00001-of-00001.safetensors").is_file());
    assert!(!place.path("out/model-00002-of-00001.safetensors").exists());
}

fn weight_map(file: &[u8]) -> Value {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let names = header.as_object().unwrap().keys().filter(|name| *name != "__metadata__");
    names
        .map(|name| (name.clone(), Value::from("model-00001-of-00001.safetensors")))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn an_onnx_file_in_a_folder_comes_with_what_describes_it() {
    let (place, _) = Place::with_resnet();
    let onnx = read(&fixture("models/fmnist-resnet.onnx"));
    let files = [
        ("config.json", read(&resnet().join("config.json"))),
        ("model.safetensors", read(&resnet().join("model.safetensors"))),
        ("onnx/model.onnx", onnx.clone()),
        ("onnx/model_fp16.onnx", onnx),
    ];
    place.hub.state().add("org/both", &files);
    let said = place.run(&["inspect", "org/both", "--json"]).exits(0).json();
    assert_eq!(said["format"], "safetensors");
    let said = place.run(&["inspect", "org/both", "--file", "onnx/model.onnx", "--json"]).exits(0).json();
    assert_eq!(
        (&said["format"], &said["files"]),
        (&"ONNX".into(), &serde_json::json!(["config.json", "model.onnx"]))
    );
    place.hub.state().add("org/several", &files[2..]);
    place.run(&["inspect", "org/several"]).exits(2).told(expect![[r#"
        error: `org/several`: several files could be the model

        hint: name one with --file: `onnx/model.onnx`, `onnx/model_fp16.onnx`
    "#]]);
    place.run(&["inspect", "org/several", "--file", "../x"]).exits(2).told(expect![[r#"
        error: invalid value '../x' for '--file <PATH>': the path `../x` leaves its folder

        For more information, try '--help'.
    "#]]);
    place.run(&["inspect", "org/several", "--file", "x.onnx"]).exits(2).told(expect![[r#"
        error: `org/several`: it has no file `x.onnx`

        hint: name one with --file: `onnx/model.onnx`, `onnx/model_fp16.onnx`
    "#]]);
}

#[test]
fn the_token_goes_to_the_hub_and_to_nobody_else() {
    let (place, _) = Place::with_resnet();
    place.hub.state().repos.get_mut("org/resnet").unwrap().private = true;
    place.run(&["inspect", "org/resnet"]).exits(2).told(expect![[r#"
        error: there is no path `org/resnet` here, so it was looked up on the Hub
          caused by: `http://[HOST]/api/models/org/resnet/revision/main` answered 401: Repository not found

        hint: is the name spelled right? If it is, set HF_TOKEN to a token that may do this, and accept the repository's conditions on its page
    "#]]);
    fs::write(place.path("token"), "hf_secret\n").unwrap();
    finish(place.declass(&["inspect", "org/resnet", "-q"]).env("HF_TOKEN_PATH", place.path("token")))
        .exits(0);
    place
        .run_known(&["unlearn", "org/resnet", "--forget", "5", "--method", "seal", "-o", "out", "-q"])
        .exits(0);
    let state = place.hub.state();
    let large: Vec<_> = state.log.iter().filter(|request| request.path.starts_with("/large/")).collect();
    assert!(!large.is_empty() && large.iter().all(|request| request.header("authorization").is_none()));
}
