//! What the register takes from a release's folder: the digest of its files, that of its claim, and its
//! classes.

use std::path::Path;

use declass_formats::{RelPath, Sha256Digest};

use super::{Record, disk, event::Class, no_use_of, refused};
use crate::{
    claim::{ForgottenClass, Resource, StoredClaim},
    error::Error,
    sign::{Bundle, MAX_BUNDLE, SIGNATURE_FILE, read_if_there},
};

/// What a release is known by.
#[derive(Debug)]
pub struct Released {
    /// Root digest of its files.
    pub artifact: Sha256Digest,
    /// Digest of the file that its claim is in.
    pub manifest: Sha256Digest,
    /// The classes that were removed.
    pub classes: Vec<Class>,
    /// SHA-256 of the signature over all files, if there is one: what a register has seen outlives its key.
    pub signature: Option<Sha256Digest>,
}

impl Released {
    /// Reads a release's claim, and hashes every file that it names: they must be those that the claim was
    /// made for. Whether the claim is true and whose signature it has is for `declass verify` to say.
    ///
    /// # Errors
    /// [`Error::Register`] without a claim that can be read, [`Error::Register`] if a file is another.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        if !StoredClaim::exists(folder) {
            return Err(no_use_of(folder, "there is no claim", "name a folder that `declass unlearn` wrote"));
        }
        let read = StoredClaim::read(folder).and_then(|stored| Ok((stored.claim()?, stored)));
        let (claim, stored) = match read {
            Err(Error::NotAClaim { path, reason }) => return Err(no_use_of(&path, &reason, "")),
            read => read?,
        };
        let artifact = artifact(folder, &claim.statement.subject, stored.path())?;
        let forgotten = &claim.statement.predicate.removal.forgotten;
        let classes =
            forgotten.iter().map(|class| entered(class, stored.path())).collect::<Result<_, _>>()?;
        let signature = signature(folder)?;
        Ok(Self { artifact, manifest: stored.digest(), classes, signature })
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

/// The signature over all files, whoever made it.
fn signature(folder: &Path) -> Result<Option<Sha256Digest>, Error> {
    let path = folder.join(SIGNATURE_FILE);
    let Some(bytes) = read_if_there(&path, MAX_BUNDLE)? else { return Ok(None) };
    let bundle = Bundle::read(&bytes).map_err(|refusal| no_use_of(&path, &refusal.to_string(), ""))?;
    Ok(Some(Sha256Digest::of(bundle.signature())))
}

/// A class as it is entered.
fn entered(class: &ForgottenClass, claim: &Path) -> Result<Class, Error> {
    let index = u32::try_from(class.class.index)
        .map_err(|_| no_use_of(claim, &format!("no model has a class {}", class.class.index), ""))?;
    Ok(Class { index, label: class.class.label.clone(), label_digest: None })
}

/// The digest of all files together, which the claim names first, if they are those on disk.
fn artifact(folder: &Path, subjects: &[Resource], claim: &Path) -> Result<Sha256Digest, Error> {
    let digest = |subject: &Resource| {
        let text = subject.digest.as_ref().map_or("", |digest| &digest.sha256);
        let digest = Sha256Digest::from_hexadecimal(text);
        digest.ok_or_else(|| no_use_of(claim, &format!("its digest of `{}` is not one", subject.name), ""))
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
    if digest(all)? == Sha256Digest::of(&found) {
        digest(all)
    } else {
        Err(refused(claim, "its first digest is not that of its files", "`declass verify` says more"))
    }
}
