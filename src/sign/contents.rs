//! What a folder holds, as far as a signature is concerned.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use declass_formats::{BEGINNING, RelPath, Sha256Digest, may_go_unsigned};

use crate::{
    error::Error,
    progress::{Progress, Step},
};

/// More files, ignored ones included, are no release.
const MAX_FILES: usize = 100_000;
const MAX_DEPTH: usize = 32;
/// Pointers of git-lfs have fewer bytes.
const MAX_POINTER: u64 = 1024;

/// One entry of a folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// A file and its digest.
    File(Sha256Digest),
    /// An entry that is ignored, whatever it is.
    Ignored,
    /// A symbolic link, or something that is no file at all.
    NoFile,
    /// What git-lfs puts in the place of a large file until it is fetched, and the digest that it promises.
    Pointer(Sha256Digest),
}

/// What a file holds, and how it begins.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) content: Content,
    pub(crate) size: u64,
    /// The first bytes, as many as tell what it is.
    pub(crate) beginning: Vec<u8>,
    /// The size of the file that a pointer stands for, as it says.
    pub(crate) promised: Option<u64>,
}

impl Seen {
    /// Reads a file of so many bytes: anything, or a git-lfs pointer.
    ///
    /// # Errors
    /// What the reader says.
    pub(crate) fn at(mut reader: impl Read, size: u64) -> io::Result<Self> {
        let mut start = Vec::new();
        reader.by_ref().take(MAX_POINTER.max(BEGINNING as u64)).read_to_end(&mut start)?;
        let pointer = promised(&start).filter(|_| size < MAX_POINTER);
        let promised = pointer.map(|(_, size)| size);
        let beginning = start[..start.len().min(BEGINNING)].to_vec();
        let content = match pointer {
            Some((digest, _)) => Content::Pointer(digest),
            None => Content::File(Sha256Digest::of_reader(start.chain(reader))?),
        };
        Ok(Self { content, size, beginning, promised })
    }

    /// A link, or something that is no file at all.
    pub(crate) fn no_file() -> Self {
        Self { content: Content::NoFile, size: 0, beginning: Vec::new(), promised: None }
    }
}

/// All entries below a folder, but folders.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Contents {
    entries: BTreeMap<RelPath, Content>,
    /// Those that a program might load, so that they must not go unsigned.
    loadable: BTreeSet<RelPath>,
    /// Sizes that git-lfs pointers promise.
    promised: BTreeMap<RelPath, u64>,
}

impl Contents {
    /// Reads and hashes all files of a folder that are not ignored. Links are named, not followed.
    ///
    /// # Errors
    /// [`Error::Io`] if something cannot be read, is named in a way that no signature can name, or is too
    /// much.
    pub fn of_folder(
        folder: &Path,
        ignored: impl Fn(&RelPath) -> bool,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let mut found = Vec::new();
        list(folder, "", 0, &mut found)?;
        let counts = |(path, entry): &&(RelPath, fs::Metadata)| entry.is_file() && !ignored(path);
        let total = found.iter().filter(counts).map(|(_, entry)| entry.len()).sum();
        progress.begin(Step::Hashing, total);
        let mut contents = Self::default();
        for (path, entry) in found {
            let on_disk = folder.join(path.as_str());
            let looked = match (ignored(&path), entry.is_file()) {
                (true, is_file) => glanced(&on_disk, &path, is_file.then_some(entry.len()))?,
                (false, false) => Seen::no_file(),
                (false, true) => read(&on_disk, entry.len(), progress)?,
            };
            contents.insert(path, &looked);
        }
        progress.end(Step::Hashing);
        Ok(contents)
    }

    /// Adds a file.
    pub(crate) fn insert(&mut self, path: RelPath, looked: &Seen) {
        if !may_go_unsigned(path.as_str(), looked.size, &looked.beginning) {
            self.loadable.insert(path.clone());
        }
        if let Some(size) = looked.promised {
            self.promised.insert(path.clone(), size);
        }
        self.entries.insert(path, looked.content);
    }

    /// Whether a program might load a file as a model, its configuration or its code, so that it must not go
    /// unsigned.
    #[must_use]
    pub fn is_loadable(&self, path: &RelPath) -> bool {
        self.loadable.contains(path)
    }

    /// The same entries, some of them ignored.
    #[must_use]
    pub fn ignoring(mut self, ignored: impl Fn(&RelPath) -> bool) -> Self {
        for (path, content) in &mut self.entries {
            if ignored(path) {
                *content = Content::Ignored;
            }
        }
        self
    }

    /// The git-lfs pointers among them.
    pub fn pointers(&self) -> impl Iterator<Item = &RelPath> {
        let pointers = self.entries.iter().filter(|(_, content)| matches!(content, Content::Pointer(_)));
        pointers.map(|(path, _)| path)
    }

    /// The size of the file that a git-lfs pointer stands for, as it says.
    #[must_use]
    pub fn promised_size(&self, path: &RelPath) -> Option<u64> {
        self.promised.get(path).copied()
    }

    /// The entries by their paths.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<RelPath, Content> {
        &self.entries
    }

    /// The digest of a file that is there.
    #[must_use]
    pub fn digest(&self, path: &RelPath) -> Option<Sha256Digest> {
        match self.entries.get(path) {
            Some(Content::File(digest)) => Some(*digest),
            _ => None,
        }
    }
}

