//! The register judged by Go's `golang.org/x/mod`, where Debian's golang-go and golang-golang-x-mod-dev are
//! installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::home::{Home, request};

/// Where Debian keeps the sources of Go packages.
const GOPATH: &str = "/usr/share/gocode";

/// Builds the judge; none if Go or the package is not there.
pub(crate) fn build(home: &Home, source: &str) -> Option<PathBuf> {
    let there = Command::new("go").arg("version").output().is_ok_and(|output| output.status.success());
    if !there || !Path::new(GOPATH).join("src/golang.org/x/mod").exists() {
        return None;
    }
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-cache");
    let judge = home.path(&format!("{source}.judge"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge").join(source);
    let mut go = Command::new("go");
    go.env("GO111MODULE", "off").env("GOPATH", GOPATH).env("GOCACHE", cache).env("GOFLAGS", "");
    let output = go.arg("build").arg("-o").arg(&judge).arg(source).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(judge)
}

fn judged(home: &Home, judge: &Path, vkey: &str, old: &str, index: usize) -> Output {
    fs::write(home.path("inclusion"), home.run(&format!("prove r {index}")).exits(0).stdout).unwrap();
    fs::write(home.path("since"), home.run(&format!("prove r --old {old}")).exits(0).stdout).unwrap();
    let files = [vkey, "r/entries.jsonl", "r/checkpoint", old].map(|name| home.path(name));
    let proofs = [home.path("inclusion"), home.path("since")];
    Command::new(judge).args(files).arg(index.to_string()).args(proofs).output().unwrap()
}

#[test]
#[expect(clippy::print_stderr, reason = "a judge that is absent is told")]
fn go_agrees_with_every_proof() {
    let home = Home::new();
    let Some(judge) = build(&home, "register.go") else {
        eprintln!("skipped: this needs Debian's golang-go and golang-golang-x-mod-dev");
        return;
    };
    let home = home.with_requests(5);
    fs::copy(home.path("r/checkpoint"), home.path("checkpoint.5")).unwrap();
    for i in 5..11 {
        home.run(&format!("append r requested --request {}", request(i))).exits(0);
    }
    for index in 0..11 {
        let output = judged(&home, &judge, "r.vkey", "checkpoint.5", index);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(said, format!("signatures, root, inclusion of {index} and consistency 5 to 11\n"));
    }
    home.run("append r key-rotated --new-key new.key").exits(0);
    fs::copy(home.path("r/checkpoint"), home.path("checkpoint.12")).unwrap();
    home.run(&format!("append r requested --key new.key --request {}", request(12))).exits(0);
    assert!(judged(&home, &judge, "new.vkey", "checkpoint.12", 11).status.success());
    assert!(!judged(&home, &judge, "r.vkey", "checkpoint.12", 11).status.success());
}
