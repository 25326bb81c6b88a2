//! The same check where a push arrives, which nobody can pass by.

use std::{fs, process::Command};

use crate::{
    process::{Ran, finish},
    repository::Home,
};

fn home_with_server() -> Home {
    let home = Home::new();
    let mut install = home.command(env!("CARGO_BIN_EXE_declass"), "");
    install.args(["hook", "install", "remote.git", "--trust", "keys/trust.toml", "--pre-receive"]);
    finish(&mut install).exits(0);
    home.release("release");
    home.commit();
    home
}

#[test]
fn a_server_refuses_what_no_client_has_checked() {
    let home = home_with_server();
    home.git("push --no-verify origin main").exits(0).says("passed: 1 release");
    home.flip("release/model.safetensors");
    home.commit();
    home.refuses("--no-verify main").says("DC2003").says("pre-receive hook declined");
    home.git("tag -a v1 -m x").exits(0);
    home.refuses("--no-verify main~1:refs/heads/good v1").says("refs/tags/v1");
    home.git("push --no-verify origin main~1:refs/heads/good").exits(0);
    home.git("push --no-verify origin :good").exits(0);
    let mut uninstall = home.command(env!("CARGO_BIN_EXE_declass"), "remote.git");
    finish(uninstall.args(["hook", "uninstall"])).exits(0);
    assert!(!home.path("remote.git/hooks/pre-receive").exists());
    home.git("push --no-verify origin main").exits(0);
}

#[test]
fn a_push_does_not_say_whom_the_server_trusts() {
    let home = home_with_server();
    let stranger = declass::sign::ReleaseKey::generate().unwrap();
    home.sign("release", &stranger);
    fs::write(home.work("key.pub.pem"), stranger.public().to_pem()).unwrap();
    let trust = fs::read_to_string(home.path("keys/trust.toml")).unwrap();
    let trust = trust.replace(&home.key.public().fingerprint(), &stranger.public().fingerprint());
    fs::write(home.work("trust.toml"), trust).unwrap();
    home.commit();
    home.refuses("--no-verify main").says("DC2005");
}

#[test]
fn the_check_finds_its_repository_as_git_says_it() {
    let home = home_with_server();
    home.git("push -q --no-verify origin main").exits(0);
    let run = |folder: &str, set: &[(&str, &str)]| -> Ran {
        let mut command: Command = home.command(env!("CARGO_BIN_EXE_declass"), folder);
        let trust = home.path("keys/trust.toml");
        finish(command.envs(set.iter().copied()).args(["hook", "check", "main", "--trust"]).arg(trust))
    };
    run("remote.git", &[("GIT_DIR", ".")]).exits(0).shows("1 release");
    fs::create_dir(home.path("elsewhere")).unwrap();
    run("elsewhere", &[("GIT_DIR", "../work/.git")]).exits(0).shows("1 release");
    // So git takes the current folder for its work tree, and would check out there.
    run("", &[("GIT_DIR", "work/.git")]).exits(2).says("must not say itself");
    run("keys", &[("GIT_DIR", "../work/.git"), ("GIT_WORK_TREE", "../work")]).exits(0).shows("1 release");
    run("keys", &[]).exits(2).says("inside a git repository");
    // What is installed is told by its folder and not by the environment.
    let mut install = home.command(env!("CARGO_BIN_EXE_declass"), "");
    install.env("GIT_DIR", "remote.git").args(["hook", "install", "work", "--trust", "keys/trust.toml"]);
    finish(&mut install).exits(0);
    assert!(home.work(".git/hooks/pre-push").exists() && !home.path("remote.git/hooks/pre-push").exists());
}
