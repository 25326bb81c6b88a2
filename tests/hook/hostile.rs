//! Objects that git itself would never make, and names that look like something else.

use std::fs;

use crate::{
    objects::{blob, commit, good, tree, with},
    process::finish,
    repository::{Home, findings},
};

#[test]
fn links_and_other_repositories_are_no_files() {
    let home = Home::with_release();
    assert!(with(&home, &[], 0).is_empty());
    let target = blob(&home, "config.json");
    assert_eq!(with(&home, &[("120000", "link", &target)], 1), ["DC2004 release/link"]);
    assert_eq!(with(&home, &[("160000", "sub", &"1".repeat(40))], 1), ["DC2004 release/sub"]);
    assert_eq!(with(&home, &[("100600", "odd", &target)], 1), ["DC2004 release/odd"]);
    // A link in the place of a file, or of a signature.
    let weights = with(&home, &[("120000", "model.safetensors", &target)], 1);
    assert_eq!(weights[0], "DC2004 release/model.safetensors");
    assert_eq!(with(&home, &[("120000", "model.sig", &target)], 1), ["DC2001 release/model.sig"]);
    fs::create_dir(home.work("links")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", home.work("links/model.onnx")).unwrap();
    home.commit();
    assert_eq!(findings(&home.check("HEAD").exits(1)), ["DC2001 links/model.onnx"]);
}

#[test]
fn names_that_no_folder_can_have_are_refused() {
    let home = Home::with_release();
    let (text, outside) = (blob(&home, "x"), home.path("outside"));
    let empty = tree(&home, &[]);
    let inner = tree(&home, &[("100644", "outside", &text)]);
    for name in ["a\\b", ".", "..", "", "a/b", "../outside", "/outside"] {
        assert_eq!(
            with(&home, &[("100644", name, &text)], 2)[0].split(' ').next(),
            Some("DC3004"),
            "{name:?}"
        );
    }
    for name in ["..", ".", ".git", ".GIT"] {
        with(&home, &[("40000", name, &inner)], 2);
    }
    with(&home, &[("40000", "empty", &empty)], 0);
    assert!(!outside.exists());
    // Twice the same name: nobody knows which one a checkout would have.
    let good = good(&home);
    let config = good.iter().find(|(name, _)| name == "config.json").unwrap();
    let mut entries: Vec<_> = good.iter().map(|(name, id)| ("100644", name.as_str(), id.as_str())).collect();
    entries.push(("100644", "config.json", &config.1));
    let twice = tree(&home, &[("40000", "release", &tree(&home, &entries))]);
    assert_eq!(findings(&home.check(&twice).exits(2)), ["DC3004 ."]);
    // Line ends in names are nothing special.
    assert_eq!(with(&home, &[("100644", "a\n100644 blob", &text)], 1), ["DC2004 release/a\n100644 blob"]);
    let said = home.hook(&format!("check --format github --trust ../keys/trust.toml {}", {
        let release = tree(&home, &[("100644", "x\n::stop-commands::y.onnx", &text)]);
        commit(&home, &release)
    }));
    assert_eq!(said.exits(1).stdout.lines().count(), 1);
}

#[test]
fn names_are_never_options() {
    let home = Home::with_release();
    for name in ["--all", "-x", "--output=x", "HEAD ", "HEAD^{blob}", "v9", "HEAD:notes.txt", "^HEAD", "a..b"]
    {
        let mut command = home.command(env!("CARGO_BIN_EXE_declass"), "work");
        command.args(["hook", "check", "--json", "--trust", "../keys/trust.toml", "--", name]);
        let ran = finish(&mut command);
        assert_eq!(findings(&ran.exits(2)), ["DC3004 ."], "{name}");
    }
    for name in ["HEAD", "HEAD~1", "HEAD:release", "HEAD@{0}", ":/x"] {
        home.check(name).exits(0);
    }
    home.git("update-ref refs/heads/--all HEAD").exits(0);
    home.git("push origin refs/heads/--all").exits(0).says("checked         refs/heads/--all");
    let name = "refs/heads/$(touch${IFS}x);`touch${IFS}x`'\"&|";
    home.git(&format!("update-ref {name} HEAD")).exits(0);
    home.git(&format!("push origin {name}")).exits(0).says("1 release");
    assert!(!home.work("x").exists());
}

#[test]
fn what_is_here_in_the_place_of_an_object_does_not_count() {
    let home = Home::with_release();
    let good = home.git("rev-parse HEAD").stdout;
    home.flip("release/config.json");
    home.commit();
    home.git(&format!("replace HEAD {good}")).exits(0);
    assert_eq!(
        home.git("rev-parse HEAD^{tree}").stdout,
        home.git(&format!("rev-parse {}^{{tree}}", good.trim_end())).stdout
    );
    home.refuses("main").says("DC2003");
}

#[test]
fn what_is_no_commit_or_not_there_is_not_passed() {
    let home = Home::with_release();
    let text = blob(&home, "x");
    home.git(&format!("tag file {text}")).exits(0);
    home.refuses("file").says("DC3004").says("is not a commit");
    home.git("tag folder HEAD:release").exits(0);
    home.git("push origin folder").exits(0).says("1 release");
    let weights = home.git("rev-parse HEAD:release/model.safetensors").stdout;
    let (start, rest) = weights.trim_end().split_at(2);
    fs::remove_file(home.work(".git/objects").join(start).join(rest)).unwrap();
    assert_eq!(findings(&home.check("HEAD").exits(2)), ["DC3004 release"]);
    let missing = tree(&home, &[("40000", "x", &"1".repeat(40))]);
    assert_eq!(findings(&home.check(&missing).exits(2)), ["DC3004 ."]);
}

#[test]
fn a_few_objects_that_stand_for_many_end() {
    let home = Home::with_release();
    let mut bomb = blob(&home, "x");
    let names: Vec<String> = (0..20).map(|number| format!("d{number:02}")).collect();
    for level in 0..8 {
        let mode = if level == 0 { "100644" } else { "40000" };
        bomb =
            tree(&home, &names.iter().map(|name| (mode, name.as_str(), bomb.as_str())).collect::<Vec<_>>());
    }
    assert_eq!(findings(&home.check(&bomb).exits(2)), ["DC3004 ."]);
    assert_eq!(with(&home, &[("40000", "deep", &bomb)], 2), ["DC3004 ."]);
}
