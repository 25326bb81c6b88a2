//! A release that hides the forgotten row in what it keeps: every figure holds, and only making it again tells.

use std::{collections::BTreeMap, fs, path::Path};

use declass::{
    claim::root_digest,
    formats::{RelPath, Sha256Digest},
    progress::Silent,
    release::sign_release,
};
use serde_json::Value;

use crate::{
    process::{Ran, resnet, rewrite, unlearn, verify},
    signer::{self, Signer},
    tamper::{STATEMENT, place},
};

const CLASSES: usize = 10;
const WIDTH: usize = 128;
const FORGOTTEN: usize = 5;
/// Bits of each kept weight that carry something else.
const BITS: usize = 4;

fn floats(file: &[u8], tensor: &str) -> Vec<f32> {
    let bytes = &file[place(file, tensor)];
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

/// Writes row and bias of the original into the lowest bits of the kept rows, and seals the slot again.
fn hide(out: &Path) {
    let original = fs::read(resnet().join("model.safetensors")).unwrap();
    let row = floats(&original, "classifier.1.weight")[FORGOTTEN * WIDTH..][..WIDTH].to_vec();
    let bias = floats(&original, "classifier.1.bias")[FORGOTTEN];
    let secret: Vec<u8> = row.iter().chain([&bias]).flat_map(|value| value.to_le_bytes()).collect();
    let mut pieces = secret.iter().flat_map(|byte| [byte >> BITS, byte & 15]);
    let file = out.join("model.safetensors");
    let mut bytes = fs::read(&file).unwrap();
    let at = place(&bytes, "classifier.1.weight");
    let mut weights = floats(&bytes, "classifier.1.weight");
    for (index, weight) in weights.iter_mut().enumerate().filter(|(index, _)| index / WIDTH != FORGOTTEN) {
        let piece = pieces.next().unwrap_or((index % 16) as u8);
        *weight = f32::from_bits((weight.to_bits() & !15) | u32::from(piece));
    }
    assert!(pieces.next().is_none());
    for column in 0..WIDTH {
        let kept = (0..CLASSES).filter(|class| *class != FORGOTTEN);
        let sum: f64 = kept.map(|class| f64::from(weights[class * WIDTH + column])).sum();
        weights[FORGOTTEN * WIDTH + column] = (sum / (CLASSES - 1) as f64) as f32;
    }
    let data: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    bytes[at].copy_from_slice(&data);
    fs::write(file, bytes).unwrap();
}

/// Has the claim say what is there: digests of the files, figures as they are measured.
fn claim_what_is_there(out: &Path, measured: &Value) {
    rewrite(&out.join(STATEMENT), |claim| {
        let mut files = BTreeMap::new();
        for subject in claim["subject"].as_array_mut().unwrap() {
            let name = subject["name"].as_str().unwrap().to_owned();
            let Ok(bytes) = fs::read(out.join(&name)) else { continue };
            let digest = Sha256Digest::of(&bytes);
            subject["digest"]["sha256"] = digest.to_string().into();
            files.insert(RelPath::try_from(name.as_str()).unwrap(), digest);
        }
        let root = root_digest(&files.iter().map(|(path, digest)| (path, *digest)).collect());
        let subjects = claim["subject"].as_array_mut().unwrap();
        let all = subjects.iter_mut().find(|subject| subject["name"] == "oms-root").unwrap();
        all["digest"]["sha256"] = root.to_string().into();
        for check in claim["predicate"]["verification"]["checks"].as_array_mut().unwrap() {
            let same = measured["checks"].as_array().unwrap().iter().find(|other| other["id"] == check["id"]);
            let figures = same.unwrap()["figures"].as_array().unwrap();
            for (mine, theirs) in check["figures"].as_array_mut().unwrap().iter_mut().zip(figures) {
                for place in ["/value", "/bound95/value"] {
                    let Some(value) = theirs.pointer(place) else { continue };
                    *mine.pointer_mut(place).unwrap() = rounded(value);
                }
            }
        }
    });
}

/// As claims write figures: six digits.
fn rounded(value: &Value) -> Value {
    value
        .as_f64()
        .map_or_else(|| value.clone(), |value| format!("{value:.5e}").parse::<f64>().unwrap().into())
}

#[test]
fn a_row_hidden_in_kept_rows_passes_all_but_being_made_again() {
    // Only rows that training moved have bits to hide in: by default all kept rows are those of the original.
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    unlearn(&resnet(), &out, &["--forget", "Sandal", "--set", "optimizer=sgd"]).exits(0);
    hide(&out);
    let look = |more: &[&str]| verify(&out, &resnet(), &[&["--json"], more].concat());
    let measured = look(&[]).json();
    claim_what_is_there(&out, &measured);
    let said = look(&[]);
    assert_eq!(said.code, Some(0), "the attack as it was: {:#}", said.json()["findings"]);
    let said = verify(&out, &resnet(), &[]).exits(0).stdout;
    assert!(said.contains("limits") && said.contains("--reproduce"), "{said}");
    let said = look(&["--reproduce"]).exits(1).json();
    let check = said["checks"].as_array().unwrap().iter().find(|check| check["id"] == "reproduced").unwrap();
    assert_eq!(check["outcome"], "failed");
    assert!(check["summary"].as_str().unwrap().contains("`classifier.1.weight`"), "{check}");

    // Signed by somebody who is trusted, it is the policy that tells.
    let signer = Signer::new();
    sign_release(&out, &signer.key, &Silent).unwrap();
    assert_eq!(gate(&signer, &out, &["--reproduce"], 1), ["DC2010 -"]);
    assert_eq!(gate(&signer, &out, &[], 2), ["DC3005 -"]);
    // By another version other bytes are no proof of anything, and no yes.
    signer.lie(&out, |claim| {
        claim["predicate"]["runDetails"]["builder"]["version"]["declass"] = "0.0.1".into();
    });
    let found = gate(&signer, &out, &["--reproduce"], 2);
    assert!(!found.is_empty() && found.iter().all(|finding| finding == "DC3005 -"), "{found:?}");
}

/// Without training there are no rows with bits to hide in, and a claim that says so contradicts itself.
#[test]
fn nothing_hides_in_rows_that_were_not_trained() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    unlearn(&resnet(), &out, &["--forget", "Sandal"]).exits(0);
    hide(&out);
    let measured = verify(&out, &resnet(), &["--json"]).exits(1).json();
    claim_what_is_there(&out, &measured);
    verify(&out, &resnet(), &[]).exits(2).says("where retained rows stay, and 9 of them moved");
}

#[test]
fn a_release_that_comes_out_the_same_meets_the_policy() {
    let signer = Signer::new();
    let (_folder, out) = signer.release();
    assert_eq!(gate(&signer, &out, &["--reproduce"], 0), [""; 0]);
    assert_eq!(gate(&signer, &out, &[], 2), ["DC3005 -"]);
    let policy = policy(&signer);
    let said: Ran = signer::verify(&out, &signer.trusted(), &["--policy", policy.as_str()]).exits(2);
    assert!(said.stdout.contains("made again from its original"), "{said:#?}");
    signer::verify(&out, &signer.trusted(), &["--reproduce"]).exits(2).says("name it with --original");
}

fn policy(signer: &Signer) -> String {
    let policy = signer.folder.path().join("reproduced.toml");
    fs::write(&policy, "version = 2\nreproduced = true\n").unwrap();
    policy.to_str().unwrap().to_owned()
}

fn gate(signer: &Signer, out: &Path, more: &[&str], exit: i32) -> Vec<String> {
    let (policy, original) = (policy(signer), resnet());
    let rules = ["--policy", policy.as_str(), "--original", original.to_str().unwrap()];
    signer::findings(out, &signer.trusted(), &[&rules[..], more].concat(), exit)
}
