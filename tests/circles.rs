//! No circles of files inside of a room: what `layers.rs` asks of rooms, asked of files.
//!
//! A file knows another if it names something that is defined there; names that a module hands on (`pub use`)
//! count for the file that defines them. What a module shares with its own children, and that it declares
//! them, is no circle.

mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use sources::{code_of, paths_below, rust_files};

/// Files by the path of the module that they are, from the root of their crate.
type Modules = BTreeMap<Vec<String>, PathBuf>;

#[test]
fn files_do_not_know_each_other_in_circles() {
    let mut circles = Vec::new();
    for folder in ["src", "formats/src"] {
        let modules = modules(folder);
        let knows = modules.keys().map(|module| (module.clone(), known_to(module, &modules))).collect();
        circles.extend(circles_in(&knows));
    }
    assert!(circles.is_empty(), "files that know each other in a circle: {circles:#?}");
}

#[test]
fn a_circle_is_seen() {
    let name = |name: &str| vec![name.to_owned()];
    let knows = |pairs: &[(&str, &str)]| {
        let mut knows: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
        for (from, to) in pairs {
            knows.entry(name(from)).or_default().insert(name(to));
            knows.entry(name(to)).or_default();
        }
        knows
    };
    assert_eq!(circles_in(&knows(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")])), [["a", "b", "c"]]);
    assert!(circles_in(&knows(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
}

#[test]
fn names_are_followed_to_the_file_that_defines_them() {
    let modules = modules("src");
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(file_of(&module("head::LinearHead"), &modules), Some(module("head::linear")));
    assert_eq!(file_of(&module("head::linear::LinearHead"), &modules), Some(module("head::linear")));
    assert!(known_to(&module("head::seal"), &modules).contains(&module("head::linear")));
}

fn modules(folder: &str) -> Modules {
    let module = |file: &Path| {
        let inside = file.strip_prefix(folder).unwrap().with_extension("");
        let mut parts: Vec<String> =
            inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        if parts.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
            parts.pop();
        }
        parts
    };
    let files = rust_files(folder).into_iter().filter(|file| !file.ends_with("main.rs"));
    files.map(|file| (module(&file), file)).collect()
}

/// The modules whose definitions a module names, but for its own parents and children.
fn known_to(module: &[String], modules: &Modules) -> BTreeSet<Vec<String>> {
    let code = code_of(&modules[module]);
    let mut known = BTreeSet::new();
    let mut note = |base: &[String], path: &str| {
        let path: Vec<String> = base.iter().cloned().chain(path.split("::").map(str::to_owned)).collect();
        known.extend(file_of(&path, modules));
    };
    paths_below(&code, "crate::").iter().for_each(|path| note(&[], path));
    for up in 1..=module.len() {
        let base = &module[..module.len() - up];
        for path in paths_below(&code, &"super::".repeat(up)) {
            note(base, &path);
        }
    }
    known.retain(|other| !other.starts_with(module) && !module.starts_with(other));
    known
}

/// The module that defines what a path names, names that are handed on followed.
fn file_of(path: &[String], modules: &Modules) -> Option<Vec<String>> {
    let deepest = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(deepest);
    let Some(name) = rest.first() else { return Some(module.to_vec()) };
    let handed_on = reexports(&code_of(&modules[module]));
    match handed_on.get(name) {
        Some(inner) => {
            let inner: Vec<String> = module.iter().cloned().chain(inner.iter().cloned()).collect();
            // A name from another room or crate ends here.
            if modules.contains_key(&inner[..=deepest.min(inner.len() - 1)]) {
                file_of(&inner, modules)
            } else {
                Some(module.to_vec())
            }
        }
        None => Some(module.to_vec()),
    }
}

/// What a module hands on from its children, by name.
fn reexports(code: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for line in code.split(';') {
        let Some((_, rest)) = line.split_once("pub").filter(|(_, rest)| rest.contains("use ")) else {
            continue;
        };
        let Some((_, tree)) = rest.split_once("use ") else { continue };
        for path in paths_below(&format!("@{}", tree.trim()), "@") {
            let parts: Vec<String> = path.split("::").map(str::to_owned).collect();
            found.insert(parts.last().cloned().unwrap_or_default(), parts);
        }
    }
    found
}

/// Sets of modules that reach each other.
fn circles_in(knows: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<Vec<String>> {
    let reach = |from: &Vec<String>| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop().and_then(|module| knows.get(module)) {
            open.extend(next.iter().filter(|module| seen.insert((*module).clone())));
        }
        seen
    };
    let reached: BTreeMap<_, _> = knows.keys().map(|module| (module, reach(module))).collect();
    let mutual = |a: &Vec<String>, b: &Vec<String>| {
        reached[a].contains(b) && reached.get(b).is_some_and(|r| r.contains(a))
    };
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for module in knows.keys().filter(|module| mutual(module, module)) {
        if told.insert(module) {
            let circle: Vec<_> = knows.keys().filter(|other| mutual(module, other)).collect();
            circles.push(circle.iter().map(|module| module.join("::")).collect());
            told.extend(circle);
        }
    }
    circles
}
