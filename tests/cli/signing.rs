//! Signing a release: what it makes of the files, and what it does not sign.

use expect_test::expect;
use std::{fs, os::unix::fs::symlink, path::Path};

use declass::{progress::Silent, release::sign_release, sign::Bundle};
use tempfile::tempdir;

use crate::{
    process::{declass, files, finish, names, resnet, seal, verify},
    signer::Signer,
    tamper::{STATEMENT, release},
};

const CLAIM: &str = "class-removal.sigstore.json";

fn payload(out: &Path) -> Vec<u8> {
    Bundle::read(&fs::read(out.join(CLAIM)).unwrap()).unwrap().payload().to_vec()
}

#[test]
fn the_claim_is_wrapped_byte_for_byte_and_there_is_one() {
    let (_folder, out) = release();
    let before = files(&out);
    let signer = Signer::new();
    sign_release(&out, &signer.key, &Silent).unwrap();
    assert_eq!(payload(&out), before[STATEMENT]);
    let after = files(&out);
    let expected = [
        ".gitattributes",
        "README.md",
        CLAIM,
        "config.json",
        "model.safetensors",
        "model.sig",
        "preprocessor_config.json",
    ];
    assert_eq!(names(&out), expected);
    for name in ["config.json", "model.safetensors", "preprocessor_config.json"] {
        assert!(after[name] == before[name]);
    }
    let card = String::from_utf8(after["README.md"].clone()).unwrap();
    assert!(card.contains(CLAIM) && !card.contains(STATEMENT) && !card.contains("not signed"), "{card}");
    let said = verify(&out, &resnet(), &[]).exits(0).stdout;
    assert!(said.contains("NOT CHECKED") && !said.contains("UNSIGNED"), "{said}");
}

#[test]
fn unlearning_with_a_key_writes_what_signing_afterwards_makes() {
    let folder = tempdir().unwrap();
    let (at_once, later) = (folder.path().join("at-once"), folder.path().join("later"));
    let made =
        finish(declass().env("DECLASS_KEY_PASSPHRASE", "secret").arg("keygen").arg("-o").arg(folder.path()));
    made.exits(0);
    let key = folder.path().join("release.key");
    let passphrase = folder.path().join("passphrase");
    fs::write(&passphrase, "secret").unwrap();
    let with_key = ["--key", key.to_str().unwrap(), "--passphrase-file", passphrase.to_str().unwrap()];
    let said = seal(&resnet(), &at_once, &[&["--forget", "5"], &with_key[..]].concat()).exits(0).stdout;
    assert!(said.contains("model.sig (signed by SHA256:") && !said.contains("UNSIGNED"), "{said}");
    let said = seal(&resnet(), &later, &["--forget", "5"]).exits(0).stdout;
    assert!(said.contains("(UNSIGNED)"), "{said}");
    for _ in 0..2 {
        finish(declass().arg("sign").arg(&later).args(with_key)).exits(0);
        assert!(files(&later) == files(&at_once), "signing again changes nothing");
    }
    // A signed release is replaced like any other.
    seal(&resnet(), &later, &["--forget", "5"]).exits(2).told(expect![[r#"
        error: `[FOLDER]/later` exists

        hint: replace it with --force
    "#]]);
    seal(&resnet(), &later, &["--forget", "5", "--force"]).exits(0);
    assert!(later.join(STATEMENT).exists() && !later.join("model.sig").exists());
}

#[test]
fn another_key_replaces_both_signatures() {
    let (first, second) = (Signer::new(), Signer::new());
    let (_folder, out) = first.release();
    let claim = payload(&out);
    sign_release(&out, &second.key, &Silent).unwrap();
    assert_eq!(payload(&out), claim);
    crate::signer::verify(&out, &second.trusted(), &[]).exits(0);
    crate::signer::verify(&out, &first.trusted(), &[]).exits(1);
}

#[test]
fn signing_that_was_interrupted_is_completed_by_signing_again() {
    let (_folder, out) = release();
    let (signer, statement) = (Signer::new(), fs::read(out.join(STATEMENT)).unwrap());
    let bundle = Bundle::sign(statement.clone(), &signer.key);
    fs::write(out.join(CLAIM), bundle.to_bytes()).unwrap();
    fs::write(out.join(".declass-0123456789ab"), "half a signature").unwrap();
    crate::signer::verify(&out, &signer.trusted(), &[]).exits(1);
    sign_release(&out, &signer.key, &Silent).unwrap();
    crate::signer::verify(&out, &signer.trusted(), &[]).exits(0);
    assert_eq!(payload(&out), statement);
}

#[test]
fn a_claim_that_does_not_fit_the_files_is_not_signed() {
    type Change = fn(&Path);
    let changes: [(Change, i32, &str); 5] = [
        (|out| fs::write(out.join("config.json"), "{}").unwrap(), 1, "DC2006 config.json"),
        (|out| fs::write(out.join("notes.txt"), "").unwrap(), 1, "DC2006 notes.txt"),
        (|out| fs::remove_file(out.join("config.json")).unwrap(), 1, "DC2006 config.json"),
        (|out| fs::remove_file(out.join(STATEMENT)).unwrap(), 2, "is not a declass release"),
        (|out| symlink("config.json", out.join("link.json")).unwrap(), 2, "link.json"),
    ];
    let folder = tempdir().unwrap();
    finish(declass().env("DECLASS_KEY_PASSPHRASE", "secret").arg("keygen").arg("-o").arg(folder.path()))
        .exits(0);
    for (change, exit, why) in changes {
        let (_folder, out) = release();
        change(&out);
        let mut command = declass();
        command.arg("sign").arg(&out).arg("--key").arg(folder.path().join("release.key"));
        finish(command.env("DECLASS_KEY_PASSPHRASE", "secret")).exits(exit).says(why);
        assert!(!out.join("model.sig").exists());
    }
}
