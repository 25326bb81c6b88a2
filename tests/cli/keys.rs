//! Keys on the command line: how they are made, where passphrases come from, and what is refused.

use expect_test::expect;
use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::{TempDir, tempdir};

use crate::{
    process::{Ran, declass, finish, names, resnet, seal},
    tamper::release,
};

/// A folder with a new key, made on the command line.
fn made() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    keygen(folder.path(), &[]).exits(0);
    let key = folder.path().join("release.key");
    (folder, key)
}

fn keygen(out: &Path, more: &[&str]) -> Ran {
    finish(declass().env("DECLASS_KEY_PASSPHRASE", "secret").arg("keygen").arg("-o").arg(out).args(more))
}

fn sign(release: &Path, key: &Path) -> Command {
    let mut command = declass();
    command.arg("sign").arg(release).arg("--key").arg(key);
    command
}

#[test]
fn keys_are_private_and_never_overwritten() {
    let (folder, key) = made();
    assert_eq!(names(folder.path()), ["release.key", "release.pub.pem"]);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&key).unwrap();
    keygen(folder.path(), &[]).exits(2).told(expect![[r#"
        error: `[FOLDER]/release.key` exists, and keys are never overwritten
    "#]]);
    fs::remove_file(&key).unwrap();
    keygen(folder.path(), &[]).exits(2).told(expect![[r#"
        error: `[FOLDER]/release.pub.pem` exists, and keys are never overwritten
    "#]]);
    assert!(!key.exists() && before.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let named = folder.path().join("other.key");
    let said = keygen(&named, &["--json"]).exits(0).json();
    assert_eq!(said["public"], folder.path().join("other.pub.pem").to_str().unwrap());
    assert!(said["id"].as_str().unwrap().starts_with("SHA256:"));
    assert_eq!(names(folder.path()), ["other.key", "other.pub.pem", "release.pub.pem"]);
}

#[test]
fn passphrases_come_from_files_the_environment_and_the_service_manager() {
    let (folder, key) = made();
    let (_other, out) = release();
    let file = folder.path().join("declass-passphrase");
    fs::write(&file, "secret\n").unwrap();
    finish(sign(&out, &key).env("DECLASS_KEY_PASSPHRASE", "secret")).exits(0);
    finish(sign(&out, &key).env("CREDENTIALS_DIRECTORY", folder.path())).exits(0);
    // A file that is named counts more than the environment.
    finish(sign(&out, &key).env("DECLASS_KEY_PASSPHRASE", "x").arg("--passphrase-file").arg(&file)).exits(0);
    let mut from_stdin = sign(&out, &key);
    from_stdin.args(["--passphrase-file", "-"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut running = from_stdin.spawn().unwrap();
    running.stdin.take().unwrap().write_all(b"secret\r\n").unwrap();
    assert!(running.wait().unwrap().success());
    let pem = fs::read_to_string(&key).unwrap();
    let by_default = finish(
        declass().arg("sign").arg(&out).env("DECLASS_KEY", &pem).env("DECLASS_KEY_PASSPHRASE", "secret"),
    );
    by_default.exits(0);
}

#[test]
fn wrong_passphrases_and_other_files_do_not_sign() {
    let (folder, key) = made();
    let (_other, out) = release();
    let before = names(&out);
    finish(sign(&out, &key).env("DECLASS_KEY_PASSPHRASE", "Secret")).exits(2).told(expect![[r#"
        error: key `[FOLDER]/release.key`
          caused by: the key cannot be used: the passphrase does not open it
    "#]]);
    let public = folder.path().join("release.pub.pem");
    finish(&mut sign(&out, &public)).exits(2).told(expect![[r#"
        error: key `[FOLDER]/release.pub.pem`
          caused by: the key cannot be used: there is no private key in it

        hint: releases are signed with P-256 keys in PKCS#8; make one with `declass keygen`
    "#]]);
    finish(&mut sign(&out, &folder.path().join("none"))).exits(2).told(expect![[r#"
        error: key `[FOLDER]/none`: No such file or directory (os error 2)

        hint: is the path spelled right? `declass keygen` makes a new key
    "#]]);
    finish(declass().arg("sign").arg(&out)).exits(2).told(expect![[r#"
        error: the key cannot be used: no key was named

        hint: name one with --key, or set $DECLASS_KEY to its PEM
    "#]]);
    finish(sign(&out, Path::new("env:NO_SUCH_KEY")).env_remove("NO_SUCH_KEY")).exits(2).told(expect![[r#"
        error: key `env:NO_SUCH_KEY`: environment variable not found
    "#]]);
    assert_eq!(names(&out), before);
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let (_folder, key) = made();
    let (_other, out) = release();
    // In a session of its own a process has no terminal, wherever the tests run.
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_declass")).arg("sign").arg(&out).arg("--key").arg(&key);
    for variable in ["DECLASS_KEY_PASSPHRASE", "CREDENTIALS_DIRECTORY"] {
        command.env_remove(variable);
    }
    finish(command.stdin(Stdio::null())).exits(2).told(expect![[r#"
        error: the key cannot be used: its passphrase is not known, and there is no terminal to ask at

        hint: name a file with --passphrase-file, or set $DECLASS_KEY_PASSPHRASE
    "#]]);
}

#[test]
fn unlearning_with_a_key_that_cannot_be_used_writes_nothing() {
    let (folder, key) = made();
    let out = folder.path().join("out");
    let key = key.to_str().unwrap();
    let mut command = declass();
    command.arg("unlearn").arg(resnet()).arg("-o").arg(&out).args(["--method", "seal", "--forget", "5"]);
    finish(command.args(["--key", key]).env("DECLASS_KEY_PASSPHRASE", "x")).exits(2).told(expect![[r#"
        error: key `[FOLDER]/release.key`
          caused by: the key cannot be used: the passphrase does not open it
    "#]]);
    assert_eq!(names(folder.path()), ["release.key", "release.pub.pem"]);
    seal(&resnet(), &out, &["--forget", "5", "--key", "/dev/null"]).exits(2).told(expect![[r#"
        error: key `/dev/null`
          caused by: the key cannot be used: there is no private key in it

        hint: releases are signed with P-256 keys in PKCS#8; make one with `declass keygen`
    "#]]);
    assert!(!out.exists());
}

#[test]
fn a_key_comes_with_a_file_that_trusts_it() {
    let folder = tempdir().unwrap();
    keygen(folder.path(), &["--identity", "a \"b\"\\ @example.org"]).exits(0);
    let (key, trust) = (folder.path().join("release.key"), folder.path().join("declass-trust.toml"));
    let (_release, out) = release();
    finish(sign(&out, &key).env("DECLASS_KEY_PASSPHRASE", "secret")).exits(0);
    let said = finish(declass().arg("verify").arg(&out).arg("--trust").arg(&trust)).exits(0);
    said.shows("by a \"b\"\\ @example.org (SHA256:");
    // Whom somebody trusts already is never overwritten.
    for file in ["release.key", "release.pub.pem"] {
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    keygen(folder.path(), &["--identity", "c"]).exits(2).says("declass-trust.toml` exists");
    assert_eq!(names(folder.path()), ["declass-trust.toml"]);
    keygen(folder.path(), &["--identity", "a\nb"]).exits(2);
}
