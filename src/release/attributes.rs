//! What git is told about a release: signatures are over bytes, so that git must not rewrite line ends.

use std::{collections::BTreeSet, path::Path};

use crate::{
    claim::names::{CARD_FILE, MARKS, MOST_EARLIER, earlier_claim},
    error::Error,
    sign::{read_if_there, write_whole},
};

/// Where git reads it, unsigned and no part of the model.
pub(super) const ATTRIBUTES_FILE: &str = ".gitattributes";
const LINE: &str = "* -text";
/// What a line says behind the pattern of files that git-lfs keeps, and nothing that came with it.
const LFS: &[u8] = b" filter=lfs diff=lfs merge=lfs -text";
/// The same of files that it does not keep after all.
const NOT_LFS: &[u8] = b" !filter !diff !merge -text";
const MAX_FILE: u64 = 1 << 20;

/// What a line says of git-lfs.
struct Rule {
    pattern: Vec<u8>,
    is_lfs: bool,
}

/// Has git leave all files below a folder as they are, keeping what it is told otherwise.
pub(super) fn keep_bytes(folder: &Path) -> Result<(), Error> {
    let path = folder.join(ATTRIBUTES_FILE);
    let mut text = read_if_there(&path, MAX_FILE)?.unwrap_or_default();
    if text.split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == LINE.as_bytes()) {
        return Ok(());
    }
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    text.extend([LINE, "\n"].concat().bytes());
    write_whole(&path, &text).map_err(Error::io(&path))
}

/// Writes what git is told about a new release: which files git-lfs keeps and which it does not, in the order of
/// the folders given and each pattern once; then that bytes are kept.
pub(super) fn write_attributes(release: &Path, of: &[&Path]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    let rules: Vec<Rule> = of.iter().flat_map(|folder| rules(folder)).collect();
    // Of several that match, git takes the last one.
    let last = rules.into_iter().rev().filter(|rule| seen.insert(rule.pattern.clone()));
    let mut lines: Vec<Vec<u8>> =
        last.map(|rule| [&rule.pattern[..], if rule.is_lfs { LFS } else { NOT_LFS }].concat()).collect();
    lines.reverse();
    lines.push(LINE.into());
    let path = release.join(ATTRIBUTES_FILE);
    let text: Vec<u8> = lines.into_iter().flat_map(|line| [line, vec![b'\n']].concat()).collect();
    write_whole(&path, &text).map_err(Error::io(&path))
}

/// Which files a folder gives to git-lfs, and which it takes back.
fn rules(folder: &Path) -> Vec<Rule> {
    let text = read_if_there(&folder.join(ATTRIBUTES_FILE), MAX_FILE).ok().flatten().unwrap_or_default();
    let mut macros = BTreeSet::new();
    text.split(|byte| *byte == b'\n').filter_map(|line| rule(line, &mut macros)).collect()
}

/// What a line says of git-lfs, if it speaks of it and of no file that git itself has to hold; `macros` are the names
/// that were given to it in lines before.
fn rule(line: &[u8], macros: &mut BTreeSet<Vec<u8>>) -> Option<Rule> {
    let mut words = line.trim_ascii().split(u8::is_ascii_whitespace);
    let pattern = words.next()?;
    let mut is_lfs = None;
    for word in words {
        let is_filter = |word: &[u8]| word == b"filter" || word.starts_with(b"filter=");
        if word == b"filter=lfs" || macros.contains(word) {
            is_lfs = Some(true);
        } else if is_filter(word.strip_prefix(b"-").or(word.strip_prefix(b"!")).unwrap_or(word)) {
            is_lfs = Some(false);
        }
    }
    if let Some(name) = pattern.strip_prefix(b"[attr]") {
        let _ = if is_lfs == Some(true) { macros.insert(name.to_vec()) } else { macros.remove(name) };
        return None;
    }
    // Comments, and what needs to be spelt otherwise.
    let is_plain = !pattern.iter().any(|byte| b"#\\\"!".contains(byte));
    let is_lfs = is_lfs.filter(|is_lfs| is_plain && !(*is_lfs && takes_records(pattern)))?;
    Some(Rule { pattern: pattern.to_vec(), is_lfs })
}

/// Whether a pattern may be that of a claim, a signature or another file at the top of a release that is no weights.
fn takes_records(pattern: &[u8]) -> bool {
    let mut parts = pattern.strip_prefix(b"/").unwrap_or(pattern).split(|byte| *byte == b'/').rev();
    let Some(last) = parts.next().filter(|_| parts.all(|folder| folder == b"**")) else { return false };
    let others = [ATTRIBUTES_FILE, CARD_FILE, "config.json"].map(str::to_owned);
    let names =
        MARKS.map(str::to_owned).into_iter().chain((1..=MOST_EARLIER).map(earlier_claim)).chain(others);
    names.into_iter().any(|name| may_be(last, name.as_bytes()))
}

