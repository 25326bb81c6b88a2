//! What git is told about a release: signatures are over bytes, so that git must not rewrite line ends.

use std::path::Path;

use crate::{
    error::Error,
    sign::{read_if_there, write_whole},
};

/// Where git reads it, unsigned and no part of the model.
pub(super) const ATTRIBUTES_FILE: &str = ".gitattributes";
const LINE: &str = "* -text";
const MAX_FILE: u64 = 1 << 20;

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

/// Writes what git is told about a new release: the lines by which git-lfs keeps weights, of the folders
/// given, each once; then that bytes are kept.
pub(super) fn write_attributes(release: &Path, of: &[&Path]) -> Result<(), Error> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in of.iter().flat_map(|folder| lfs_lines(folder)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.push(LINE.into());
    let path = release.join(ATTRIBUTES_FILE);
    let text: Vec<u8> = lines.into_iter().flat_map(|line| [line, vec![b'\n']].concat()).collect();
    write_whole(&path, &text).map_err(Error::io(&path))
}

/// The lines of a folder that give files to git-lfs.
fn lfs_lines(folder: &Path) -> Vec<Vec<u8>> {
    let text = read_if_there(&folder.join(ATTRIBUTES_FILE), MAX_FILE).ok().flatten().unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| is_lfs(line)).map(<[u8]>::to_vec).collect()
}

/// Whether a line gives files to git-lfs, but none that git itself has to hold: claims and signatures.
fn is_lfs(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace);
    let pattern = words.next().unwrap_or_default();
    let takes_records = [&b"*"[..], b"**", b"*.*", b"*.json", b"*.sig"].contains(&pattern);
    !takes_records && !pattern.starts_with(b"#") && words.any(|word| word == b"filter=lfs")
}

/// Whether what git is told in a folder is what is written here, and nothing else.
pub(super) fn is_ours(folder: &Path) -> bool {
    let text = read_if_there(&folder.join(ATTRIBUTES_FILE), MAX_FILE).ok().flatten();
    let is_known = |line: &[u8]| line == LINE.as_bytes() || is_lfs(line);
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
    fn a_new_release_keeps_what_git_lfs_keeps() {
        let [input, release] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let text =
            "*.bin filter=lfs diff=lfs merge=lfs -text\r\n# *.x filter=lfs\n*.txt text\n*.json filter=lfs\n";
        fs::write(input.path().join(ATTRIBUTES_FILE), text).unwrap();
        let none = release.path().join("none");
        write_attributes(release.path(), &[input.path(), input.path(), &none]).unwrap();
        let written = fs::read_to_string(release.path().join(ATTRIBUTES_FILE)).unwrap();
        assert_eq!(written, "*.bin filter=lfs diff=lfs merge=lfs -text\n* -text\n");
        assert!(is_ours(release.path()));
    }
}
