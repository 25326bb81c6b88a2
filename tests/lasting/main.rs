//! What an older declass signed verifies with every later one: releases of each version of the claim, kept as
//! they were signed.
//!
//! Nothing here may be made again to fit. Where a test fails, the code is wrong.

mod edited;
mod registers;
#[path = "../process/mod.rs"]
mod tool;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use tool::{Ran, declass, finish};

/// A release, and the model that it was made from.
struct Kept {
    release: PathBuf,
    original: PathBuf,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The versions of the claim that there are releases of.
const VERSIONS: [&str; 2] = ["v1", "v2"];
/// The releases of each, and what each was made from: trained and measured on labelled data with a time
/// stamp; ONNX with dropped classes; one that another one continues.
const RELEASES: [(&str, &str); 4] = [
    ("measured", "models/fmnist-resnet"),
    ("dropped", "models/fmnist-vit.onnx"),
    ("first", "models/fmnist-swin"),
    ("second", "first"),
];

fn version(version: &str) -> PathBuf {
    fixtures().join("releases").join(version)
}

fn kept() -> impl Iterator<Item = Kept> {
    VERSIONS.into_iter().flat_map(|of| {
        RELEASES.into_iter().map(move |(name, original)| {
            let original =
                if original.contains('/') { fixtures().join(original) } else { version(of).join(original) };
            Kept { release: version(of).join(name), original }
        })
    })
}

impl Kept {
    fn name(&self) -> String {
        self.release.strip_prefix(fixtures()).unwrap().display().to_string()
    }

    fn trust(&self) -> PathBuf {
        self.release.parent().unwrap().join("trust.toml")
    }

    fn verify(&self, more: &[&str]) -> Ran {
        finish(declass().arg("verify").arg(&self.release).args(["--json"]).args(more))
    }

    /// A copy that may be changed.
    fn copy(&self) -> (TempDir, Self) {
        let folder = tempdir().unwrap();
        let release = folder.path().join(self.release.file_name().unwrap());
        fs::create_dir(&release).unwrap();
        for entry in fs::read_dir(&self.release).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), release.join(entry.file_name())).unwrap();
        }
        (folder, Self { release, original: self.original.clone() })
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn who_signed_and_what_the_files_are() {
    for kept in kept() {
        let said = kept.verify(&["--trust", text(&kept.trust())]).exits(0).json();
        assert_eq!(said["findings"], Value::Array(Vec::new()), "{}", kept.name());
        let signatures = said["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2, "{}", kept.name());
        let stamped = kept.release.ends_with("measured");
        assert!(signatures.iter().all(|signature| signature["stamp"].is_object() == stamped), "{said:#}");
    }
}

#[test]
fn what_changed_and_how_the_model_behaves() {
    for kept in kept() {
        let original = text(&kept.original);
        let said = kept.verify(&["--original", original, "--trust", text(&kept.trust())]).exits(0).json();
        for id in ["claimed-files", "claimed-input", "claimed-removal", "claimed-figures"] {
            let checks = said["checks"].as_array().unwrap();
            let check = checks.iter().find(|check| check["id"] == id).unwrap();
            let outcome = check["outcome"].as_str().unwrap().to_lowercase();
            assert_eq!(outcome, "passed", "{}: {check:#}", kept.name());
        }
    }
}

#[test]
fn figures_on_labelled_data_are_measured_again() {
    for of in VERSIONS {
        let release = version(of).join("measured");
        let kept = Kept { release, original: fixtures().join("models/fmnist-resnet") };
        let data = fixtures().join("data/fmnist-resnet.safetensors");
        let said = kept.verify(&["--original", text(&kept.original), "--eval-embeddings", text(&data)]);
        let said = said.exits(0).json();
        let checks = said["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == "claimed-evaluation").unwrap();
        assert_eq!(check["outcome"].as_str().unwrap().to_lowercase(), "passed", "{of}: {check:#}");
    }
}

#[test]
fn policies_of_their_time_are_met() {
    for of in VERSIONS {
        let kept = Kept { release: version(of).join("measured"), original: fixtures() };
        let policy = version(of).join("policy.toml");
        kept.verify(&["--trust", text(&kept.trust()), "--policy", text(&policy)]).exits(0);
    }
}

#[test]
fn the_history_is_told() {
    for kept in kept() {
        let said = finish(declass().arg("log").arg(&kept.release).arg("--json")).exits(0).json();
        let removals = if kept.release.ends_with("second") { 2 } else { 1 };
        assert_eq!(said["removals"].as_array().unwrap().len(), removals, "{}", kept.name());
        assert_eq!(said["problems"], Value::Array(Vec::new()), "{}", kept.name());
    }
}

#[test]
fn the_claim_goes_into_formats_of_others() {
    for kept in kept() {
        for format in ["cyclonedx", "intoto", "model-card", "slsa"] {
            let said = finish(declass().args(["export", format]).arg(&kept.release)).exits(0).stdout;
            let expected = if format == "intoto" { "payload" } else { "declass" };
            assert!(said.contains(expected), "{}, {format}: {said}", kept.name());
        }
    }
}

#[test]
fn a_register_enters_them() {
    let home = tempdir().unwrap();
    let register = |arguments: &[&str]| {
        let mut command = declass();
        command.current_dir(home.path()).arg("register").args(arguments);
        finish(command.env("DECLASS_KEY_PASSPHRASE", "of no use")).exits(0)
    };
    // The versions removed the same from the same: a register of its own for each.
    for of in VERSIONS {
        register(&["init", of, "--origin", "example.org/removals"]);
        for kept in kept().filter(|kept| kept.release.starts_with(version(of))) {
            let release = text(&kept.release);
            let trust = kept.trust();
            register(&["append", of, "class-removed", "--release", release]);
            register(&["append", of, "verified", "--release", release, "--trust", text(&trust)]);
        }
        register(&["verify", of, "--vkey", &format!("{of}.vkey")]);
    }
}

#[test]
fn a_release_continues_them() {
    let first = Kept { release: version("v1").join("first"), original: fixtures() };
    let (folder, first) = first.copy();
    let out = folder.path().join("out");
    let mut unlearn = declass();
    unlearn.arg("unlearn").arg(&first.release).arg("-o").arg(&out);
    finish(unlearn.args(["--forget", "Bag", "--method", "seal"])).exits(0);
    finish(declass().arg("verify").arg(&out).arg("--original").arg(&first.release)).exits(0);
    let said = finish(declass().arg("log").arg(&out).arg("--json")).exits(0).json();
    assert_eq!(said["removals"].as_array().unwrap().len(), 2);
}
