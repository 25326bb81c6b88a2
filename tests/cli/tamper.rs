//! A release that is not what was verified does not pass the gate.

use expect_test::expect;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::process::{copy, fixture, resnet, rewrite, unlearn, verify};

pub(crate) const STATEMENT: &str = "class-removal.statement.json";

/// The checks that see a change outside of the head; the last since the first is not recorded as failed.
const SEEN: [&str; 3] = ["only-head-changed", "claimed-files", "claimed-figures"];

/// A copy, for one test, of a release that is made once.
pub(crate) fn release() -> (TempDir, PathBuf) {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-release");
        if out.exists() {
            fs::remove_dir_all(&out).unwrap();
        }
        // One that was trained: it has more that could be edited.
        unlearn(&resnet(), &out, &["--forget", "Sandal", "--set", "optimizer=sgd"]).exits(0);
        out
    });
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    copy(made, &out);
    (folder, out)
}

/// The checks that say no; fails unless the gate as a whole does.
#[track_caller]
pub(crate) fn failing(release: &Path, original: &Path) -> Vec<String> {
    let report = verify(release, original, &["--json"]).exits(1).json();
    assert_eq!(report["passed"], false);
    let checks = report["checks"].as_array().unwrap().iter();
    let failed = checks.filter(|check| check["outcome"] == "failed");
    failed.map(|check| check["id"].as_str().unwrap().to_owned()).collect()
}

/// Where the data of a tensor lie in a safetensors file.
pub(crate) fn place(file: &[u8], tensor: &str) -> std::ops::Range<usize> {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let offset = |end: usize| header[tensor]["data_offsets"][end].as_u64().unwrap() as usize;
    8 + length + offset(0)..8 + length + offset(1)
}

fn change_weights(release: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let file = release.join("model.safetensors");
    let mut bytes = fs::read(&file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

#[test]
fn an_untouched_release_passes() {
    let (_folder, out) = release();
    let report = verify(&out, &resnet(), &["--json"]).exits(0).json();
    assert_eq!(report["passed"], true);
    let summary = |report: &Value, id: &str| {
        let mut checks = report["checks"].as_array().unwrap().iter();
        checks.find(|check| check["id"] == id).unwrap()["summary"].as_str().unwrap().to_owned()
    };
    assert!(summary(&report, "claimed-figures").contains("were measured again and agree"));
    // Other embeddings than the claim's: the gate holds, its figures are not those of the claim.
    let report = verify(&out, &resnet(), &["--json", "--seed", "7"]).exits(0).json();
    assert_eq!(report["passed"], true);
    assert!(summary(&report, "claimed-figures").contains("of another seed"));
}

#[test]
fn one_changed_bit_in_the_encoder_is_seen() {
    let (_folder, out) = release();
    change_weights(&out, |bytes| {
        let encoder = place(bytes, "resnet.embedder.embedder.convolution.weight");
        bytes[encoder.start] ^= 1;
    });
    let failing = failing(&out, &resnet());
    assert_eq!(failing, ["only-head-changed", "claimed-files", "claimed-removal", "claimed-figures"]);
}

#[test]
fn a_restored_class_is_seen() {
    let (_folder, out) = release();
    let original = fs::read(resnet().join("model.safetensors")).unwrap();
    change_weights(&out, |bytes| {
        for (tensor, row) in [("classifier.1.weight", 4 * 128), ("classifier.1.bias", 4)] {
            let (from, to) = (place(&original, tensor).start + 5 * row, place(bytes, tensor).start + 5 * row);
            assert_ne!(bytes[to..to + row], original[from..from + row]);
            bytes[to..to + row].copy_from_slice(&original[from..from + row]);
        }
    });
    let failing = failing(&out, &resnet());
    for id in ["forgotten-unreachable", "forget-rate", "claimed-files", "claimed-figures"] {
        assert!(failing.iter().any(|failed| failed == id), "{id} is not among {failing:?}");
    }
}

#[test]
fn an_original_is_no_release_of_itself() {
    let (_folder, out) = release();
    fs::copy(resnet().join("model.safetensors"), out.join("model.safetensors")).unwrap();
    assert!(failing(&out, &resnet()).contains(&"forgotten-unreachable".to_owned()));
}

#[test]
fn a_changed_configuration_is_seen() {
    let (_folder, out) = release();
    rewrite(&out.join("config.json"), |config| config["num_channels"] = 1.into());
    assert_eq!(failing(&out, &resnet()), SEEN);
}

#[test]
fn weights_in_another_format_are_seen() {
    let (_folder, out) = release();
    fs::write(out.join("pytorch_model.bin"), b"PK\x03\x04").unwrap();
    assert!(failing(&out, &resnet()).contains(&"only-head-changed".to_owned()));
}

#[test]
fn a_companion_file_removed_added_or_edited_is_seen() {
    let changes: [fn(&Path); 3] = [
        |out| fs::remove_file(out.join("preprocessor_config.json")).unwrap(),
        |out| fs::write(out.join("modeling.py"), "import os").unwrap(),
        |out| rewrite(&out.join("preprocessor_config.json"), |value| value["size"] = 1.into()),
    ];
    for change in changes {
        let (_folder, out) = release();
        change(&out);
        assert_eq!(failing(&out, &resnet()), SEEN);
    }
}

#[test]
fn a_file_cut_short_cannot_be_judged() {
    let (_folder, out) = release();
    change_weights(&out, |bytes| bytes.truncate(bytes.len() - 1));
    verify(&out, &resnet(), &[]).exits(2).told(expect![[r#"
        error: `[FOLDER]/out/model.safetensors`: malformed safetensors header: it describes 1248840 bytes of data, the file has 1248839

        hint: the file may be cut short or damaged; fetch it again
    "#]]);
}

#[test]
fn another_original_is_seen() {
    let (folder, out) = release();
    let other = folder.path().join("other");
    copy(&resnet(), &other);
    change_weights(&other, |bytes| {
        let head = place(bytes, "classifier.1.bias");
        bytes[head.start + 3] ^= 1;
    });
    assert!(failing(&out, &other).contains(&"claimed-input".to_owned()));
    // Models whose heads read something else.
    for name in ["fmnist-swin", "fmnist-vit"] {
        verify(&out, &fixture(name), &[])
            .exits(2)
            .says("the head reads 128 values")
            .says("release was made from");
    }
    // A folder without a model, or none at all.
    verify(&out, folder.path(), &[]).exits(2);
}
