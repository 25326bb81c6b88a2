//! Whatever is done to a register's files is noticed, by readers and by the next writer, who changes nothing
//! then.

use expect_test::expect;
use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use crate::home::{Home, request};

/// What is done to a folder, the exit code, and what is said.
type Case = (&'static str, fn(&Path), i32, &'static str);

const CASES: [Case; 29] = [
    ("the last entry is gone", |r| edit(r, |lines| lines.truncate(4)), 1, "counts 5 entries, 4 are there"),
    ("all entries are gone", |r| edit(r, Vec::clear), 1, "counts 5 entries, 0 are there"),
    ("cut off in a line", |r| truncate(&r.join(ENTRIES), 7), 1, "entry 4 is cut off"),
    ("the last line feed is gone", |r| truncate(&r.join(ENTRIES), 1), 1, "entry 4 is cut off"),
    ("an edited digit", |r| replace(r, "0000000002", "0000000003"), 1, "not those that were signed"),
    ("an edited time", |r| replace(r, "00:00:02", "00:00:01"), 1, "not those that were signed"),
    ("an edited time out of order", |r| replace(r, "00:00:02", "00:00:09"), 1, "is before"),
    ("an edited number", |r| replace(r, "\"seq\":2", "\"seq\":7"), 1, "its number is 7"),
    ("swapped lines", |r| edit(r, |lines| lines.swap(1, 3)), 1, "entry 1: its number is 3"),
    ("a line twice", |r| edit(r, |lines| lines[3] = lines[2].clone()), 1, "its number is 2"),
    ("a line in between", |r| edit(r, |lines| lines.insert(2, lines[4].clone())), 1, "its number is 4"),
    ("a key twice", |r| replace(r, "\"seq\":2", "\"seq\":2,\"seq\":2"), 1, "key `seq` is there twice"),
    (
        "another field",
        |r| replace(r, "\"seq\":2", "\"seq\":2,\"spy\":2"),
        1,
        "fields or spellings of no event",
    ),
    ("spaces", |r| replace(r, "\"seq\":2", "\"seq\": 2"), 1, "not canonical JSON"),
    ("other line ends", |r| replace(r, "}\n", "}\r\n"), 1, "not canonical JSON"),
    ("no UTF-8", |r| replace_bytes(r, b"\"seq\":2", b"\"seq\":\xff"), 1, "entry 2"),
    ("a huge line", |r| edit(r, |lines| lines[2] = "x".repeat(2 << 20)), 1, "longer than any entry"),
    ("a huge line at the end", |r| edit(r, |lines| lines.push("x".repeat(2 << 20))), 1, "nobody signed it"),
    ("one entry more", |r| edit(r, |lines| lines.push(next_line())), 1, "nobody signed it"),
    ("part of one more", |r| append(r, b"{\"event\":"), 1, "nobody signed it"),
    ("a checkpoint of another size", |r| edit_checkpoint(r, "\n5\n", "\n4\n"), 1, "not of this text"),
    (
        "a checkpoint of another name",
        |r| edit_checkpoint(r, "removals\n5", "removal\n5"),
        1,
        "the trusted key is of",
    ),
    ("an empty checkpoint", |r| fs::write(r.join("checkpoint"), "").unwrap(), 1, "has no signatures"),
    ("a huge checkpoint", |r| fs::write(r.join("checkpoint"), vec![b'x'; 1 << 20]).unwrap(), 2, "more than"),
    ("no checkpoint", |r| fs::remove_file(r.join("checkpoint")).unwrap(), 2, "there is no checkpoint"),
    ("no entries", |r| fs::remove_file(r.join(ENTRIES)).unwrap(), 2, "there are no entries"),
    ("a pipe for entries", |r| pipe(&r.join(ENTRIES)), 2, "not a regular file"),
    ("a pipe for the checkpoint", |r| pipe(&r.join("checkpoint")), 2, "not a regular file"),
    ("a link for the entries", link_entries, 2, "not a regular file"),
];

const ENTRIES: &str = "entries.jsonl";

#[test]
fn all_tampering_is_noticed_by_readers_and_writers() {
    let home = Home::new().with_requests(5);
    home.run("verify r").exits(0);
    home.copy("r", "good");
    for (case, tamper, code, said) in CASES {
        fs::remove_dir_all(home.path("r")).unwrap();
        home.copy("good", "r");
        tamper(&home.path("r"));
        let ran = home.run("verify r").exits(code);
        // A no is an answer, and whatever could not be read an error.
        if code == 1 {
            ran.shows(said)
        } else {
            ran.says(said)
        };
        home.run("list r").exits(code);
        home.run("prove r 0").exits(code);
        let before = contents(&home.path("r"));
        home.run(&format!("append r requested --request {}", request(9))).exits(code);
        assert_eq!(contents(&home.path("r")), before, "{case}: an append changed something");
    }
}

