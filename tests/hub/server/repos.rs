//! Repositories in memory, with digests as git makes them.

use std::{collections::BTreeMap, fs, path::Path};

use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::{Fault, http::Request};

/// Everything that the server knows.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) repos: BTreeMap<String, Repo>,
    /// Large files by their SHA-256.
    pub(crate) large: BTreeMap<String, Vec<u8>>,
    pub(crate) token: String,
    pub(crate) faults: Vec<Fault>,
    pub(crate) log: Vec<Request>,
    /// Entries on one page of a listing.
    pub(crate) page: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            repos: BTreeMap::new(),
            large: BTreeMap::new(),
            token: "hf_secret".into(),
            faults: Vec::new(),
            log: Vec::new(),
            page: 3,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Repo {
    pub(crate) private: bool,
    pub(crate) commits: Vec<Commit>,
    /// Branches and pull requests: positions of commits.
    pub(crate) refs: BTreeMap<String, usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) sha: String,
    pub(crate) message: String,
    pub(crate) files: BTreeMap<String, Entry>,
}

/// A file in a commit.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// Its SHA-256; the bytes are elsewhere.
    Large {
        oid: String,
        size: usize,
    },
    Small(Vec<u8>),
}

impl State {
    /// Adds a commit with these files, large ones kept apart, to a repository that may be new.
    pub(crate) fn add(&mut self, id: &str, files: &[(&str, Vec<u8>)]) -> String {
        let mut entries = BTreeMap::new();
        for (path, bytes) in files {
            let entry = match is_large(path, bytes.len()) {
                true => self.keep(bytes.clone()),
                false => Entry::Small(bytes.clone()),
            };
            entries.insert((*path).to_owned(), entry);
        }
        self.repos.entry(id.to_owned()).or_default().commit("main", "files", entries)
    }

    /// Adds the files of a folder, with what every repository has.
    pub(crate) fn add_folder(&mut self, id: &str, folder: &Path) -> String {
        let mut files = vec![(".gitattributes".to_owned(), b"*.safetensors filter=lfs\n".to_vec())];
        for entry in fs::read_dir(folder).unwrap().flatten() {
            files.push((entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
        }
        let files: Vec<_> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
        self.add(id, &files)
    }

    /// Keeps a large file.
    pub(crate) fn keep(&mut self, bytes: Vec<u8>) -> Entry {
        let (oid, size) = (hex(&Sha256::digest(&bytes)), bytes.len());
        self.large.insert(oid.clone(), bytes);
        Entry::Large { oid, size }
    }
}

impl Repo {
    pub(crate) fn commit(&mut self, branch: &str, message: &str, files: BTreeMap<String, Entry>) -> String {
        let text = format!("{branch} {message} {} {:?}", self.commits.len(), files.keys());
        let sha = hex(&Sha1::digest(text));
        self.commits.push(Commit { sha: sha.clone(), message: message.to_owned(), files });
        self.refs.insert(branch.to_owned(), self.commits.len() - 1);
        sha
    }

    /// The commit of a branch, a pull request or a digest.
    pub(crate) fn at(&self, revision: &str) -> Option<&Commit> {
        let by_name = self.refs.get(revision).and_then(|at| self.commits.get(*at));
        by_name.or_else(|| self.commits.iter().find(|commit| commit.sha == revision))
    }
}

impl Entry {
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Large { size, .. } => *size,
            Self::Small(bytes) => bytes.len(),
        }
    }

    /// Git's digest, of large files that of the pointer to them.
    pub(super) fn git(&self) -> String {
        let bytes = match self {
            Self::Large { oid, size } => {
                format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
                    .into_bytes()
            }
            Self::Small(bytes) => bytes.clone(),
        };
        let mut hash = Sha1::new_with_prefix(format!("blob {}\0", bytes.len()));
        hash.update(bytes);
        hex(&hash.finalize())
    }
}

/// As hubs keep files apart: by their endings, and by size.
pub(super) fn is_large(path: &str, size: usize) -> bool {
    [".safetensors", ".onnx", ".onnx_data"].iter().any(|end| path.ends_with(end)) || size > 10 << 20
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
