//! The hook into its place and out again, and whom it goes by.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::{process::finish, repository::Home};

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).unwrap().permissions().mode() & 0o100 != 0
}

#[test]
fn the_hook_is_installed_and_taken_out() {
    let home = Home::new();
    let hook = home.work(".git/hooks/pre-push");
    let said = home.install("--json --path a --path b/c").json();
    assert_eq!((said["hook"].as_str(), &said["kept"]), (hook.to_str(), &serde_json::Value::Null));
    let first = fs::read(&hook).unwrap();
    home.install("--path d").shows("--no-verify");
    assert!(is_executable(&hook) && fs::read(&hook).unwrap() == first);
    assert_eq!(home.git("config --local --get-all declass.path").stdout, "d\n");
    let trust = home.git("config --local declass.trust").stdout;
    assert!(Path::new(trust.trim_end()).is_absolute(), "{trust}");
    let said = home.hook("uninstall --json").exits(0).json();
    assert_eq!(said["removed"], serde_json::json!([{"hook": hook, "restored": false}]));
    assert!(!hook.exists());
    home.git("config --local --get-regexp ^declass").exits(1);
    home.hook("uninstall").exits(0).shows("no hook of declass was there");
}

#[test]
fn core_hooks_path_is_heeded() {
    let home = Home::with_release();
    home.hook("uninstall").exits(0);
    home.git("config core.hooksPath my-hooks").exits(0);
    fs::create_dir(home.work("deep")).unwrap();
    let mut command = home.command(env!("CARGO_BIN_EXE_declass"), "work/deep");
    finish(command.args(["hook", "install", "--trust", "../../keys/trust.toml"])).exits(0);
    assert!(is_executable(&home.work("my-hooks/pre-push")) && !home.work(".git/hooks/pre-push").exists());
    home.git("push origin main").exits(0).says("passed: 1 release");
    home.flip("release/config.json");
    home.git("commit -qam x").exits(0);
    home.refuses("main").says("DC2003");
    // A folder for all repositories of somebody is no place for the hook of one.
    home.git("config --unset core.hooksPath").exits(0);
    home.git("config --global core.hooksPath /nonexistent/hooks").exits(0);
    home.hook("install --trust ../keys/trust.toml").exits(2).says("core.hooksPath");
}

#[test]
fn every_worktree_has_the_hook() {
    let home = Home::with_release();
    home.git("worktree add -q ../linked").exits(0);
    home.flip("release/config.json");
    home.git("commit -qam x").exits(0);
    let push = |refs: &str| home.git_in("linked", &format!("push origin {refs}"));
    assert_ne!(push("main:refs/heads/x").says("DC2003").code, Some(0));
    push("linked").exits(0).says("passed: 1 release");
    home.hook("uninstall").exits(0);
    let mut command = home.command(env!("CARGO_BIN_EXE_declass"), "");
    finish(command.args(["hook", "install", "linked", "--trust", "keys/trust.toml"])).exits(0);
    assert!(is_executable(&home.work(".git/hooks/pre-push")));
}

#[test]
fn without_the_tool_nothing_is_pushed() {
    let home = Home::with_release();
    let mut push = home.command("git", "work");
    finish(push.args(["push", "origin", "main"]).env("PATH", "/usr/local/bin:/usr/bin:/bin"))
        .exits(1)
        .says("declass is not on the PATH");
    home.git("config --unset declass.trust").exits(0);
    home.refuses("main").says("no trusted keys");
    home.git("config declass.trust /nonexistent").exits(0);
    home.refuses("main").says("/nonexistent");
}

#[test]
fn a_repository_does_not_say_itself_whom_to_trust() {
    let home = Home::with_release();
    for name in ["trust.toml", "key.pub.pem"] {
        fs::copy(home.path("keys").join(name), home.work(name)).unwrap();
    }
    std::os::unix::fs::symlink(home.work("trust.toml"), home.path("keys/link.toml")).unwrap();
    home.commit();
    for trust in ["trust.toml", "./release/../trust.toml", "../keys/link.toml"] {
        home.hook(&format!("install --trust {trust}")).exits(2).says("must not say itself");
        home.hook(&format!("check HEAD --trust {trust}")).exits(2).says("must not say itself");
    }
    home.hook("check HEAD --trust ../keys/trust.toml --policy notes.txt")
        .exits(2)
        .says("must not say itself");
    std::os::unix::fs::symlink(home.path("keys/trust.toml"), home.work("out.toml")).unwrap();
    std::os::unix::fs::symlink(home.path("work"), home.path("elsewhere")).unwrap();
    home.commit();
    for trust in ["out.toml", "../elsewhere/out.toml"] {
        home.hook(&format!("check HEAD --trust {trust}")).exits(2).says("must not say itself");
    }
    home.git("config declass.trust trust.toml").exits(0);
    home.refuses("main").says("must not say itself");
    // Neither do the settings of one push.
    home.git("config --unset declass.trust").exits(0);
    let said = home.git("-c declass.trust=../keys/trust.toml push origin main");
    assert_ne!(said.says("no trusted keys").code, Some(0));
}

#[test]
fn what_cannot_be_installed_is_said() {
    let home = Home::new();
    home.hook("install --trust none.toml").exits(2).says("none.toml");
    home.hook("install").exits(2).says("--trust");
    home.hook("install --trust ../keys/trust.toml --path ../x").exits(2).says("leaves its folder");
    let mut outside = home.command(env!("CARGO_BIN_EXE_declass"), "keys");
    finish(outside.args(["hook", "install", "--trust", "trust.toml"])).exits(2).says("not a git repository");
    assert!(!home.work(".git/hooks/pre-push").exists());
    home.hook("check HEAD").exits(2).says("no trusted keys");
}
