//! Claims that are signed by a trusted key and are not true: the files themselves tell.

use std::{fs, path::Path};

use declass::{claim::root_digest, formats::Sha256Digest};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    process::{files, resnet, seal},
    signer::{Signer, findings},
};

type Lie = fn(&mut Value);

/// Signed lies, and the codes that each is found by.
fn lies() -> Vec<(Lie, &'static [&'static str])> {
    vec![
        (|claim| claim["subject"][1]["digest"]["sha256"] = "00".repeat(32).into(), &["DC2006 config.json"]),
        (|claim| claim["subject"][0]["digest"]["sha256"] = "00".repeat(32).into(), &["DC2006 -"]),
        (|claim| claim["subject"].as_array_mut().unwrap().truncate(3), &["DC2006 preprocessor_config.json"]),
        (|claim| claim["predicate"]["removal"]["labelSpace"]["indexMap"][0] = 1.into(), &["DC2006 -"]),
        (|claim| claim["predicate"]["removal"]["labelSpace"]["after"] = 9.into(), &["DC2006 -", "DC2006 -"]),
        // Neither what was asked for nor what the model calls it.
        (
            |claim| claim["predicate"]["removal"]["forgotten"][0]["label"] = "Sneaker".into(),
            &["DC2006 -", "DC2006 -", "DC2007 -"],
        ),
        (
            |claim| {
                let build = &mut claim["predicate"]["buildDefinition"];
                build["externalParameters"]["method"] = "sealx".into();
            },
            &["DC3002 -"],
        ),
        (
            |claim| claim["predicate"]["removal"]["forgotten"][0]["indexAfter"] = json!(null),
            &["DC2006 -", "DC2007 -"],
        ),
        (|claim| claim["predicate"]["removal"]["forgotten"] = json!([]), &["DC2006 -"]),
        (|claim| claim["predicate"]["removal"]["tensors"][0]["shapeAfter"] = json!([9]), &["DC2006 -"]),
        (|claim| claim["predicate"]["removal"]["tensors"][0]["name"] = "x".into(), &["DC2006 -"]),
        (|claim| claim["predicate"]["removal"]["claim"] = "class-output-suppressed".into(), &["DC2006 -"]),
        (|claim| claim["predicate"]["verification"]["result"] = "failed".into(), &["DC2006 -"]),
        // Another class than the sealed one.
        (
            |claim| {
                claim["predicate"]["buildDefinition"]["externalParameters"]["forget"] =
                    json!([{"index": 6, "label": "Shirt"}]);
                claim["predicate"]["removal"]["forgotten"] =
                    json!([{"index": 6, "label": "Shirt", "indexAfter": 6}]);
            },
            &["DC2007 -"],
        ),
    ]
}

#[test]
fn a_claim_that_is_not_about_the_files_does_not_pass() {
    let signer = Signer::new();
    let trust = signer.trusted();
    for (place, (lie, expected)) in lies().into_iter().enumerate() {
        let (_folder, out) = signer.release();
        signer.lie(&out, lie);
        // What is not known here is no lie that could be told.
        let code = if expected == ["DC3002 -"] { 2 } else { 1 };
        assert_eq!(findings(&out, &trust, &[], code), expected, "lie {place}");
    }
}

/// Writes the digests of the files into a claim.
fn describe_files(claim: &mut Value, out: &Path) {
    let subjects = claim["subject"].as_array_mut().unwrap();
    let digests = files(out);
    let mut all = Vec::new();
    for subject in subjects.iter_mut().skip(1) {
        let name = subject["name"].as_str().unwrap().to_owned();
        let digest = Sha256Digest::of(&digests[&name]);
        subject["digest"]["sha256"] = digest.to_string().into();
        all.push((declass::formats::RelPath::try_from(name.as_str()).unwrap(), digest));
    }
    let root = root_digest(&all.iter().map(|(path, digest)| (path, *digest)).collect());
    subjects[0]["digest"]["sha256"] = root.to_string().into();
}

#[test]
fn weights_that_were_never_sealed_are_found_without_the_original() {
    let signer = Signer::new();
    let (_folder, out) = signer.release();
    fs::copy(resnet().join("model.safetensors"), out.join("model.safetensors")).unwrap();
    signer.lie(&out, |claim| describe_files(claim, &out));
    assert_eq!(findings(&out, &signer.trusted(), &[], 1), ["DC2007 -"]);
}

#[test]
fn an_output_that_was_never_dropped_is_found_without_the_original() {
    let signer = Signer::new();
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    seal(&resnet(), &out, &["--forget", "5", "--slot", "drop"]).exits(0);
    declass::release::sign_release(&out, &signer.key, &declass::progress::Silent).unwrap();
    assert_eq!(findings(&out, &signer.trusted(), &[], 0), [""; 0]);
    for name in ["config.json", "model.safetensors"] {
        fs::copy(resnet().join(name), out.join(name)).unwrap();
    }
    signer.lie(&out, |claim| describe_files(claim, &out));
    let found = findings(&out, &signer.trusted(), &[], 1);
    assert!(found.contains(&"DC2007 -".to_owned()), "{found:?}");
}

#[test]
fn a_figure_that_was_not_measured_is_found_with_the_original() {
    let signer = Signer::new();
    let (_folder, out) = signer.release();
    signer.lie(&out, |claim| {
        let checks = claim["predicate"]["verification"]["checks"].as_array_mut().unwrap();
        let agreement = checks.iter_mut().find(|check| check["id"] == "retained-agreement").unwrap();
        agreement["figures"][0]["value"] = json!(0.99999);
    });
    let trust = signer.trusted();
    assert_eq!(findings(&out, &trust, &[], 0), [""; 0]);
    let original = resnet();
    assert_eq!(findings(&out, &trust, &["--original", original.to_str().unwrap()], 1), ["DC2010 -"]);
}
