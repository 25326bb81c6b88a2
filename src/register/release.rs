//! What the register takes from a release's folder: the digest of its files, that of its claim, and its classes.

use std::path::Path;

use base64ct::{Base64, Encoding};
use declass_formats::{RelPath, Sha256Digest, read_regular};
use serde::Deserialize;

use super::{Record, disk, event::Class, no_use_of, refused};
use crate::{error::Error, unambiguous};

/// The claim of a release, signed or not; the first of them that is there counts.
const CLAIMS: [&str; 2] = ["class-removal.sigstore.json", "class-removal.statement.json"];
/// More is not read of a claim.
const LIMIT: u64 = 1 << 26;

/// What a release is known by.
#[derive(Debug)]
pub struct Released {
    /// Root digest of its files.
    pub artifact: Sha256Digest,
    /// Digest of the file that its claim is in.
    pub manifest: Sha256Digest,
    /// The classes that were removed.
    pub classes: Vec<Class>,
}

/// As much of a claim as is needed.
#[derive(Deserialize)]
struct Outline {
    subject: Vec<Subject>,
    predicate: Predicate,
}

#[derive(Deserialize)]
struct Subject {
    name: String,
    digest: Digest,
}

#[derive(Deserialize)]
struct Digest {
    sha256: String,
}

#[derive(Deserialize)]
struct Predicate {
    removal: Removal,
}

#[derive(Deserialize)]
struct Removal {
    forgotten: Vec<Forgotten>,
}

#[derive(Deserialize)]
struct Forgotten {
    index: u32,
    label: Option<String>,
}

impl Released {
    /// Reads a release's claim, and hashes every file that it names: they must be those that the claim was made for.
    /// Whether the claim is true and whose signature it has is for `declass verify` to say.
    ///
    /// # Errors
    /// [`Error::Register`] without a claim that can be read, [`Error::Register`] if a file is another.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let claim = CLAIMS.iter().map(|name| folder.join(name)).find(|path| path.exists());
        let claim = claim.ok_or_else(|| {
            no_use_of(folder, "there is no claim", "name a folder that `declass unlearn` wrote")
        })?;
        let bytes = read_regular(&claim, LIMIT)?;
        let outline = outline(&bytes).map_err(|reason| no_use_of(&claim, &reason, ""))?;
        let artifact = artifact(folder, &outline.subject, &claim)?;
        let class = |class: Forgotten| Class { index: class.index, label: class.label, label_digest: None };
        let classes = outline.predicate.removal.forgotten.into_iter().map(class).collect();
        Ok(Self { artifact, manifest: Sha256Digest::of(&bytes), classes })
    }

    /// Its classes with digests instead of labels.
    #[must_use]
    pub fn private_classes(&self, record: &Record) -> Vec<Class> {
        let private = |class: &Class| Class {
            index: class.index,
            label: None,
            label_digest: class.label.as_deref().map(|label| record.label_digest(label)),
        };
        self.classes.iter().map(private).collect()
    }
}

/// Reads a statement, or the one in a bundle.
fn outline(bytes: &[u8]) -> Result<Outline, String> {
    let json = unambiguous::parse(bytes)?;
    let json = match json.pointer("/dsseEnvelope/payload").and_then(|payload| payload.as_str()) {
        Some(payload) => {
            let payload = Base64::decode_vec(payload).map_err(|_| "its payload is not base64")?;
            unambiguous::parse(&payload)?
        }
        None => json,
    };
    Outline::deserialize(json).map_err(|error| error.to_string())
}

/// The digest of all files together, which the claim names first, if they are those on disk.
fn artifact(folder: &Path, subjects: &[Subject], claim: &Path) -> Result<Sha256Digest, Error> {
    let digest = |subject: &Subject| {
        let digest = Sha256Digest::from_hexadecimal(&subject.digest.sha256);
        digest.ok_or_else(|| no_use_of(claim, &format!("its digest of `{}` is none", subject.name), ""))
    };
    let (all, files) = subjects.split_first().ok_or_else(|| no_use_of(claim, "it names no files", ""))?;
    let mut found = Vec::new();
    for file in files {
        let path = RelPath::try_from(file.name.as_str())
            .map_err(|problem| no_use_of(claim, &problem.to_string(), ""))?;
        let path = folder.join(path.as_str());
        let is = Sha256Digest::of_reader(disk::open_regular(&path)?).map_err(Error::io(&path))?;
        if is != digest(file)? {
            return Err(refused(
                &path,
                "it is not the file that the claim names",
                "`declass verify` says more",
            ));
        }
        found.extend(is.0);
    }
    match digest(all)? == Sha256Digest::of(&found) {
        true => digest(all),
        false => {
            Err(refused(claim, "its first digest is not that of its files", "`declass verify` says more"))
        }
    }
}
