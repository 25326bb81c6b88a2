//! Who may know whom: the rules of `src/ARCHITECTURE.md`, held against the sources.

mod sources;

use std::{collections::BTreeSet, fs, path::PathBuf};

use sources::{
    code_of, depth_of, first, inner_paths, is_binary, is_name_char, paths_below, room_of, root, rust_files,
};

/// What each room of the library may name of the others.
const MAY_NAME: [(&str, &[&str]); 43] = [
    ("arrays", &["error"]),
    (
        "batch",
        &[
            "claim",
            "classes",
            "embeddings",
            "error",
            "evidence",
            "head",
            "methods",
            "model",
            "progress",
            "removal",
            "sign",
        ],
    ),
    ("blueprint", &["cut", "error", "net"]),
    ("calendar", &[]),
    ("classes", &["error"]),
    (
        "compare",
        &[
            "claim",
            "classes",
            "cut",
            "embeddings",
            "error",
            "evaluate",
            "evidence",
            "head",
            "rng",
            "space",
            "verify",
        ],
    ),
    ("cut", &["classes", "error", "evidence::Untouched", "evidence::UntouchedKind", "head", "net"]),
    ("device", &["claim::DeviceKind", "error"]),
    (
        "attest",
        &[
            "claim",
            "embeddings",
            "error",
            "evaluate",
            "evidence",
            "export::Words",
            "fetch::PackageUrl",
            "methods",
            "removal",
            "unlearn",
            "verify",
        ],
    ),
    ("claim", &["classes", "error", "evidence", "head", "sign", "unambiguous"]),
    ("edit", &["classes", "cut", "error", "evidence::Untouched", "evidence::UntouchedKind", "head", "net"]),
    ("embeddings", &["classes", "error", "head", "progress", "rng", "space", "tail"]),
    ("error", &[]),
    ("evidence", &["classes"]),
    ("evaluate", &["arrays", "classes", "cut", "error", "evidence", "head", "rng", "statistics"]),
    (
        "export",
        &[
            "batch",
            "claim",
            "classes",
            "compare",
            "error",
            "evaluate",
            "evidence",
            "head::Place",
            "head::Slot",
            "note",
            "register",
            "sign",
        ],
    ),
    ("fetch", &["claim::names", "error", "progress"]),
    ("gate", &["claim", "classes", "cut", "error", "evidence", "head", "progress", "sign"]),
    ("git", &["error"]),
    (
        "model",
        &[
            "claim",
            "classes",
            "cut",
            "error",
            "evidence::Untouched",
            "evidence::UntouchedKind",
            "fetch::PackageUrl",
            "head::Hints",
            "head::Place",
            "methods",
            "removal",
        ],
    ),
    ("net", &["error"]),
    ("note", &[]),
    ("hook", &["claim::names", "error", "evidence", "gate", "git", "sign", "temporary"]),
    ("head", &["classes", "error"]),
    ("inputs", &["arrays", "classes", "error", "progress", "rng", "unambiguous"]),
    ("key_file", &["error"]),
    ("methods", &["classes", "error", "head", "rng", "tail"]),
    (
        "pipeline",
        &[
            "arrays",
            "attest",
            "batch",
            "blueprint",
            "claim",
            "classes",
            "compare",
            "cut",
            "device",
            "edit",
            "embeddings",
            "error",
            "evaluate",
            "evidence",
            "export",
            "fetch::PackageUrl",
            "gate",
            "head",
            "inputs",
            "model",
            "net",
            "progress",
            "release",
            "removal",
            "run",
            "sign",
            "tail",
            "unlearn",
            "verify",
        ],
    ),
    ("progress", &[]),
    ("push", &["error", "fetch"]),
    ("register", &["calendar", "claim", "error", "evidence", "key_file", "note", "sign", "unambiguous"]),
    (
        "release",
        &[
            "attest",
            "claim",
            "error",
            "evidence",
            "export",
            "fetch::PackageUrl",
            "progress",
            "sign",
            "temporary",
            "verify",
        ],
    ),
    ("removal", &["classes", "device", "embeddings", "error", "head", "methods"]),
    ("rng", &[]),
    ("run", &["net"]),
    ("sign", &["calendar", "error", "key_file", "note", "progress", "unambiguous"]),
    ("space", &["error", "head"]),
    ("statistics", &[]),
    ("tail", &["error", "head"]),
    ("temporary", &["error"]),
    ("unambiguous", &[]),
    (
        "unlearn",
        &[
            "classes",
            "embeddings",
            "error",
            "evidence",
            "head",
            "methods",
            "progress",
            "removal",
            "rng",
            "space",
            "tail",
        ],
    ),
    (
        "verify",
        &[
            "blueprint",
            "claim::names",
            "classes",
            "cut",
            "edit",
            "embeddings",
            "error",
            "evidence",
            "head",
            "methods",
            "net",
            "progress",
            "removal",
            "rng",
            "run",
            "space",
            "statistics",
            "tail",
        ],
    ),
];

/// Rooms without arithmetic.
const WITHOUT_CANDLE: [&str; 18] = [
    "attest", "claim", "cut", "edit", "evidence", "export", "fetch", "gate", "git", "head", "hook", "inputs",
    "net", "progress", "push", "register", "release", "sign",
];

