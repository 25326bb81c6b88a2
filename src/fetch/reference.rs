//! What a user may name as a model: a path, or a repository on a hub.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use declass_formats::is_weight_ending;

use super::near::is_slip;

/// A model as the user names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ModelRef {
    /// A repository on a hub.
    Hub(HubRef),
    /// A file or folder.
    Local(PathBuf),
}

impl ModelRef {
    /// What is there as a path is a path; else `org/name` and `org/name@revision` are repositories, and all
    /// else is the path of something missing. So is a name without a revision that ends as a model file does or
    /// is almost that of something here: no server is told of it.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        if path.symlink_metadata().is_ok() {
            return Self::Local(path.to_owned());
        }
        let is_meant = |reference: &HubRef| reference.revision.is_some() || !looks_local(path);
        let reference = path.to_str().and_then(HubRef::parse).filter(is_meant);
        reference.map_or_else(|| Self::Local(path.to_owned()), Self::Hub)
    }
}

/// Whether a path that is not there was hardly meant as the name of a repository.
fn looks_local(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| is_weight_ending(&ending)) || is_slip(path)
}

/// A repository at a revision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubRef {
    /// The repository.
    pub repo: RepoId,
    /// A branch, a tag or a commit; the branch `main` if none was named.
    pub revision: Option<String>,
}

impl HubRef {
    /// Reads `org/name` or `org/name@revision`; none if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (repo, revision) = match text.split_once('@') {
            Some((repo, revision)) => (repo, Some(revision)),
            None => (text, None),
        };
        let revision = match revision {
            Some(revision) if is_revision(revision) => Some(revision.to_owned()),
            Some(_) => return None,
            None => None,
        };
        Some(Self { repo: RepoId::parse(repo)?, revision })
    }

    /// The revision, named or not.
    #[must_use]
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }
}

impl fmt::Display for HubRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.revision {
            Some(revision) => write!(f, "{}@{revision}", self.repo),
            None => self.repo.fmt(f),
        }
    }
}

/// The name of a repository: two plain words, safe in a path and in a URL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RepoId {
    org: String,
    name: String,
}

impl RepoId {
    /// Reads `org/name`; none if it is not that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (org, name) = text.split_once('/')?;
        (is_word(org) && is_word(name)).then(|| Self { org: org.to_owned(), name: name.to_owned() })
    }

    /// The user or organisation.
    #[must_use]
    pub fn org(&self) -> &str {
        &self.org
    }

    /// The name within it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.org, self.name)
    }
}

/// The full name of a commit: 40 hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Commit(String);

impl Commit {
    /// Reads 40 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_hex(text, 40).then(|| Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A repository at a commit, as bills of materials name it: `pkg:huggingface/org/name@commit`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PackageUrl {
    /// The repository.
    pub repo: RepoId,
    /// The commit.
    pub commit: Commit,
}

impl PackageUrl {
    /// Reads exactly what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (repo, commit) = text.strip_prefix("pkg:huggingface/")?.split_once('@')?;
        Some(Self { repo: RepoId::parse(repo)?, commit: Commit::parse(commit)? })
    }
}

impl fmt::Display for PackageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:huggingface/{}@{}", self.repo, self.commit)
    }
}

/// As hubs allow them: letters, digits, `-`, `_` and `.`, the last two kinds not at the ends, nothing that
/// means something else.
fn is_word(text: &str) -> bool {
    let inner = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    let outer = |c: Option<&u8>| c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'_');
    text.len() <= MAX_WORD
        && text.bytes().all(inner)
        && outer(text.as_bytes().first())
        && outer(text.as_bytes().last())
        && !["--", "..", ".git"].iter().any(|bad| text.contains(bad))
}

/// The part of git's rules for the names of branches and tags that is safe everywhere.
fn is_revision(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(plain)
            && !part.starts_with(['.', '-'])
            && !part.ends_with('.')
            && !part.ends_with(".lock")
            && !part.contains("..")
    };
    text.len() <= MAX_REVISION && text.split('/').all(part)
}

/// Whether a text is so many lower-case hexadecimal digits.
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

const MAX_WORD: usize = 96;
const MAX_REVISION: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_and_revisions() {
        for (text, revision) in [
            ("google/vit-base-patch16-224", "main"),
            ("a/b@main", "main"),
            ("a/b@refs/pr/7", "refs/pr/7"),
            ("a_b/c.d@0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789"),
        ] {
            let parsed = HubRef::parse(text).unwrap();
            assert_eq!(parsed.revision(), revision);
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn hostile_and_local_names_are_no_repositories() {
        for text in [
            "",
            "a",
            "a/b/c",
            "/a/b",
            "../b",
            "a/..",
            "./b",
            "a/b@",
            "a/b@../x",
            "a/b@x/../y",
            "a/b@/x",
            "a/b@x//y",
            "a/b@-x",
            "a/b@x.lock",
            "a/b@.x",
            "a/b@x y",
            "a/b@x@y",
            "a b/c",
            "a/b\\c",
            "a/b\0",
            "a/.b",
            "a/b.",
            "-a/b",
            "a--x/b",
            "a/b.git",
            "a/b%2e",
            "~/b",
            "a/b?x",
            "a/b#x",
            "ü/b",
        ] {
            assert_eq!(HubRef::parse(text), None, "{text:?}");
        }
        assert_eq!(HubRef::parse(&format!("a/{}", "x".repeat(97))), None);
    }

    #[test]
    fn a_package_is_a_repository_at_a_whole_commit() {
        let text = format!("pkg:huggingface/org/name@{}", "0123456789".repeat(4));
        assert_eq!(PackageUrl::parse(&text).unwrap().to_string(), text);
        for bad in
            [text.replace("org", ".."), text.replace("@0", "@"), text.replace("@0", "@A"), "pkg:x/a/b".into()]
        {
            assert_eq!(PackageUrl::parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_there_is_a_path() {
        assert_eq!(ModelRef::of("src/fetch".as_ref()), ModelRef::Local("src/fetch".into()));
        assert!(matches!(ModelRef::of("src/nothing-here".as_ref()), ModelRef::Hub(_)));
        assert!(matches!(ModelRef::of("src/fetsh".as_ref()), ModelRef::Local(_)), "almost `src/fetch`");
        assert!(matches!(ModelRef::of("src/fetsh@main".as_ref()), ModelRef::Hub(_)));
        assert!(matches!(ModelRef::of("org/model.onnx".as_ref()), ModelRef::Local(_)));
        assert!(matches!(ModelRef::of("/src/nothing".as_ref()), ModelRef::Local(_)));
    }
}
