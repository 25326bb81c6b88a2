//! The sources as text: which files there are, and what each names of the others.
#![allow(dead_code, reason = "each of the tests that read sources needs a part of it")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All sources below a folder, relative to the repository.
pub(crate) fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                // What fuzzing by hand leaves behind.
                open.extend((entry.file_name() != "target").then_some(path));
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "nothing in {folder}");
    files.sort();
    files
}

/// The top module of a path.
pub(crate) fn first(path: &str) -> &str {
    path.split("::").next().unwrap_or_default()
}

pub(crate) fn is_binary(file: &Path) -> bool {
    file.starts_with("src/cli") || file == Path::new("src/main.rs")
}

/// The top module that a file of the library belongs to; none for the root.
pub(crate) fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix("src").unwrap();
    let room = inside.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    (!is_binary(file) && room != "lib").then_some(room)
}

/// How many `super::` lead from a file to the crate's root.
pub(crate) fn depth_of(file: &Path) -> usize {
    let parts = file.strip_prefix("src").unwrap().components().count();
    if file.ends_with("mod.rs") { parts - 1 } else { parts }
}

/// A file without comments and without its tests, which may name anything.
pub(crate) fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().map(|line| match line.trim_start() {
        start if start.starts_with("//") => "",
        _ => line.split(" //").next().unwrap_or_default(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// All paths that a file names from the root of its own crate.
pub(crate) fn inner_paths(code: &str, depth: usize) -> BTreeSet<String> {
    let mut paths = paths_below(code, "crate::");
    // From `depth` on, `super::` stands for the root.
    if depth < 10 {
        paths.extend(paths_below(code, &"super::".repeat(depth)));
    }
    paths
}

/// All paths behind a prefix, groups in braces taken apart.
pub(crate) fn paths_below(code: &str, prefix: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut paths = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let inside = code[..at].ends_with(|c: char| is_name(c) || c == ':');
        if !inside {
            expand("", &code[at + prefix.len()..], &mut paths);
        }
    }
    paths
}

/// Reads one path or group at the start of `rest`; gives what comes after it.
fn expand<'a>(before: &str, rest: &'a str, paths: &mut BTreeSet<String>) -> &'a str {
    let mut rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside.trim_start();
        while !rest.is_empty() && !rest.starts_with('}') {
            rest = expand(before, rest, paths).trim_start().trim_start_matches(',').trim_start();
        }
        return rest.strip_prefix('}').unwrap_or(rest);
    }
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let path = if before.is_empty() { name.to_owned() } else { format!("{before}::{name}") };
    match after.strip_prefix("::") {
        Some(deeper) if !deeper.starts_with('<') => expand(&path, deeper, paths),
        _ => {
            paths.insert(path);
            let alias = after.strip_prefix(" as ").map(|alias| alias.trim_start_matches(is_name_char));
            alias.unwrap_or_else(|| skip_one_if_stuck(name, after))
        }
    }
}

pub(crate) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Goes past a character that is part of no path (`*` in a group), so that reading always ends.
fn skip_one_if_stuck<'a>(name: &str, after: &'a str) -> &'a str {
    let mut rest = after.chars();
    if name.is_empty() {
        rest.next();
    }
    rest.as_str()
}
