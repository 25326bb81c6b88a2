//! What folders in git hold, read from their objects as they are: a listing of paths would not tell a name
//! with a slash in it from a file in a folder.

use std::collections::BTreeSet;

use super::{ObjectId, Objects, plain_name};
use crate::error::Error;

/// More entries are no repository of models. A few objects can stand for any number of entries.
const MAX_ENTRIES: usize = 1_000_000;
/// No folder of so many entries has more bytes.
const MAX_FOLDER: u64 = 1 << 27;
/// No system opens a longer path.
const MAX_PATH: usize = 4096;

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
    /// Its name in the folder: any bytes but zero and slashes, whatever they would do to a disk.
    pub name: Vec<u8>,
}

/// A folder and its entries, in git's order and each name once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Folder {
    /// Its path below the folder that is walked through, which has the empty one.
    pub path: Vec<u8>,
    /// Its object.
    pub id: ObjectId,
    /// What it holds.
    pub entries: Vec<Entry>,
}

impl Folder {
    /// The path of one of its entries.
    #[must_use]
    pub fn path_of(&self, entry: &Entry) -> Vec<u8> {
        match self.path.as_slice() {
            b"" => entry.name.clone(),
            path => [path, &entry.name].join(&b'/'),
        }
    }
}

impl Objects {
    /// A folder and every one below it, each before those that it holds.
    ///
    /// # Errors
    /// [`Error::Git`] if one cannot be read, is not as git writes folders or if they hold too much; or what
    /// `each` says.
    pub fn walk(
        &mut self,
        tree: &ObjectId,
        mut each: impl FnMut(&Folder) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut left = MAX_ENTRIES;
        let mut pending = vec![(Vec::new(), tree.clone())];
        while let Some((path, id)) = pending.pop() {
            let entries = self.entries(&id)?;
            left = left
                .checked_sub(entries.len())
                .ok_or_else(|| unreadable(tree, &format!("holds more than {MAX_ENTRIES} entries")))?;
            let folder = Folder { path, id, entries };
            each(&folder)?;
            for entry in folder.entries.iter().rev().filter(|entry| entry.kind == Kind::Folder) {
                let path = folder.path_of(entry);
                if path.len() > MAX_PATH {
                    return Err(unreadable(tree, "holds paths that are too long"));
                }
                pending.push((path, entry.id.clone()));
            }
        }
        Ok(())
    }

    fn entries(&mut self, tree: &ObjectId) -> Result<Vec<Entry>, Error> {
        self.read("tree", tree, |object, size| {
            if size > MAX_FOLDER {
                return Err(unreadable(tree, "is too large"));
            }
            let mut bytes = Vec::new();
            object.read_to_end(&mut bytes).map_err(|error| unreadable(tree, &error.to_string()))?;
            let entries = parse(&bytes, tree.size()).ok_or_else(|| unreadable(tree, "is not a folder"))?;
            match problem(&entries) {
                None => Ok(entries),
                Some(problem) => Err(unreadable(tree, problem)),
            }
        })
    }
}

fn unreadable(tree: &ObjectId, why: &str) -> Error {
    Error::Git { reason: format!("folder {tree} {why}") }
}

/// Entries of `<mode> <name>\0<id>`.
fn parse(mut bytes: &[u8], id_size: usize) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let (head, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
        let space = head.iter().position(|byte| *byte == b' ')?;
        let (mode, name) = (head.get(..space)?, head.get(space + 1..)?);
        let (id, rest) = rest.split_at_checked(id_size)?;
        entries.push(Entry { kind: kind(mode)?, id: ObjectId::of_bytes(id), name: name.to_vec() });
        bytes = rest;
    }
    Some(entries)
}

