//! Hooks that were there before: kept, run after a yes with the same arguments and input, and put back.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::repository::{Home, feed};

fn write_hook(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A hook that notes what it was told.
const NOTE: &str = "#!/bin/sh\n{ echo \"$1|$2|$#\"; cat; } >> ../noted\n";

#[test]
fn the_hook_before_runs_after_a_yes_only() {
    let home = Home::new();
    let hook = home.work(".git/hooks/pre-push");
    write_hook(&hook, NOTE);
    home.install("").shows("pre-push.before-declass, which runs after the check");
    home.install("");
    home.release("release");
    home.commit();
    home.git("branch other").exits(0);
    home.git("push origin main other").exits(0).says("passed");
    let id = home.git("rev-parse HEAD").stdout;
    let (id, none) = (id.trim_end(), "0".repeat(40));
    let old = home.git("rev-parse HEAD~1").stdout;
    let remote = "../remote.git";
    let expected = format!(
        "origin|{remote}|2\nrefs/heads/main {id} refs/heads/main {}\nrefs/heads/other {id} refs/heads/other {none}\n",
        old.trim_end()
    );
    assert_eq!(fs::read_to_string(home.path("noted")).unwrap(), expected);
    fs::remove_file(home.path("noted")).unwrap();
    home.flip("release/config.json");
    home.commit();
    home.refuses("main").says("DC2003");
    assert!(!home.path("noted").exists(), "nothing is sent, so that nothing has to be done before");
    home.hook("uninstall").exits(0).shows("the one before it is back");
    assert_eq!(fs::read_to_string(&hook).unwrap(), NOTE);
}

#[test]
fn its_no_is_a_no() {
    let home = Home::with_release();
    let kept = home.work(".git/hooks/pre-push.before-declass");
    write_hook(&kept, "#!/bin/sh\necho not today >&2\nexit 3\n");
    home.refuses("main").says("not today").says("says no");
    // As git runs it: without `#!` by the shell, and not at all if it is not executable.
    write_hook(&kept, "echo by the shell: $1; exit 3\n");
    home.refuses("main").says("by the shell: origin");
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o644)).unwrap();
    home.git("push origin main").exits(0).says("is not executable and was left out");
}

#[test]
fn two_hooks_are_not_kept_and_a_link_is_nobodys() {
    let home = Home::new();
    let (hook, kept) = (home.work(".git/hooks/pre-push"), home.work(".git/hooks/pre-push.before-declass"));
    home.install("");
    fs::rename(&hook, home.path("ours")).unwrap();
    std::os::unix::fs::symlink(home.path("ours"), &hook).unwrap();
    home.install("");
    assert!(kept.is_symlink() && !hook.is_symlink());
    fs::remove_file(&hook).unwrap();
    write_hook(&hook, NOTE);
    home.hook("install --trust ../keys/trust.toml").exits(2).says("keeps one already");
    assert_eq!(fs::read_to_string(&hook).unwrap(), NOTE);
    home.hook("uninstall").exits(0).shows("no hook of declass was there");
}

#[test]
fn it_is_told_what_git_says_and_nothing_else() {
    let home = Home::with_release();
    let id = home.git("rev-parse HEAD").stdout;
    let id = id.trim_end();
    for bad in
        ["x\n".to_owned(), format!("a {id} b\n"), format!("a --all b {id}\n"), format!("a {id}0 b {id}\n")]
    {
        let mut hook = home.command(env!("CARGO_BIN_EXE_declass"), "work");
        feed(hook.args(["hook", "pre-push"]), bad.as_bytes()).exits(2).says("not a line of a pre-push hook");
    }
    // An address of the other side may look like an option.
    let mut hook = home.command(env!("CARGO_BIN_EXE_declass"), "work");
    let line = format!("HEAD@{{1 day ago}} {id} --all {}\n", "0".repeat(40));
    feed(hook.args(["hook", "pre-push", "--", "--next=x", "--trust=x"]), line.as_bytes())
        .exits(0)
        .shows("checked         --all");
}
