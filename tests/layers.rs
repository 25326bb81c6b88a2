//! Who may know whom: the direction of the house, read off the sources.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Rooms, and what no file in them may name.
const FORBIDDEN: [(&str, &[&str]); 12] = [
    ("src/cut", &["embeddings", "methods", "unlearn", "verify", "release", "edit"]),
    ("src/edit", &["embeddings", "methods", "unlearn", "verify", "release"]),
    ("src/embeddings", &["cut", "edit", "methods", "unlearn", "verify", "release"]),
    ("src/evaluate", &["edit", "embeddings", "methods", "unlearn", "verify", "release"]),
    ("src/graph", &["cut", "edit", "embeddings", "linear", "methods", "unlearn", "verify", "release"]),
    ("src/methods", &["edit", "embeddings", "unlearn", "verify", "release"]),
    ("src/unlearn", &["edit", "evaluate", "verify", "release"]),
    ("src/verify", &["evaluate", "unlearn", "release"]),
    ("src/linear.rs", &["cut", "edit", "embeddings", "methods", "unlearn", "verify", "release"]),
    ("src/seal.rs", &["edit", "embeddings", "methods", "unlearn", "verify", "release"]),
    (
        "src/statistics.rs",
        &["cut", "edit", "embeddings", "evaluate", "linear", "methods", "unlearn", "verify", "release"],
    ),
    ("src/space.rs", &["cut", "edit", "embeddings", "methods", "unlearn", "verify", "release"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a path.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let below = entries.flat_map(|entry| sources(&entry.unwrap().path()));
    below.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}

/// Modules of the crate that a file names behind `crate::`, in paths and in grouped imports.
fn named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in text.split("crate::").skip(1) {
        let group = rest.strip_prefix('{').map(|group| &group[..group.find(';').unwrap_or(group.len())]);
        let mut depth = 0;
        for word in group.unwrap_or("").split_inclusive(['{', '}', ',']) {
            if depth == 0 {
                found.push(word.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
            depth += word.matches('{').count() as i32 - word.matches('}').count() as i32;
        }
        found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
    }
    found
}

#[test]
fn imports_go_one_way() {
    for (room, forbidden) in FORBIDDEN {
        for file in sources(&root().join(room)) {
            let text = fs::read_to_string(&file).unwrap();
            let offence = named(&text).into_iter().find(|name| forbidden.contains(&name.as_str()));
            assert_eq!(offence, None, "{} names what it must not", file.display());
        }
    }
}

#[test]
fn the_walk_sees_grouped_and_nested_imports() {
    let text =
        "use crate::{\n    cut::{Cut, Link},\n    verify::Report,\n};\nfn f(x: crate::space::Space) {}";
    for name in ["cut", "verify", "space"] {
        assert!(named(text).contains(&name.to_owned()), "{name}: {:?}", named(text));
    }
}

#[test]
fn only_the_tool_prints_exits_or_reads_the_environment() {
    let library = sources(&root().join("src")).into_iter().chain(sources(&root().join("formats/src")));
    let tool = [root().join("src/cli"), root().join("src/main.rs")];
    for file in library.filter(|file| !tool.iter().any(|tool| file.starts_with(tool))) {
        let text = fs::read_to_string(&file).unwrap();
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in ["println!", "eprintln!", "process::exit", "env::var", "anstream", "indicatif", "clap"] {
            assert!(!code.contains(word), "{} has {word}", file.display());
        }
    }
}

#[test]
fn the_formats_crate_knows_no_tensors_network_or_arguments() {
    let manifest = fs::read_to_string(root().join("formats/Cargo.toml")).unwrap();
    for name in ["candle", "hf-hub", "clap", "declass\""] {
        assert!(!manifest.lines().any(|line| line.starts_with(name)), "formats depends on {name}");
    }
}

#[test]
fn no_file_is_too_long_to_be_read_in_a_sitting() {
    for folder in ["src", "formats", "tests", "benches"] {
        for file in sources(&root().join(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= 500, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn the_architecture_names_only_what_is_there() {
    let text = fs::read_to_string(root().join("src/ARCHITECTURE.md")).unwrap();
    let paths = text.split('`').skip(1).step_by(2);
    let paths: Vec<&str> =
        paths.filter(|path| path.starts_with("src/") || path.starts_with("formats/")).collect();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        assert!(root().join(path).exists(), "{path} is not there");
    }
}