#[test]
fn a_folder_that_is_a_link_or_none_is_refused() {
    let home = Home::new();
    symlink("r", home.path("link")).unwrap();
    fs::write(home.path("file"), "").unwrap();
    for (folder, said) in [
        ("link", "not a folder"),
        ("link/", "not a folder"),
        ("file", "not a folder"),
        ("none", "no register"),
    ] {
        home.run(&format!("verify {folder} --vkey r.vkey")).exits(2).says(said);
        home.run(&format!("append {folder} requested --key r.key --request {}", request(0)))
            .exits(2)
            .says(said);
    }
    // Where the link lies on the way is the user's business.
    symlink(".", home.path("here")).unwrap();
    home.run("verify here/r/ --vkey r.vkey").exits(0);
}

#[test]
fn two_histories_under_one_key_are_told_apart_by_older_checkpoints() {
    let home = Home::new().with_requests(3);
    fs::copy(home.path("r/checkpoint"), home.path("checkpoint.3")).unwrap();
    home.copy("r", "fork");
    home.run(&format!("append r requested --request {}", request(7))).exits(0);
    home.run(&format!("append fork requested --key r.key --request {}", request(8))).exits(0);
    for folder in ["r", "fork"] {
        home.run(&format!("verify {folder} --vkey r.vkey --old checkpoint.3")).exits(0);
    }
    home.run("verify r --old fork/checkpoint").exits(1).shows("history was rewritten");
    home.run("prove r --old fork/checkpoint").exits(1).told(expect![[r#"
        error: `fork/checkpoint`: the first 4 entries are not those that it was signed for: history was rewritten
    "#]]);
    home.run(&format!("append fork requested --key r.key --request {}", request(9))).exits(0);
    home.run("verify r --old fork/checkpoint").exits(1).shows("some were taken away");
    for (checkpoint, said) in
        [("fork/checkpoint", "counts 5 entries, 4 are there"), ("checkpoint.3", "nobody signed it")]
    {
        fs::copy(home.path(checkpoint), home.path("r/checkpoint")).unwrap();
        home.run("verify r").exits(1).shows(said);
    }
}

#[test]
fn a_register_of_another_key_or_name_is_refused() {
    let home = Home::new().with_requests(1);
    home.run("init same --origin example.org/removals").exits(0);
    home.run("init other --origin example.org/other").exits(0);
    home.run("verify r --vkey same.vkey").exits(1).shows("is not signed by `example.org/removals+");
    home.run("verify r --vkey other.vkey").exits(1).shows("the trusted key is of `example.org/other`");
    home.run("verify r --old same/checkpoint").exits(1).shows("not signed by");
    home.run("verify r --old other/checkpoint").exits(1).shows("it is of `example.org/other`");
    for key in ["same.key", "other.key"] {
        home.run(&format!("append r requested --key {key} --request {}", request(2)))
            .exits(1)
            .says("not signed by");
    }
}

/// Names and bytes of a folder's regular files.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut files: Vec<_> = files
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn edit(register: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(register.join(ENTRIES)).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(register.join(ENTRIES), lines.iter().map(|line| line.clone() + "\n").collect::<String>())
        .unwrap();
}

fn replace(register: &Path, from: &str, to: &str) {
    replace_bytes(register, from.as_bytes(), to.as_bytes());
}

/// Replaces the first occurrence.
fn replace_bytes(register: &Path, from: &[u8], to: &[u8]) {
    let bytes = fs::read(register.join(ENTRIES)).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    fs::write(register.join(ENTRIES), [&bytes[..at], to, &bytes[at + from.len()..]].concat()).unwrap();
}

fn edit_checkpoint(register: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(register.join("checkpoint")).unwrap();
    assert!(text.contains(from));
    fs::write(register.join("checkpoint"), text.replacen(from, to, 1)).unwrap();
}

fn append(register: &Path, more: &[u8]) {
    let bytes = fs::read(register.join(ENTRIES)).unwrap();
    fs::write(register.join(ENTRIES), [&bytes[..], more].concat()).unwrap();
}

fn truncate(file: &Path, by: usize) {
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..bytes.len() - by]).unwrap();
}

fn pipe(file: &Path) {
    fs::remove_file(file).unwrap();
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
}

fn link_entries(register: &Path) {
    fs::rename(register.join(ENTRIES), register.join("elsewhere")).unwrap();
    symlink("elsewhere", register.join(ENTRIES)).unwrap();
}

/// A line that would be the next one, had somebody signed it.
fn next_line() -> String {
    let request = request(8);
    format!(
        r#"{{"event":"requested","request":{{"sha256":"{request}"}},"seq":5,"time":"2020-01-01T00:00:09Z","v":1}}"#
    )
}
