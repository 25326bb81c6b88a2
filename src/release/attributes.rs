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

/// Whether what git is told in a folder is this and nothing else.
pub(super) fn is_ours(folder: &Path) -> bool {
    let text = read_if_there(&folder.join(ATTRIBUTES_FILE), MAX_FILE);
    text.ok().flatten().is_some_and(|text| text.strip_suffix(b"\n") == Some(LINE.as_bytes()))
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
        assert!(!is_ours(folder.path()));
    }
}
