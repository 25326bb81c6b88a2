//! The command of a claim, run again.

use std::{fs, path::Path};

use tempfile::tempdir;

use crate::process::{Ran, fixture, resnet, run, unlearn};

fn reproduce(release: &Path, original: &Path) -> Ran {
    run(&["reproduce", release.to_str().unwrap(), "--original", original.to_str().unwrap(), "--json"])
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let folder = tempdir().unwrap();
    for (name, model, more) in [
        ("default", resnet(), &["--forget", "Sandal", "--seed", "3"][..]),
        (
            "dropped",
            fixture("fmnist-vit"),
            &["--forget", "1", "--forget", "2", "--slot", "drop", "--lr", "0.01"],
        ),
        (
            "set",
            resnet(),
            &["--forget", "0", "--method", "negative-gradient-plus", "--set", "beta=0.8", "--no-seal"],
        ),
        ("graph", fixture("fmnist-swin.onnx"), &["--forget", "4", "--method", "seal"]),
    ] {
        let out = folder.path().join(name);
        unlearn(&model, &out, more).exits(0);
        let said = reproduce(&out, &model).exits(0).json();
        assert_eq!(said["same"], true, "{name}: {said}");
        assert!(!said["files"].as_array().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn what_differs_is_named_and_measured() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    unlearn(&resnet(), &out, &["--forget", "5", "--set", "optimizer=sgd"]).exits(0);
    let claim = out.join("class-removal.statement.json");
    let text = fs::read_to_string(&claim).unwrap().replace("\"seed\": 0", "\"seed\": 1");
    fs::write(claim, text).unwrap();
    let said = reproduce(&out, &resnet()).exits(1).json();
    assert_eq!(said["same"], false);
    let weight = said["tensors"]
        .as_array()
        .unwrap()
        .iter()
        .find(|tensor| tensor["name"] == "classifier.1.weight")
        .unwrap();
    let largest = weight["largestDifference"].as_f64().unwrap();
    assert!((1e-6..1.0).contains(&largest), "{said}");
    assert!(
        said["command"].as_str().unwrap().contains("--method delete --forget 5 --slot keep --seed 1"),
        "{said}"
    );
    run(&["reproduce", resnet().to_str().unwrap(), "--original", resnet().to_str().unwrap()]).exits(2);
}