/// Whether a pattern may be that of a name. What stands in brackets is any letter.
fn may_be(pattern: &[u8], name: &[u8]) -> bool {
    // By letter of the name: whether the pattern so far may end there.
    let mut ends = vec![false; name.len() + 1];
    ends[0] = true;
    let mut rest = pattern;
    while let Some((sign, behind)) = rest.split_first() {
        rest = behind;
        if *sign == b'*' {
            let first = ends.iter().position(|end| *end).unwrap_or(ends.len());
            ends[first..].fill(true);
            continue;
        }
        let is_any = matches!(sign, b'?' | b'[');
        if *sign == b'[' {
            let end = rest.iter().skip(1).position(|byte| *byte == b']').map_or(rest.len(), |at| at + 2);
            rest = &rest[end..];
        }
        for at in (0..name.len()).rev() {
            ends[at + 1] = ends[at] && (is_any || name[at] == *sign);
        }
        ends[0] = false;
        if !ends.contains(&true) {
            return false;
        }
    }
    ends[name.len()]
}

/// Whether what git is told in a folder is what is written here, and nothing else.
pub(super) fn is_ours(folder: &Path) -> bool {
    let text = read_if_there(&folder.join(ATTRIBUTES_FILE), MAX_FILE).ok().flatten();
    let is_known = |line: &[u8]| line == LINE.as_bytes() || rule(line, &mut BTreeSet::new()).is_some();
    let lines = text.as_ref().and_then(|text| text.strip_suffix(b"\n"));
    lines.is_some_and(|lines| {
        lines.ends_with(LINE.as_bytes()) && lines.split(|byte| *byte == b'\n').all(is_known)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn other_lines_are_kept_and_the_line_comes_once() {
        let folder = tempfile::tempdir().unwrap();
        let read = || fs::read_to_string(folder.path().join(ATTRIBUTES_FILE)).unwrap();
        keep_bytes(folder.path()).unwrap();
        assert!(read() == "* -text\n" && is_ours(folder.path()));
        fs::write(folder.path().join(ATTRIBUTES_FILE), "*.bin filter=lfs").unwrap();
        for _ in 0..2 {
            keep_bytes(folder.path()).unwrap();
            assert_eq!(read(), "*.bin filter=lfs\n* -text\n");
        }
        assert!(is_ours(folder.path()), "a new release would keep the first line, too");
        fs::write(folder.path().join(ATTRIBUTES_FILE), "years of work\n* -text\n").unwrap();
        assert!(!is_ours(folder.path()));
    }

    #[test]
    fn no_pattern_gives_claims_and_signatures_to_git_lfs() {
        for pattern in [
            "*",
            "**",
            "*.*",
            "*.json",
            "/**",
            "**/*.sig",
            "model.*",
            "class-removal*",
            "class-removal.previous-?.json",
            "[c]lass-removal.*",
            "/model.sig",
            "*.md",
            "c*g.js[!x]n",
            ".gitattributes",
            "**/**/*e.json",
        ] {
            assert!(takes_records(pattern.as_bytes()), "{pattern}");
        }
        for pattern in [
            "*.bin",
            "model.onnx",
            "model*.safetensors",
            "saved_model/**/*",
            "a/**",
            "*.tar.*",
            "*tfevents*",
            "[",
            "",
        ] {
            assert!(!takes_records(pattern.as_bytes()), "{pattern}");
        }
        let line = |line: &[u8]| {
            rule(line, &mut BTreeSet::new()).map(|rule| String::from_utf8_lossy(&rule.pattern).into_owned())
        };
        assert_eq!(line(b" *.bin text working-tree-encoding=UTF-16 filter=lfs\r").unwrap(), "*.bin");
        for other in [
            &b"[attr]lfs filter=lfs"[..],
            b"\"model.*\" filter=lfs",
            b"!*.bin filter=lfs",
            b"*.bin text",
            b"",
        ] {
            assert_eq!(line(other), None);
        }
    }

    #[test]
    fn a_new_release_keeps_what_git_lfs_keeps() {
        let [input, release] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let text = "*.bin filter=lfs eol=crlf\r\n# *.x filter=lfs\n*.txt text\n*.json filter=lfs\n";
        fs::write(input.path().join(ATTRIBUTES_FILE), text).unwrap();
        let none = release.path().join("none");
        write_attributes(release.path(), &[input.path(), input.path(), &none]).unwrap();
        let written = fs::read_to_string(release.path().join(ATTRIBUTES_FILE)).unwrap();
        assert_eq!(written, "*.bin filter=lfs diff=lfs merge=lfs -text\n* -text\n");
        assert!(is_ours(release.path()));
    }

    #[test]
    fn names_for_git_lfs_and_exceptions_mean_what_git_takes_them_for() {
        let [input, release] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let text = "[attr]lfs filter=lfs diff=lfs merge=lfs -text\n[attr]other text\n*.safetensors lfs\n*.bin filter=lfs\n\
                    *.onnx other\n*.bin -filter\nsmall.safetensors !filter\n*.json lfs\n*.md filter=x\n";
        fs::write(input.path().join(ATTRIBUTES_FILE), text).unwrap();
        write_attributes(release.path(), &[input.path()]).unwrap();
        let written = fs::read_to_string(release.path().join(ATTRIBUTES_FILE)).unwrap();
        let expected = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n*.bin !filter !diff !merge -text\n\
                        small.safetensors !filter !diff !merge -text\n*.md !filter !diff !merge -text\n* -text\n";
        assert_eq!(written, expected);
        assert!(is_ours(release.path()));
    }
}
