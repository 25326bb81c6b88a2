//! Pushes that ask for more than there is: claims of one object by the dozen, and what killed hooks leave.

use std::fs;

use crate::{
    objects::{blob, good, tree, with},
    process::finish,
    repository::{Home, findings},
};

/// Entries of the good release with these files more.
fn release_with(home: &Home, more: &[(String, String)]) -> String {
    let good = good(home);
    let mut entries: Vec<(&str, &str, &str)> =
        good.iter().chain(more).map(|(name, id)| ("100644", name.as_str(), id.as_str())).collect();
    entries.sort_by_key(|(_, name, _)| *name);
    tree(home, &[("40000", "release", &tree(home, &entries))])
}

#[test]
fn ninety_nine_claims_of_one_object_write_nothing() {
    let home = Home::with_release();
    fs::write(home.path("spaces"), vec![b' '; 20 << 20]).unwrap();
    let id = home.git("hash-object -w ../spaces").exits(0).stdout.trim_end().to_owned();
    let claims = |count: usize| -> Vec<(String, String)> {
        (1..=count).map(|at| (format!("class-removal.previous-{at}.json"), id.clone())).collect()
    };
    let scratch = home.path("scratch");
    fs::create_dir(&scratch).unwrap();
    let check = |tree: &str| {
        // A file system that takes no file of a megabyte: what is written there would be seen.
        let script = "ulimit -f 2048; exec \"$0\" \"$@\"";
        let mut command = home.command("sh", "work");
        command.args(["-c", script, env!("CARGO_BIN_EXE_declass"), "hook", "check", "--json"]);
        command.args(["--trust", "../keys/trust.toml", tree]).env("TMPDIR", &scratch);
        finish(&mut command)
    };
    let said = check(&release_with(&home, &claims(99))).exits(2);
    assert_eq!(findings(&said), ["DC3004 release"]);
    assert!(said.stdout.contains("have more than 134217728 bytes together"), "{said:#?}");
    // Within the bound, unsigned: nothing is written either.
    let said = check(&release_with(&home, &claims(5))).exits(1);
    assert_eq!(findings(&said)[0], "DC2004 release/class-removal.previous-1.json");
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
}

#[test]
fn what_a_killed_hook_left_goes_with_the_next() {
    let home = Home::with_release();
    let scratch = home.path("scratch");
    fs::create_dir_all(scratch.join("declass-hook-0123456789ab/deep")).unwrap();
    fs::write(scratch.join("declass-hook-0123456789ab/deep/file"), "x").unwrap();
    fs::create_dir(scratch.join("declass-mine")).unwrap();
    let mut command = home.command(env!("CARGO_BIN_EXE_declass"), "work");
    command.args(["hook", "check", "--trust", "../keys/trust.toml", "HEAD"]).env("TMPDIR", &scratch);
    finish(&mut command).exits(0);
    let left: Vec<_> = fs::read_dir(&scratch).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["declass-mine"]);
    let text = blob(&home, "x");
    assert_eq!(with(&home, &[("100644", "extra", &text)], 1), ["DC2004 release/extra"]);
}
