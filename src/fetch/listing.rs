//! What a repository holds at a revision: one commit, and its files with sizes and digests.

use std::collections::BTreeSet;

use declass_formats::RelPath;
use reqwest::Url;
use serde_json::Value;

use super::{
    http::{Http, malformed},
    reference::{Commit, HubRef, RepoId, is_hex},
};
use crate::error::HubError;

/// A file of a repository.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Remote {
    pub(super) path: RelPath,
    pub(super) size: u64,
    pub(super) blob: Blob,
}

/// What a file's bytes must be, in hexadecimal; also the name under which caches keep it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Blob {
    /// Git's own digest: SHA-1 over a short header and the bytes.
    Git(String),
    /// Of large files: SHA-256 over the bytes.
    Sha256(String),
}

impl Blob {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Git(hex) | Self::Sha256(hex) => hex,
        }
    }
}

/// The commit that a revision is now.
pub(super) fn commit(http: &Http, reference: &HubRef) -> Result<Commit, HubError> {
    let (org, name) = (reference.repo.org(), reference.repo.name());
    let url = http.url(["api", "models", org, name, "revision", reference.revision()]);
    let (info, _) = http.json(&url)?;
    let sha = info.get("sha").and_then(Value::as_str).and_then(Commit::parse);
    sha.ok_or_else(|| malformed(&url, "it names no commit".into()))
}

/// All files of a commit.
pub(super) fn files(http: &Http, repo: &RepoId, commit: &Commit) -> Result<Vec<Remote>, HubError> {
    let mut url = http.url(["api", "models", repo.org(), repo.name(), "tree", commit.as_str()]);
    url.set_query(Some("recursive=true"));
    let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next = Some(url);
    for _ in 0..MAX_PAGES {
        let Some(url) = next else { return Ok(files) };
        let (page, rest) = http.json(&url)?;
        let Value::Array(page) = page else { return Err(malformed(&url, "it is not a list".into())) };
        for entry in &page {
            let Some(file) = entry_of(&url, entry)? else { continue };
            if !seen.insert(file.path.to_string()) {
                return Err(malformed(&url, format!("it lists `{}` twice", file.path)));
            }
            files.push(file);
        }
        if files.len() > MAX_FILES {
            return Err(malformed(&url, format!("it lists more than {MAX_FILES} files")));
        }
        next = rest;
    }
    match next {
        Some(url) => Err(malformed(&url, format!("the list has more than {MAX_PAGES} pages"))),
        None => Ok(files),
    }
}

/// A file of a listing; none if the entry is a folder.
fn entry_of(url: &Url, entry: &Value) -> Result<Option<Remote>, HubError> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    match text(entry, "type").as_deref() {
        Some("directory") => return Ok(None),
        Some("file") => {}
        _ => return Err(malformed(url, "an entry is neither a file nor a folder".into())),
    }
    let path = text(entry, "path").unwrap_or_default();
    let path = RelPath::try_from(path.as_str()).map_err(|problem| malformed(url, problem.to_string()))?;
    let fail = |what: &str| malformed(url, format!("file `{path}` has no {what}"));
    let lfs = entry.get("lfs").filter(|lfs| lfs.is_object());
    let size = lfs.unwrap_or(entry).get("size").and_then(Value::as_u64).ok_or_else(|| fail("size"))?;
    if size > MAX_SIZE {
        return Err(malformed(url, format!("file `{path}` has {size} bytes, more than any model")));
    }
    let blob = match lfs {
        Some(lfs) => text(lfs, "oid").filter(|hex| is_hex(hex, 64)).map(Blob::Sha256),
        None => text(entry, "oid").filter(|hex| is_hex(hex, 40)).map(Blob::Git),
    };
    let blob = blob.ok_or_else(|| fail("digest"))?;
    Ok(Some(Remote { path, size, blob }))
}

/// As many as a model's folder may hold.
const MAX_FILES: usize = 20_000;
const MAX_PAGES: usize = 400;
/// A terabyte; a file of holes has an entry in memory for each of its blocks.
const MAX_SIZE: u64 = 1 << 40;
