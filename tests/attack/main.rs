//! Releases that were tampered with, and passes that are used for something else than what they were given
//! to.

mod header;
mod honest;
mod pass;
mod protobuf;
mod release;
mod skipped;
mod wire;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use declass_formats::{Artifact, Edits};
use serde_json::Value;

const CLAIM: &str = "class-removal.statement.json";

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models").join(name)
}

fn declass(args: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_declass")).env_remove("GITHUB_ACTIONS").args(args).output().unwrap()
}

fn path(text: &str) -> &Path {
    Path::new(text)
}

fn unlearn(model: &Path, out: &Path, more: &[&str]) -> Output {
    let mut args = vec![path("unlearn"), model, path("--method"), path("seal"), path("-o"), out];
    args.extend(more.iter().map(|arg| path(arg)));
    if !more.contains(&"--forget") {
        args.extend([path("--forget"), path("5")]);
    }
    declass(&args)
}

/// A release of a fixture, to be tampered with.
fn release(folder: &Path, original: &Path, slot: &str) -> PathBuf {
    let out = folder.join("out");
    let made = unlearn(original, &out, &["--slot", slot]);
    assert!(made.status.success(), "{made:?}");
    out
}

/// With another seed than the claim's, so that no recorded figure gives the tampering away.
fn verify(release: &Path, original: &Path) -> (Option<i32>, String) {
    let output = declass(&[
        path("verify"),
        release,
        path("--original"),
        original,
        path("--seed"),
        path("99"),
        path("-v"),
    ]);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A fixture of the small models that the tests of formats are made of; each has at least six classes.
fn small(name: &str) -> PathBuf {
    model("..").join(name)
}

#[track_caller]
fn says_no(release: &Path, original: &Path, check: &str) {
    says_no_at(release, original, check, "");
}

/// The gate says no, and names the place.
#[track_caller]
fn says_no_at(release: &Path, original: &Path, check: &str, place: &str) {
    let (code, text) = verify(release, original);
    assert_eq!(code, Some(1), "{place}: {text}");
    let found =
        text.lines().any(|line| line.contains("FAILED") && line.contains(check) && line.contains(place));
    assert!(found, "{check}: {place}: {text}");
}

/// Writes the release anew with edits, beside it.
fn rewritten(folder: &Path, release: &Path, edits: &Edits) -> PathBuf {
    let out = folder.join("tampered");
    Artifact::open(release).unwrap().write(edits, &out, &|_| ()).unwrap();
    fs::copy(release.join(CLAIM), out.join(CLAIM)).unwrap();
    out
}

fn edit_claim(release: &Path, edit: impl FnOnce(&mut Value)) {
    let file = release.join(CLAIM);
    let mut claim: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    edit(&mut claim["predicate"]);
    fs::write(file, claim.to_string()).unwrap();
}