/// What octal digits say, as git takes them.
fn kind(mode: &[u8]) -> Option<Kind> {
    if mode.is_empty() || mode.len() > 6 || !mode.iter().all(|digit| matches!(digit, b'0'..=b'7')) {
        return None;
    }
    let mode = mode.iter().fold(0_u32, |mode, digit| (mode << 3) | u32::from(digit - b'0'));
    Some(match mode {
        0o100_644 | 0o100_664 | 0o100_755 => Kind::File,
        mode if mode & 0o170_000 == 0o040_000 => Kind::Folder,
        _ => Kind::Other,
    })
}

/// Why nobody knows what a checkout of these entries would be. Git itself would make no such folder, and
/// takes the one or the other entry of it, as it goes.
fn problem(entries: &[Entry]) -> Option<&'static str> {
    let no_name = |name: &[u8]| {
        let is_git = [".git", "git~1"].iter().any(|git| plain_name(name).eq_ignore_ascii_case(git));
        matches!(name, b"" | b"." | b"..") || name.contains(&b'/') || is_git
    };
    let mut names = BTreeSet::new();
    if entries.iter().any(|entry| no_name(&entry.name)) {
        Some("holds a name that no folder can have")
    } else if !entries.iter().all(|entry| names.insert(&entry.name)) {
        Some("holds a name twice")
    } else if !entries.is_sorted_by(|one, next| order(one).lt(order(next))) {
        Some("is not in git's order")
    } else {
        None
    }
}

/// Folders sort as if their names ended in a slash.
fn order(entry: &Entry) -> impl Iterator<Item = &u8> {
    let end = (entry.kind == Kind::Folder).then_some(&b'/');
    entry.name.iter().chain(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(entries: &[(&str, &str)]) -> Vec<u8> {
        let entry = |(mode, name): &(&str, &str)| [format!("{mode} {name}\0").as_bytes(), &[7; 20]].concat();
        entries.iter().flat_map(entry).collect()
    }

    #[test]
    fn folders_are_read_whatever_the_names_are() {
        let bytes = folder(&[("100644", "a b\t\n-x"), ("120000", "b"), ("160000", "c"), ("040000", "d")]);
        let read = parse(&bytes, 20).unwrap();
        let found: Vec<_> = read.iter().map(|entry| (entry.kind, entry.name.as_slice())).collect();
        let expected: [(Kind, &[u8]); 4] =
            [(Kind::File, b"a b\t\n-x"), (Kind::Other, b"b"), (Kind::Other, b"c"), (Kind::Folder, b"d")];
        assert_eq!(found, expected);
        assert_eq!(read[0].id, "07".repeat(20).parse().unwrap());
        assert_eq!(parse(b"", 20), Some(vec![]));
        for bad in
            [&bytes[..bytes.len() - 1], b"100644 x", b"x", &folder(&[("", "x")]), &folder(&[("8", "x")])]
        {
            assert_eq!(parse(bad, 20), None, "{bad:?}");
        }
        assert_eq!(parse(&folder(&[("40000000000000", "x")]), 20), None, "more than git can count");
    }

    #[test]
    fn only_what_git_would_write_is_a_folder() {
        let said = |entries: &[(&str, &str)]| problem(&parse(&folder(entries), 20).unwrap());
        assert_eq!(said(&[("100644", "a.b"), ("40000", "a"), ("100644", "a0")]), None);
        assert_eq!(said(&[("100644", "a"), ("100644", "a.b"), ("40000", "b")]), None);
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "/",
            ".git",
            ".GIT",
            ".g\u{200c}it",
            "git~1",
            ".git::$INDEX_ALLOCATION",
            ".git .",
        ] {
            assert_eq!(said(&[("100644", name)]), Some("holds a name that no folder can have"), "{name}");
        }
        for twice in [["100644", "100644"], ["40000", "40000"], ["100644", "40000"], ["120000", "40000"]] {
            let entries = [(twice[0], "a"), ("100644", "a-"), (twice[1], "a")];
            assert_eq!(said(&entries), Some("holds a name twice"), "{twice:?}");
        }
        for order in [[("100644", "b"), ("100644", "a")], [("40000", "a"), ("100644", "a.b")]] {
            assert_eq!(said(&order), Some("is not in git's order"));
        }
    }
}
