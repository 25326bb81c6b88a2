//! The claim held against the digests of the files.

use std::collections::BTreeMap;

use declass_formats::{RelPath, Sha256Digest};
use serde_json::Value;

use crate::{
    claim::{
        ALL_FILES, SIZE, Statement,
        names::{CARD_FILE, is_record},
        root_digest,
    },
    evidence::{Finding, code},
    sign::{Content, Contents},
};

/// Every file must be a subject with its digest, and every subject a file.
pub(super) fn compare(statement: &Statement, contents: &Contents) -> Vec<Finding> {
    let finding = |message: String| Finding::new(&code::CLAIM, message);
    let mut subjects: BTreeMap<&str, (&str, Option<u64>)> = BTreeMap::new();
    for subject in &statement.subject {
        let digest = subject.digest.as_ref().map_or("", |digest| &digest.sha256);
        // Claims of older versions say no sizes.
        let size = subject.annotations.get(SIZE).and_then(Value::as_u64);
        if subjects.insert(&subject.name, (digest, size)).is_some() {
            return vec![finding(format!("the claim names `{}` twice", subject.name))];
        }
    }
    let mut files: BTreeMap<&RelPath, Sha256Digest> = BTreeMap::new();
    let mut findings = Vec::new();
    for (path, content) in contents.entries() {
        // The card may be written anew at any time; only the signature over everything is about it.
        if is_record(path) || path.as_str() == CARD_FILE {
            continue;
        }
        let digest = match content {
            Content::File(digest) | Content::Pointer(digest) => *digest,
            Content::Ignored | Content::NoFile => continue,
        };
        match subjects.remove(path.as_str()) {
            None => findings.push(finding("the claim does not know it".into()).about(path)),
            Some((claimed, _)) if claimed != digest.to_string() => {
                findings.push(finding(format!("its SHA-256 is {digest}, claimed is {claimed}")).about(path));
            }
            Some((_, Some(claimed))) => {
                let promised = contents.promised_size(path).filter(|size| *size != claimed);
                findings.extend(promised.map(|size| {
                    finding(format!("its git-lfs pointer says {size} bytes, claimed are {claimed}"))
                        .about(path)
                }));
            }
            Some(_) => {}
        }
        files.insert(path, digest);
    }
    let root = subjects.remove(ALL_FILES);
    let missing =
        subjects.keys().map(|name| finding("the claim names it, and it is not there".into()).about(name));
    findings.extend(missing);
    if findings.is_empty() && root.is_none_or(|(root, _)| root != root_digest(&files).to_string()) {
        findings
            .push(finding(format!("the digest over all files is not the one of the claim's `{ALL_FILES}`")));
    }
    findings
}
