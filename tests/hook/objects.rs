//! Objects that git itself would never make.

use crate::repository::{Home, findings};

/// A tree of exactly these entries, whatever git thinks of it.
pub(crate) fn tree(home: &Home, entries: &[(&str, &str, &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend(format!("{mode} {name}\0").bytes());
        let pairs = id.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        bytes.extend(pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()));
    }
    home.git_reads("hash-object -t tree -w --stdin --literally", &bytes)
}

pub(crate) fn blob(home: &Home, text: &str) -> String {
    home.git_reads("hash-object -w --stdin", text.as_bytes())
}

pub(crate) fn commit(home: &Home, tree: &str) -> String {
    home.git(&format!("commit-tree {tree} -m x")).exits(0).stdout.trim_end().to_owned()
}

/// The objects of the good release, by their names.
pub(crate) fn good(home: &Home) -> Vec<(String, String)> {
    let listed = home.git("ls-tree HEAD:release").exits(0).stdout;
    let entry = |line: &str| {
        let (facts, name) = line.split_once('\t').unwrap();
        (name.to_owned(), facts.rsplit(' ').next().unwrap().to_owned())
    };
    listed.lines().map(entry).collect()
}

/// In git's order, where folders end in a slash.
pub(crate) fn sort(entries: &mut [(&str, &str, &str)]) {
    entries.sort_by_key(
        |(mode, name, _)| if *mode == "40000" { format!("{name}/") } else { (*name).to_owned() },
    );
}

/// What is found if the release has more entries.
#[track_caller]
pub(crate) fn with(home: &Home, more: &[(&str, &str, &str)], exit: i32) -> Vec<String> {
    let good = good(home);
    let mut entries: Vec<(&str, &str, &str)> =
        good.iter().map(|(name, id)| ("100644", name.as_str(), id.as_str())).collect();
    entries.retain(|(_, name, _)| !more.iter().any(|(_, other, _)| other == name));
    entries.extend(more);
    sort(&mut entries);
    let release = tree(home, &entries);
    let commit = commit(home, &tree(home, &[("40000", "release", &release)]));
    findings(&home.check(&commit).exits(exit))
}