#[test]
fn every_room_names_only_what_it_may() {
    let mut offences = Vec::new();
    let mut used = BTreeSet::new();
    for file in rust_files("src") {
        let Some(room) = room_of(&file) else { continue };
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == room) else {
            offences.push(format!("`{room}` has no rule"));
            continue;
        };
        let code = code_of(&file);
        let named = inner_paths(&code, depth_of(&file));
        let fits =
            |path: &String| allowed.iter().any(|rule| path == rule || path.starts_with(&format!("{rule}::")));
        used.extend(
            allowed
                .iter()
                .filter(|rule| named.iter().any(|path| first(path) == first(rule)))
                .map(|rule| (room.clone(), *rule)),
        );
        let foreign = named.iter().filter(|path| first(path) != room && !fits(path));
        offences.extend(foreign.map(|path| format!("{} names `{path}`", file.display())));
        if WITHOUT_CANDLE.contains(&room.as_str()) && code.contains("candle") {
            offences.push(format!("{} names candle", file.display()));
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
    let rules = MAY_NAME.iter().flat_map(|(room, rules)| rules.iter().map(|rule| (room.to_string(), *rule)));
    let idle: Vec<_> = rules.filter(|rule| !used.contains(rule)).collect();
    assert!(idle.is_empty(), "nobody makes use of these permissions: {idle:?}");
}

#[test]
fn permissions_go_one_way() {
    let mut settled: Vec<&str> = Vec::new();
    while settled.len() < MAY_NAME.len() {
        let next = MAY_NAME.iter().find(|(room, rules)| {
            !settled.contains(room) && rules.iter().all(|rule| settled.contains(&first(rule)))
        });
        let (room, _) = next.unwrap_or_else(|| panic!("a circle outside of {settled:?}"));
        settled.push(room);
    }
}

#[test]
fn formats_knows_nothing_of_computing_or_of_the_command_line() {
    let root = root();
    let manifest = fs::read_to_string(root.join("formats/Cargo.toml")).unwrap();
    for word in ["candle", "clap", "hf-hub", "hf_hub", "indicatif", "rayon"] {
        assert!(!manifest.contains(word), "formats/Cargo.toml names {word}");
        for file in rust_files("formats/src") {
            assert!(!code_of(&file).contains(word), "{} names {word}", file.display());
        }
    }
}

#[test]
fn only_the_command_line_prints_and_touches_the_process() {
    let macros = ["println!", "eprintln!", "print!", "eprint!", "dbg!", "anstream", "indicatif"];
    let mut library: Vec<PathBuf> = rust_files("src").into_iter().filter(|file| !is_binary(file)).collect();
    library.extend(rust_files("formats/src"));
    for file in library {
        let code = code_of(&file);
        for word in macros {
            assert!(!code.contains(word), "{} prints with `{word}`", file.display());
        }
        for path in paths_below(&code, "std::") {
            let part = first(&path);
            // Git's objects are read by git itself.
            let starts_git = part == "process" && file.starts_with("src/git");
            assert!(
                !["env", "process"].contains(&part) || starts_git,
                "{} names `std::{path}`",
                file.display()
            );
        }
    }
}

#[test]
fn the_library_is_used_by_the_binary_through_its_public_side_only() {
    let cli: Vec<PathBuf> = rust_files("src").into_iter().filter(|file| is_binary(file)).collect();
    assert!(cli.len() > 5);
    for file in cli {
        let code = code_of(&file);
        let inside = inner_paths(&code, usize::MAX);
        assert!(inside.iter().all(|path| first(path) == "cli"), "{}: {inside:?}", file.display());
        let outside = paths_below(&code, "declass::");
        assert!(outside.iter().all(|path| first(path) != "net"), "{}: {outside:?}", file.display());
    }
}

#[test]
fn only_the_table_of_operators_names_them() {
    let is_table = |file: &PathBuf| file.starts_with("src/net/ops");
    // Parts of tokenizers have names that operators have, and no network is known where they are read.
    let is_apart = |file: &PathBuf| file.ends_with("tests.rs") || file.starts_with("src/inputs");
    let sources: Vec<PathBuf> = rust_files("src").into_iter().filter(|file| !is_apart(file)).collect();
    let (table, others): (Vec<PathBuf>, Vec<PathBuf>) = sources.into_iter().partition(is_table);
    let names: BTreeSet<String> = table.iter().flat_map(|file| operators_named(&code_of(file))).collect();
    assert!(names.len() > 100 && names.contains("Gemm"), "{names:?}");
    for file in others {
        let code = code_of(&file);
        let named: Vec<&String> = names.iter().filter(|name| code.contains(&format!("\"{name}\""))).collect();
        assert!(named.is_empty(), "{} names {named:?}", file.display());
    }
}

/// The names of entries: every quoted first argument that starts with a capital and is not an attribute's.
fn operators_named(code: &str) -> Vec<String> {
    let calls = code.match_indices("(\"").filter(|(at, _)| {
        let call = code[..*at].trim_end_matches(is_name_char);
        !call.ends_with("Attr::")
    });
    let names = calls.filter_map(|(at, _)| code[at + 2..].split('"').next());
    let is_operator =
        |name: &&str| name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(is_name_char);
    names.filter(is_operator).map(str::to_owned).collect()
}

#[test]
fn no_source_file_is_longer_than_500_lines() {
    for folder in ["src", "formats/src", "formats/tests", "tests", "benches"] {
        for file in rust_files(folder) {
            let lines = fs::read_to_string(root().join(&file)).unwrap().lines().count();
            assert!(lines <= 500, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn imports_are_seen_however_they_are_spelt() {
    let code = "use crate::{\n    cut::{Cut, Link},\n    error::Error,\n};\nfn f() { crate::linear::new() }\n\
                use super::super::graph::Flow;\nuse super::near;";
    let seen: Vec<String> = inner_paths(code, 2).into_iter().collect();
    assert_eq!(seen, ["cut::Cut", "cut::Link", "error::Error", "graph::Flow", "linear::new"]);
    let std: Vec<String> = paths_below("use std::{env, io::{self, Write}};", "std::").into_iter().collect();
    assert_eq!(std, ["env", "io::Write", "io::self"]);
}
