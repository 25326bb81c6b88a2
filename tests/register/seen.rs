//! What counts of the times that a register and its witnesses say, and what is kept of these.

use std::fs;

use serde_json::Value;

use crate::{
    forged::Named,
    home::{Home, Ran, declass, finish, request},
    others::{releases, trust},
};

/// The starts of 1, 5, 8 and 10 November 2026, in seconds from 1970.
const DAYS: [u64; 4] = [1_793_491_200, 1_793_836_800, 1_794_096_000, 1_794_268_800];

/// A register with a release in it, entered at a time that its keeper says.
fn with_release() -> (Home, String) {
    let home = Home::new();
    let release = releases().join("first").display().to_string();
    home.run(&format!("append r class-removed --release {release} --time 2026-11-01T10:00:00Z")).exits(0);
    (home, release)
}

/// A trust file whose release key has this besides, and these tables.
fn rules(home: &Home, of_key: &str, tables: &str) {
    trust(home, tables);
    let text = fs::read_to_string(home.path("trust.toml")).unwrap();
    fs::write(home.path("trust.toml"), text.replacen("identity =", &format!("{of_key}\nidentity ="), 1))
        .unwrap();
}

fn verify(home: &Home, release: &str, more: &str) -> Ran {
    let mut command = declass();
    let arguments = format!("verify {release} --trust trust.toml --at 2026-11-20T00:00:00Z --json{more}");
    finish(command.current_dir(home.path(".")).args(arguments.split(' ')))
}

const REGISTER: &str = " --register r --vkey r.vkey";

/// Attaches lines of witnesses to the present checkpoint.
fn attach(home: &Home, lines: &str) -> Ran {
    let _ = fs::remove_file(home.path("ask"));
    home.run("witness r -o ask --old 0").exits(0);
    fs::write(home.path("answer"), lines).unwrap();
    home.run("witness r --answer answer --trust trust.toml")
}

fn witnesses(all: &[(&Named, &str)]) -> String {
    let table = |(key, identity): &(&Named, &str)| {
        format!("[[witness]]\nvkey = \"{}\"\nidentity = \"{identity}\"\n", key.vkey())
    };
    all.iter().map(table).collect()
}

#[test]
fn a_thief_cannot_revive_a_revoked_key_with_a_register_of_their_own() {
    let (home, release) = with_release();
    // The key beside a register is by whoever made the register.
    rules(&home, "not_after = 2026-11-05T00:00:00Z", "");
    verify(&home, &release, " --register r").exits(2).says("--vkey");
    verify(&home, &release, REGISTER).exits(0);
    let revoked = "revoked_at = 2026-11-05T00:00:00Z";
    let witness = Named::new("w.example/w", 4, 1);
    let named = witnesses(&[(&witness, "w")]);
    rules(&home, revoked, &named);
    let said = verify(&home, &release, REGISTER).exits(1).json();
    assert_eq!(said["findings"][0]["code"], "DC2005", "{said:#}");
    assert!(said["findings"][0]["message"].as_str().unwrap().contains("keeper"), "{said:#}");
    // A witness who saw it too late changes nothing, one who saw it before does.
    attach(&home, &witness.cosign(&home, DAYS[2])).exits(0);
    verify(&home, &release, REGISTER).exits(1);
    attach(&home, &witness.cosign(&home, DAYS[0])).exits(0);
    verify(&home, &release, REGISTER).exits(0);
}

#[test]
fn entries_are_dated_by_all_whom_the_rules_ask_for() {
    let (home, release) = with_release();
    let [one, two] =
        [("one.example/w", 1), ("two.example/w", 2)].map(|(name, seed)| Named::new(name, 4, seed));
    let named = |count: usize, names: [&str; 2]| {
        let tables = witnesses(&[(&one, names[0]), (&two, names[1])]);
        format!("{tables}[register]\nwitnesses = {count}\n")
    };
    let tables = named(1, ["one", "two"]);
    rules(&home, "", &tables);
    attach(&home, &(one.cosign(&home, DAYS[0]) + &two.cosign(&home, DAYS[2]))).exits(0);
    for (count, expires, code) in [(1, 5, 0), (2, 5, 1), (2, 10, 0)] {
        rules(&home, &format!("not_after = 2026-11-{expires:02}T00:00:00Z"), &named(count, ["one", "two"]));
        let said = verify(&home, &release, REGISTER).exits(code).json();
        if (count, code) == (2, 0) {
            assert_eq!(said["signatures"][0]["stamp"]["time"], "2026-11-08T00:00:00Z", "{said:#}");
        }
    }
    // Two keys of one witness are one witness.
    rules(&home, "not_after = 2026-11-10T00:00:00Z", &named(2, ["one", "one"]));
    verify(&home, &release, REGISTER).exits(1);
}

#[test]
fn of_each_witness_the_earliest_line_is_kept_and_nothing_grows_without_bound() {
    let (home, _) = with_release();
    let [one, two] =
        [("one.example/w", 1), ("two.example/w", 2)].map(|(name, seed)| Named::new(name, 4, seed));
    rules(&home, "", &witnesses(&[(&one, "one"), (&two, "two")]));
    attach(&home, &two.cosign(&home, DAYS[1])).exits(0);
    for day in [3, 0, 2] {
        attach(&home, &one.cosign(&home, DAYS[day])).exits(0);
    }
    let kept = fs::read_to_string(home.path("r/checkpoints/1.cosigned")).unwrap();
    let mut lines: Vec<&str> = kept.split_inclusive('\n').collect();
    lines.sort_unstable();
    assert_eq!(lines, [one.cosign(&home, DAYS[0]), two.cosign(&home, DAYS[1])]);
    // As many files as are read, but for the two that a writer needs.
    for number in 0..20_000 - 5 {
        fs::write(home.path(&format!("r/checkpoints/x{number}")), "").unwrap();
    }
    home.run("verify r").exits(0);
    home.run(&format!("append r requested --request {}", request(1))).exits(0);
    home.run("witness r -o more").exits(2).says("elsewhere");
    assert!(!home.path("r/checkpoints/2").exists());
    home.run("verify r").exits(0);
}

#[test]
fn a_checkpoint_that_was_kept_is_evidence_and_never_replaced() {
    let home = Home::new().with_requests(2);
    let request_stamp = |out: &str| {
        let mut command = declass();
        let arguments = format!("timestamp request r -o {out}");
        finish(command.current_dir(home.path(".")).args(arguments.split(' ')))
    };
    request_stamp("one.tsq").exits(0);
    request_stamp("two.tsq").exits(0);
    let kept = fs::read(home.path("r/checkpoints/2")).unwrap();
    // The keeper signs another history.
    let other = |at: usize| crate::forged::line(crate::forged::event(at, "requested", at + 7), None);
    crate::forged::forge(&home, &[other(0), other(1)]);
    request_stamp("three.tsq").exits(1).says("another checkpoint");
    assert_eq!(fs::read(home.path("r/checkpoints/2")).unwrap(), kept);
    let said: Value = home.run("verify r --json").exits(1).json();
    assert!(said["findings"][0]["message"].as_str().unwrap().starts_with("witnessed"), "{said:#}");
}
