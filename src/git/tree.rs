//! What a folder in git holds.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Stdio},
};

use super::{ObjectId, Repository, not_run};
use crate::error::Error;

/// More entries are no repository of models. A few objects can stand for any number of entries.
const MAX_ENTRIES: usize = 2_000_000;
/// No path is longer, together with what stands before it.
const MAX_LINE: u64 = 1 << 16;

/// What an entry is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, another repository, or nothing that is known.
    Other,
}

/// One entry of a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its object.
    pub id: ObjectId,
    /// Its path below the folder: any bytes but zero, whatever they would do to a disk.
    pub path: Vec<u8>,
}

impl Repository {
    /// Every entry below a folder, in order; with folders, each before what it holds.
    ///
    /// # Errors
    /// [`Error::Git`] if the folder cannot be read or holds too much, or what `each` says.
    pub fn list(
        &self,
        tree: &ObjectId,
        folders: bool,
        mut each: impl FnMut(Entry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut command = self.command();
        command.args(["ls-tree", "-r", "-z", "--full-tree"]).args(folders.then_some("-t")).arg(tree.as_str());
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| not_run(&error))?;
        let listed = child.stdout.take().map_or(Ok(()), |listing| read(listing, tree, &mut each));
        finish(child, listed, tree)
    }
}

fn read(
    listing: ChildStdout,
    tree: &ObjectId,
    each: &mut impl FnMut(Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut listing = BufReader::new(listing);
    for _ in 0..MAX_ENTRIES {
        let mut line = Vec::new();
        let read = (&mut listing).take(MAX_LINE).read_until(0, &mut line);
        match (read, line.pop()) {
            (Ok(0), _) => return Ok(()),
            (Ok(_), Some(0)) => {
                each(entry(&line).ok_or_else(|| unreadable(tree, "has an entry that makes no sense"))?)?
            }
            _ => return Err(unreadable(tree, "cannot be listed to its end")),
        }
    }
    Err(unreadable(tree, &format!("holds more than {MAX_ENTRIES} entries")))
}

fn finish(mut child: Child, listed: Result<(), Error>, tree: &ObjectId) -> Result<(), Error> {
    if listed.is_err() {
        let _ = child.kill();
    }
    let ended = child.wait();
    listed?;
    match ended {
        Ok(status) if status.success() => Ok(()),
        _ => Err(unreadable(tree, "cannot be listed: it or what it holds is missing or damaged")),
    }
}

fn unreadable(tree: &ObjectId, why: &str) -> Error {
    Error::Git { reason: format!("folder {tree} {why}") }
}

/// `<mode> <type> <id>\t<path>`.
fn entry(line: &[u8]) -> Option<Entry> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (facts, path) = (std::str::from_utf8(line.get(..tab)?).ok()?, line.get(tab + 1..)?);
    let [mode, kind, id] = facts.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let kind = match (mode, kind) {
        ("100644" | "100664" | "100755", "blob") => Kind::File,
        (_, "tree") => Kind::Folder,
        _ => Kind::Other,
    };
    Some(Entry { kind, id: id.parse().ok()?, path: path.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whatever_the_path_is() {
        let id = "0123456789012345678901234567890123456789";
        let read = |line: String| entry(line.as_bytes()).map(|entry| (entry.kind, entry.path));
        let found = |kind, path: &str| Some((kind, path.as_bytes().to_vec()));
        assert_eq!(read(format!("100644 blob {id}\ta b\t\n-x")), found(Kind::File, "a b\t\n-x"));
        assert_eq!(read(format!("120000 blob {id}\tlink")), found(Kind::Other, "link"));
        assert_eq!(read(format!("160000 commit {id}\tother")), found(Kind::Other, "other"));
        assert_eq!(read(format!("040000 tree {id}\tfolder")), found(Kind::Folder, "folder"));
        for bad in ["", "100644 blob\tx", "100644 blob 0\tx", "100644 blob"] {
            assert_eq!(read(bad.into()), None, "{bad}");
        }
    }
}
