//! Whom a repository trusts, which no push may change.

use std::{fs, os::unix::fs::symlink};

use declass::sign::ReleaseKey;

use crate::{process::finish, repository::Home};

/// The trust file and its key in another folder, too.
fn write_rules(home: &Home, folder: &str) {
    fs::create_dir_all(home.path(folder)).unwrap();
    for name in ["trust.toml", "key.pub.pem"] {
        fs::copy(home.path("keys").join(name), home.path(folder).join(name)).unwrap();
    }
}

#[test]
fn rules_in_a_work_tree_are_refused_whether_or_not_they_are_kept() {
    let home = Home::with_release();
    write_rules(&home, "work");
    write_rules(&home, "work/sub");
    home.git("worktree add -q ../linked").exits(0);
    write_rules(&home, "linked");
    symlink(home.path("keys/trust.toml"), home.work("out.toml")).unwrap();
    symlink(home.path("keys"), home.work("out")).unwrap();
    symlink(home.work("out.toml"), home.path("there-and-back.toml")).unwrap();
    for trust in [
        "trust.toml",
        "sub/trust.toml",
        "release/../../keys/trust.toml",
        "out.toml",
        "out/trust.toml",
        "../linked/trust.toml",
        "../there-and-back.toml",
        "../work/release/../../keys/trust.toml",
    ] {
        home.hook(&format!("install --trust {trust}")).exits(2).says("must not say itself");
        home.hook(&format!("check HEAD --trust {trust}")).exits(2).says("must not say itself");
        let policy = format!("check HEAD --trust ../keys/trust.toml --policy {trust}");
        home.hook(&policy).exits(2).says("must not say itself");
    }
    // Git's own folder is none that is checked out.
    write_rules(&home, "work/.git");
    home.hook("install --trust .git/trust.toml").exits(0);
    home.git("push origin main").exits(0).says("1 release");
}

#[test]
fn a_push_that_is_checked_out_at_once_does_not_change_whom_the_other_side_trusts() {
    let home = Home::new();
    home.git("config receive.denyCurrentBranch updateInstead").exits(0);
    home.git_in("", "clone -q work clone").exits(0);
    let stranger = ReleaseKey::generate().unwrap();
    home.release("release");
    home.sign("release", &stranger);
    fs::rename(home.work("release"), home.path("clone/release")).unwrap();
    home.git_in("clone", "add -A").exits(0);
    home.git_in("clone", "commit -q -m x").exits(0);
    let install = |trust: &str| {
        let mut install = home.command(env!("CARGO_BIN_EXE_declass"), "work");
        finish(install.args(["hook", "install", "--pre-receive", "--trust", trust]))
    };
    let push = || home.git_in("clone", "push origin main");
    write_rules(&home, "work");
    install("trust.toml").exits(2).says("must not say itself");
    install("../keys/trust.toml").exits(0);
    let trust = home.work("trust.toml");
    // As an administrator may have written it by hand.
    let mut set = home.command("git", "work");
    finish(set.args(["config", "declass.trust"]).arg(&trust)).exits(0);
    assert_ne!(push().says("must not say itself").code, Some(0));
    write_rules(&home, "work/.git");
    install(".git/trust.toml").exits(0);
    assert_ne!(push().says("DC2005").code, Some(0));
    fs::remove_file(trust).unwrap();
    fs::remove_file(home.work("key.pub.pem")).unwrap();
    fs::rename(home.path("clone/release"), home.work("release")).unwrap();
    home.sign("release", &home.key);
    fs::rename(home.work("release"), home.path("clone/release")).unwrap();
    home.git_in("clone", "add -A").exits(0);
    home.git_in("clone", "commit -q -m x").exits(0);
    push().exits(0).says("passed: 1 release");
    assert!(home.work("release/model.sig").exists(), "it is checked out");
}
