//! Folders that are one thing to the check and another to a checkout.

use std::time::Instant;

use crate::{
    objects::{blob, commit, good, sort, tree},
    process::finish,
    repository::{Home, feed, findings},
};

/// The good release under its own and no other name, and the same with other weights.
fn two(home: &Home) -> (String, String) {
    let good = good(home);
    let bad = blob(home, "other weights");
    let release = |weights: Option<&str>| {
        let id = |name: &str, id| if name == "model.safetensors" { weights.unwrap_or(id) } else { id };
        let entries: Vec<_> =
            good.iter().map(|(name, own)| ("100644", name.as_str(), id(name, own.as_str()))).collect();
        tree(home, &entries)
    };
    (release(None), release(Some(&bad)))
}

#[test]
fn a_folder_is_listed_once_and_in_its_place() {
    let home = Home::with_release();
    let (good, bad) = two(&home);
    let file = blob(&home, "other weights");
    let refused = |entries: &[(&str, &str, &str)]| {
        let commit = commit(&home, &tree(&home, entries));
        assert_eq!(findings(&home.check(&commit).exits(2)), ["DC3004 ."], "{entries:?}");
        home.refuses(&format!("{commit}:refs/heads/x")).says("DC3004");
        let limited = home.check(&format!("{commit} --path elsewhere"));
        assert_eq!(findings(&limited.exits(2)), ["DC3004 ."], "{entries:?}");
    };
    let release = ("40000", "release", good.as_str());
    refused(&[release, ("40000", "release", &bad)]);
    refused(&[("40000", "release", &bad), release]);
    for mode in ["100644", "120000", "160000"] {
        refused(&[(mode, "release", &file), release]);
        refused(&[release, (mode, "release", &file)]);
        refused(&[release, (mode, "release/model.safetensors", &file)]);
        refused(&[release, (mode, "release/zzz.safetensors", &file)]);
        refused(&[(mode, "release/LICENSE", &file), release]);
    }
    refused(&[release, ("40000", "release/more", &bad)]);
    refused(&[("40000", "releases", &good), release]);
    refused(&[release, ("100644", "a.txt", &file)]);
    // Far from any release, too.
    let twice = tree(&home, &[("100644", "x", &file), ("100644", "x", &file)]);
    refused(&[release, ("40000", "src", &twice)]);
}

#[test]
fn names_that_are_one_elsewhere() {
    let home = Home::with_release();
    let (good, bad) = two(&home);
    let file = blob(&home, "x");
    let found = |entries: &[(&str, &str, &str)], exit| {
        findings(&home.check(&commit(&home, &tree(&home, entries))).exits(exit))
    };
    let release = ("40000", "release", good.as_str());
    assert_eq!(found(&[("120000", "RELEASE", &file), release], 2), ["DC3004 release"]);
    assert_eq!(found(&[("40000", "Release", &good), release], 2), ["DC3004 release"]);
    assert!(found(&[("40000", "Release", &bad), release], 1).contains(&"DC3004 release".to_owned()));
    assert_eq!(found(&[("100644", "NOTES", &file), ("100644", "notes", &file), release], 0), [""; 0]);
    let more = tree(&home, &[("100644", "More", &file), ("100644", "more", &file)]);
    let mut entries: Vec<(String, String)> = crate::objects::good(&home);
    entries.push((".github".into(), more));
    let mode = |name: &str| if name == ".github" { "40000" } else { "100644" };
    let mut entries: Vec<_> =
        entries.iter().map(|(name, id)| (mode(name), name.as_str(), id.as_str())).collect();
    sort(&mut entries);
    let release = tree(&home, &entries);
    assert_eq!(found(&[("40000", "release", &release)], 2), ["DC3004 release/.github/more"]);
}

#[test]
fn weights_with_a_name_that_is_cut_short_elsewhere() {
    let home = Home::with_release();
    let file = blob(&home, "x");
    let tree = tree(&home, &[("100644", "model.onnx. .", &file)]);
    assert_eq!(findings(&home.check(&tree).exits(1)), ["DC2001 model.onnx. ."]);
}

#[test]
fn ids_may_be_long() {
    let home = Home::with_release();
    home.git_in("", "init -q -b main --object-format=sha256 wide").exits(0);
    crate::repository::copy(&home.work("release"), &home.path("wide/release"));
    home.git_in("wide", "add -A").exits(0);
    home.git_in("wide", "commit -q -m x").exits(0);
    let check = || {
        let mut check = home.command(env!("CARGO_BIN_EXE_declass"), "wide");
        finish(check.args(["hook", "check", "HEAD", "--json", "--some", "--trust", "../keys/trust.toml"]))
    };
    let said = check().exits(0).json();
    assert_eq!(said["refs"][0]["releases"][0]["tree"].as_str().map(str::len), Some(64));
    let id = home.git_in("wide", "rev-parse HEAD").stdout;
    let line = format!("refs/heads/main {} refs/heads/main {}\n", id.trim_end(), "0".repeat(64));
    let mut hook = home.command(env!("CARGO_BIN_EXE_declass"), "wide");
    feed(hook.args(["hook", "pre-push", "--trust", "../keys/trust.toml"]), line.as_bytes())
        .exits(0)
        .shows("passed: 1 release in 1 ref");
    std::fs::write(home.path("wide/release/config.json"), "{}").unwrap();
    home.git_in("wide", "commit -qam x").exits(0);
    assert!(findings(&check().exits(1)).contains(&"DC2003 release/config.json".to_owned()));
}

/// One large file under many names, and one folder under many refs: read once.
#[test]
fn what_is_the_same_is_read_once() {
    let home = Home::with_release();
    let zeros = home.git_reads("hash-object -w --stdin", &vec![0; 50_000_000]);
    let mut entries = good(&home);
    entries.extend((0..200).map(|number| (format!("x{number:03}"), zeros.clone())));
    let mut entries: Vec<_> =
        entries.iter().map(|(name, id)| ("100644", name.as_str(), id.as_str())).collect();
    sort(&mut entries);
    let release = tree(&home, &entries);
    let commit = commit(&home, &tree(&home, &[("40000", "release", &release)]));
    let refs: Vec<String> = (0..500).map(|_| commit.clone()).collect();
    let start = Instant::now();
    let said = home.check(&refs.join(" ")).exits(1);
    // 10 GB would have to be hashed 500 times.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    assert_eq!(findings(&said).len(), 200);
}