impl FromIterator<(RelPath, Content)> for Contents {
    fn from_iter<I: IntoIterator<Item = (RelPath, Content)>>(entries: I) -> Self {
        let mut contents = Self::default();
        for (path, content) in entries {
            contents.insert(path, &Seen { content, ..Seen::no_file() });
        }
        contents
    }
}

/// The digest and size that the bytes of a git-lfs pointer promise; none if they are no pointer. Only as git-lfs writes it: what
/// it does not take for a pointer, it leaves as it is, and the digest would be that of another file.
fn promised(bytes: &[u8]) -> Option<(Sha256Digest, u64)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (digest, size) = text.strip_prefix(POINTER)?.strip_suffix('\n')?.split_once("\nsize ")?;
    let is_size = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
    let is_lower = !digest.bytes().any(|byte| byte.is_ascii_uppercase());
    let digest = Sha256Digest::from_hexadecimal(digest).filter(|_| is_size && is_lower)?;
    Some((digest, size.parse().ok()?))
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:";

fn read(file: &Path, size: u64, progress: &dyn Progress) -> Result<Seen, Error> {
    let hash = || Seen::at(Counted { inner: File::open(file)?, progress }, size);
    hash().map_err(Error::io(file))
}

/// An entry that is ignored: only how it begins is read, and not even that of what git keeps.
fn glanced(on_disk: &Path, path: &RelPath, size: Option<u64>) -> Result<Seen, Error> {
    let mut beginning = Vec::new();
    if size.is_some() && !path.as_str().starts_with(".git/") {
        let mut file = File::open(on_disk).map_err(Error::io(on_disk))?.take(BEGINNING as u64);
        file.read_to_end(&mut beginning).map_err(Error::io(on_disk))?;
    }
    Ok(Seen { content: Content::Ignored, size: size.unwrap_or_default(), beginning, promised: None })
}

/// The digest of a file; tells how far it is.
pub(crate) fn digest_of(file: &Path, progress: &dyn Progress) -> Result<Sha256Digest, Error> {
    let hash = || {
        // A pipe would be waited for without end.
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        Sha256Digest::of_reader(Counted { inner: File::open(file)?, progress })
    };
    hash().map_err(Error::io(file))
}

/// A reader that tells how far it is.
struct Counted<'a> {
    inner: File,
    progress: &'a dyn Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.advance(Step::Hashing, count as u64);
        Ok(count)
    }
}

fn list(
    root: &Path,
    below: &str,
    depth: usize,
    found: &mut Vec<(RelPath, fs::Metadata)>,
) -> Result<(), Error> {
    let folder = root.join(below);
    let too_much = |what: &str| Error::io(&folder)(io::Error::other(format!("too {what} for a release")));
    if depth > MAX_DEPTH {
        return Err(too_much("deep"));
    }
    for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let entry = entry.map_err(Error::io(&folder))?;
        let unnameable =
            || Error::io(&entry.path())(io::Error::other("a signature has no way to write this name"));
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(unnameable)?;
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        // Not that of what a link leads to.
        let metadata = entry.metadata().map_err(Error::io(&entry.path()))?;
        if metadata.is_dir() {
            list(root, &path, depth + 1, found)?;
            continue;
        }
        found.push((RelPath::try_from(path.as_str()).map_err(|_| unnameable())?, metadata));
        if found.len() > MAX_FILES {
            return Err(too_much("many files"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::progress::Silent;

    #[test]
    fn everything_below_a_folder_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("a/empty")).unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        fs::write(root.join("a/file"), "abc").unwrap();
        fs::write(root.join(".git/config"), "abc").unwrap();
        symlink("a/file", root.join("link")).unwrap();
        symlink("a", root.join("folder")).unwrap();
        let oid = Sha256Digest::of(b"large");
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 5\n");
        fs::write(root.join("large.bin"), pointer).unwrap();
        let is_git = |path: &RelPath| path.as_str().starts_with(".git/");
        let contents = Contents::of_folder(root, is_git, &Silent).unwrap();
        let found: Vec<(&str, Content)> =
            contents.entries().iter().map(|(path, content)| (path.as_str(), *content)).collect();
        let expected = [
            (".git/config", Content::Ignored),
            ("a/file", Content::File(Sha256Digest::of(b"abc"))),
            ("folder", Content::NoFile),
            ("large.bin", Content::Pointer(oid)),
            ("link", Content::NoFile),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn names_that_cannot_be_signed_are_an_error() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        for name in [&b"\xff"[..], b"a\\b"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(OsStr::from_bytes(name)), "").unwrap();
            let error = Contents::of_folder(folder.path(), |_| false, &Silent).unwrap_err().to_string();
            assert!(error.contains("no way to write this name"), "{error}");
        }
    }

    #[test]
    fn only_whole_pointers_are_pointers() {
        let (start, oid) = ("version https://git-lfs.github.com/spec/v1\n", Sha256Digest::of(b"x"));
        let whole = format!("{start}oid sha256:{oid}\nsize 1\n");
        assert_eq!(promised(whole.as_bytes()), Some((oid, 1)));
        let bad = [
            start.to_owned(),
            format!("{start}oid sha256:00\nsize 1\n"),
            format!("{start}oid sha256:{oid}\nsize \n"),
            format!("{start}ext-0-x sha256:{oid}\noid sha256:{oid}\nsize 1\n"),
            whole.to_uppercase(),
            format!("x{whole}"),
            format!("{whole}x"),
            format!("{whole}\n"),
        ];
        for text in bad {
            assert_eq!(promised(text.as_bytes()), None, "{text}");
        }
    }
}
