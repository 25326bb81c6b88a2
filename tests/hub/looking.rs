//! `declass inspect` of repositories: what it says is what it says of folders, and weights stay where they
//! are.

use expect_test::expect;
use serde_json::Value;

use crate::{
    run::{Place, fixture, read, resnet},
    server::What,
};

/// A classifier of 20 MB: a wide first layer, of which nothing needs to be read.
fn large() -> Vec<u8> {
    let hole = 20 << 20;
    let header = serde_json::json!({
        "body.weight": {"dtype": "F32", "shape": [hole / 4], "data_offsets": [0, hole]},
        "classifier.bias": {"dtype": "F32", "shape": [3], "data_offsets": [hole, hole + 12]},
        "classifier.weight": {"dtype": "F32", "shape": [3, 4], "data_offsets": [hole + 12, hole + 60]},
    })
    .to_string();
    let mut bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
    bytes.resize(bytes.len() + hole, 1);
    bytes.extend((0..15u8).flat_map(|value| f32::from(value).to_le_bytes()));
    bytes
}

fn without_name(mut said: Value) -> Value {
    for key in ["model", "package", "leftOut"] {
        said.as_object_mut().unwrap().remove(key);
    }
    said
}

#[test]
fn large_weights_are_looked_into_by_ranges() {
    let place = Place::new();
    let bytes = large();
    std::fs::create_dir(place.path("local")).unwrap();
    std::fs::write(place.path("local/model.safetensors"), &bytes).unwrap();
    place.hub.state().add("org/wide", &[("model.safetensors", bytes)]);
    let remote = place.run(&["inspect", "org/wide", "--json"]).exits(0).json();
    let local = place.run(&["inspect", "local", "--json"]).exits(0).json();
    assert_eq!(without_name(remote), without_name(local));
    let log = place.hub.state().log.clone();
    let ranges: Vec<_> = log.iter().filter(|request| request.path.starts_with("/large/")).collect();
    assert!(
        ranges.len() <= 2 && ranges.iter().all(|request| request.header("range").is_some()),
        "{ranges:?}"
    );
    let cached = place.cached();
    assert!(cached.iter().all(|path| path.contains("/refs/")), "{cached:?}");
}

#[test]
fn a_head_that_is_no_head_is_seen_through_the_ranges() {
    let place = Place::new();
    let mut bytes = large();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    place.hub.state().add("org/wide", &[("model.safetensors", bytes)]);
    place.run(&["inspect", "org/wide"]).exits(2).told(expect![[r#"
        error: tensor `classifier.weight` holds NaN at index 11
    "#]]);
}

#[test]
fn a_large_graph_is_walked_by_ranges() {
    let place = Place::new();
    let mut bytes = read(&fixture("models/fmnist-resnet.onnx"));
    // A doc string of 12 MB at the end of the model, field 6.
    let filler = 12usize << 20;
    bytes.push(6 << 3 | 2);
    let mut length = filler;
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.resize(bytes.len() + filler, b'x');
    std::fs::write(place.path("local.onnx"), &bytes).unwrap();
    place.hub.state().add("org/graph", &[("model.onnx", bytes)]);
    let remote = place.run(&["inspect", "org/graph", "--json"]).exits(0).json();
    let local = place.run(&["inspect", "local.onnx", "--json"]).exits(0).json();
    for key in ["classes", "head", "tensors", "values", "bytes", "cutPoints"] {
        assert_eq!(remote[key], local[key], "{key}");
    }
    let log = place.hub.state().log.clone();
    assert!(log.iter().filter(|r| r.path.starts_with("/large/")).all(|r| r.header("range").is_some()));
}

#[test]
fn servers_without_ranges_and_ranges_that_are_others_are_refused() {
    for (what, words) in [
        (What::Answer(200, Vec::new()), "sends no parts"),
        (What::Answer(206, vec![("Content-Range", "bytes 0-1/2".into())]), "expected `bytes 0-"),
        (What::Answer(403, Vec::new()), "answered 403"),
    ] {
        let place = Place::new();
        place.hub.state().add("org/wide", &[("model.safetensors", large())]);
        place.hub.fault("/large/", 9, what);
        place.run(&["inspect", "org/wide"]).exits(2).says(words);
    }
}

#[test]
fn what_the_cache_has_is_not_asked_for() {
    let (place, commit) = Place::with_resnet();
    place.run(&["unlearn", "org/resnet", "--forget", "5", "--method", "seal", "-o", "out", "-q"]).exits(0);
    place.hub.state().log.clear();
    let said = place.run(&["inspect", "org/resnet", "--json"]).exits(0).json();
    assert_eq!(said["package"], format!("pkg:huggingface/org/resnet@{commit}"));
    assert_eq!(place.hub.state().log.len(), 1);
    let local = place.run(&["inspect", resnet().to_str().unwrap(), "--json"]).exits(0).json();
    assert_eq!(without_name(said), without_name(local));
}
