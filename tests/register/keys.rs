//! Keys: where they lie, and how one takes over from another.

use expect_test::expect;
use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use crate::home::{Home, finish, request};

#[test]
fn keys_are_private_outside_of_the_register_and_never_replaced() {
    let home = Home::new();
    home.run("init new --origin a").exits(0).shows("encrypted");
    let mode = fs::metadata(home.path("new.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = fs::read(home.path("r.key")).unwrap();
    home.run("init r --origin a").exits(2).told(expect![[r#"
        error: `r`: it exists

        hint: name a folder that does not exist yet
    "#]]);
    home.run("init again --origin example.org/removals --key r.key").exits(0);
    home.run("init other --origin a --key r.key").exits(2).told(expect![[r#"
        error: `r.vkey`: it exists, and is not the public key of this one

        hint: name another key
    "#]]);
    home.run("init third --origin a --key other.vkey").exits(2).told(expect![[r#"
        error: `other.vkey`: a private key does not end in .vkey

        hint: its public key does: choose another name
    "#]]);
    assert_eq!(fs::read(home.path("r.key")).unwrap(), key);
    home.run("append r key-rotated --new-key r/new.key").exits(2).told(expect![[r#"
        error: `r/new.key`: this place is in the register

        hint: a register is there to be read by others; keep its key elsewhere
    "#]]);
    home.run("init x --origin a+b").exits(2).told(expect![[r#"
        error: invalid value 'a+b' for '--origin <NAME>': `a+b` cannot be a name: 1 to 200 characters without spaces and `+`, such as example.org/removals

        For more information, try '--help'.
    "#]]);
    assert!(!home.path("other").exists() && !home.path("x.key").exists());
}

#[test]
fn machines_are_told_where_the_keys_are() {
    let home = Home::new();
    let said = home.run("init again --origin example.org/removals --key r.key --json").exits(0).json();
    let vkey = fs::read_to_string(home.path("r.vkey")).unwrap();
    assert_eq!(
        said,
        json!({"schema": "declass/register-init/1", "register": "again", "origin": "example.org/removals", "key": "r.key", "public": "r.vkey",
            "vkey": vkey.trim_end()})
    );
}

#[test]
fn a_key_of_openssh_is_refused_with_what_to_do() {
    let home = Home::new();
    let key =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----\n";
    fs::write(home.path("ssh.key"), key).unwrap();
    home.run("init other --origin a --key ssh.key").exits(2).told(expect![[r#"
        error: key `ssh.key`
          caused by: the key cannot be used: it is in OpenSSH's own format

        hint: let `declass register init` make another: name a file that is not there yet with --key
    "#]]);
    assert!(!home.path("other").exists() && !home.path("ssh.vkey").exists());
}

#[test]
fn a_key_takes_its_passphrase_and_no_other() {
    let home = Home::new();
    let run = |arguments: &str, passphrase: Option<&str>| {
        let mut command = home.command(arguments);
        command.env_remove("DECLASS_KEY_PASSPHRASE").env_remove("CREDENTIALS_DIRECTORY");
        command.envs(passphrase.map(|passphrase| ("DECLASS_KEY_PASSPHRASE", passphrase)));
        finish(&mut command)
    };
    for (name, text) in [("right", "first\n"), ("wrong", "First"), ("empty", ""), ("new", "second")] {
        fs::write(home.path(name), text).unwrap();
    }
    let init = "init e --origin a";
    run(&format!("{init} --passphrase-file empty"), None).exits(2).told(expect![[r#"
        error: the key cannot be used: the passphrase is empty
    "#]]);
    run(&format!("{init} --passphrase-file none"), None).exits(2).told(expect![[r#"
        error: passphrase file `none`
          caused by: No such file or directory (os error 2)
    "#]]);
    assert!(!home.path("e.key").exists() && !home.path("e").exists());
    run(&format!("{init} --passphrase-file right"), Some("ignored")).exits(0).shows("(new, encrypted)");
    assert!(fs::read_to_string(home.path("e.key")).unwrap().contains("ENCRYPTED"));
    let append = |more: &str, passphrase| {
        run(&format!("append e requested --request {}{more}", request(0)), passphrase)
    };
    append(" --passphrase-file wrong", Some("first")).exits(2).told(expect![[r#"
        error: key `e.key`
          caused by: the key cannot be used: the passphrase does not open it
    "#]]);
    append("", None).exits(2).told(expect![[r#"
        error: the key cannot be used: its passphrase is not known, and there is no terminal to ask at

        hint: name a file with --passphrase-file, or set $DECLASS_KEY_PASSPHRASE
    "#]]);
    append("", Some("first")).exits(0);
    let rotate = "append e key-rotated --passphrase-file right --new-key f.key --new-passphrase-file new";
    run(rotate, None).exits(0).shows("f.key (new, encrypted)");
    let next = format!("append e requested --key f.key --request {}", request(1));
    run(&next, Some("first")).exits(2).told(expect![[r#"
        error: key `f.key`
          caused by: the key cannot be used: the passphrase does not open it
    "#]]);
    run(&next, Some("second")).exits(0);
}

#[test]
fn after_a_rotation_the_new_key_signs_and_every_key_verifies() {
    let home = Home::new().with_requests(2);
    fs::copy(home.path("r/checkpoint"), home.path("checkpoint.2")).unwrap();
    home.run("append r key-rotated --new-key second.key").exits(0);
    fs::copy(home.path("r/checkpoint"), home.path("checkpoint.3")).unwrap();
    let append = |key: &str, i| home.run(&format!("append r requested --key {key} --request {}", request(i)));
    append("r.key", 3).exits(1).told(expect![[r#"
        error: `r`: the key `example.org/removals+[ID]` was replaced by `example.org/removals+[ID]`

        hint: name the key that signs now
    "#]]);
    append("second.key", 3).exits(0);
    home.run("append r key-rotated --key second.key --new-key second.key").exits(1).told(expect![[r#"
        error: `r`: the rotation of keys does not hold: it does not hand over from `example.org/removals+[ID]` to `example.org/removals+[ID]`
    "#]]);
    home.run("append r key-rotated --key second.key --new-key third.key").exits(0);
    append("third.key", 4).exits(0);
    home.run("prove r 0").exits(0);
    fs::write(home.path("proof"), home.run("prove r 3").exits(0).stdout).unwrap();
    for key in ["r", "second", "third"] {
        let older = "--old checkpoint.2 --old checkpoint.3";
        home.run(&format!("verify r --vkey {key}.vkey {older}")).exits(0).shows("rotations: 2");
        home.run(&format!("verify --proof proof --vkey {key}.vkey")).exits(0);
    }
    home.run("init stranger --origin example.org/removals").exits(0);
    home.run("verify r --vkey stranger.vkey").exits(1).shows("not one of its keys");
    home.run("verify --proof proof --vkey stranger.vkey").exits(1).shows("not one of its keys");
    append("stranger.key", 5).exits(1);
}

#[test]
fn an_old_key_cannot_go_on_in_secret() {
    let home = Home::new().with_requests(2);
    home.copy("r", "fork");
    home.run("append r key-rotated --new-key second.key").exits(0);
    home.run(&format!("append fork requested --key r.key --request {}", request(7))).exits(0);
    // Whoever trusts the new key does not believe the old one.
    home.run("verify fork --vkey second.vkey").exits(1).shows("not signed by");
    home.run("verify r --old fork/checkpoint").exits(1).shows("not signed by");
}

#[test]
fn a_rotation_that_was_interrupted_is_finished_by_either_key() {
    for key in ["r.key", "second.key"] {
        let home = Home::new().with_requests(2);
        home.copy("r", "before");
        home.run("append r key-rotated --new-key second.key").exits(0);
        let read = |name: &str| fs::read_to_string(home.path(name)).unwrap();
        let line = read("r/entries.jsonl").lines().last().unwrap().to_owned();
        fs::write(home.path("before/pending"), line + "\n" + &read("r/checkpoint")).unwrap();
        home.run("verify before --vkey r.vkey").exits(0).shows("`key-rotated` is signed as entry 2");
        home.run("verify before --vkey second.vkey").exits(0);
        let code = if key == "r.key" { 1 } else { 0 };
        home.run(&format!("append before requested --key {key} --request {}", request(3))).exits(code);
        home.run("verify before --vkey r.vkey").exits(0);
        assert!(!home.path("before/pending").exists());
        assert!(read("before/entries.jsonl").starts_with(&read("r/entries.jsonl")));
    }
}
