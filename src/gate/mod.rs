//! The gate of a signed release: whose signatures it carries, and whether the claim, the files and the rules of the one
//! who asks agree. It needs neither the original nor any data; what the classifier does is measured by `verify`.

mod claim;
mod code;
mod policy;
mod signatures;
mod structure;

use std::{collections::BTreeSet, path::Path, time::SystemTime};

use declass_formats::{Artifact, Role as FileRole};

pub use code::{CODES, Code, MEASURED_OTHERWISE, NOT_REGISTERED, REGISTER, UNREADABLE, Verdict, code};
pub use policy::Policy;
pub use signatures::Signer;

use crate::{
    error::Error,
    progress::Progress,
    release::{Claimed, History, Statement},
    sign::{Contents, Manifest, Trust},
};

/// One reason for the gate not to say yes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What kind of reason, by a stable name.
    pub code: &'static Code,
    /// The file of the release that it is about, if it is about one.
    pub path: Option<String>,
    /// What was found.
    pub message: String,
}

/// What there is to say about a release.
#[derive(Debug)]
pub struct Examination {
    /// Why the gate does not say yes; empty if nothing stands in the way.
    pub findings: Vec<Finding>,
    /// The signatures that count.
    pub signers: Vec<Signer>,
    /// The claim of a trusted signer, if this version can read it.
    pub claim: Option<(Statement, Claimed)>,
}

impl Finding {
    /// A reason about the release as a whole.
    #[must_use]
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, path: None, message: message.into() }
    }

    /// The same about one of its files.
    #[must_use]
    pub fn about(self, path: impl ToString) -> Self {
        Self { path: Some(path.to_string()), ..self }
    }
}

/// Examines the release at a path: a folder, or the model file in one.
///
/// # Errors
/// [`Error::Io`] if the folder or a file in it cannot be read.
pub fn examine(
    release: &Path,
    trust: &Trust,
    policy: Option<&Policy>,
    at: SystemTime,
    progress: &dyn Progress,
) -> Result<Examination, Error> {
    let folder = if release.is_dir() { release } else { release.parent().unwrap_or(Path::new("")) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut found = signatures::examine(folder, trust, at)?;
    let manifest = found.manifest.clone().unwrap_or_else(|| Manifest::new([].into()));
    let contents = Contents::of_folder(folder, |path| manifest.ignores(path), progress)?;
    if found.manifest.is_some() {
        found.findings.extend(signatures::compare(&manifest, &contents));
    }
    let mut examination = Examination { findings: found.findings, signers: found.signers, claim: None };
    let Some(statement) = found.claim else {
        if policy.is_some() {
            examination.findings.push(Finding::new(&code::POLICY, "there is no trusted claim to judge"));
        }
        return Ok(examination);
    };
    match read(&statement) {
        Ok(claim) => {
            examination.findings.extend(judge(release, &claim, &contents, &examination.findings));
            examination.findings.extend(policy.iter().flat_map(|policy| policy.judge(&claim.0)));
            examination.claim = Some(claim);
        }
        Err(reason) => examination
            .findings
            .push(Finding::new(&code::UNSUPPORTED, format!("this version cannot read the claim: {reason}"))),
    }
    Ok(examination)
}

/// What is wrong with an unsigned release that would be wrong with it once signed: its claim does not fit its files.
///
/// # Errors
/// [`Error::NotAClaim`] if there is no claim that this version can read, [`Error::Io`] if a file cannot be read.
pub fn examine_unsigned(release: &Path, progress: &dyn Progress) -> Result<Vec<Finding>, Error> {
    let stored = crate::release::StoredClaim::read(release)?;
    let not_a_claim = |reason| Error::NotAClaim { path: stored.path().to_owned(), reason };
    let claim = read(stored.statement()).map_err(not_a_claim)?;
    let manifest = Manifest::new([].into());
    let contents = Contents::of_folder(release, |path| manifest.ignores(path), progress)?;
    Ok(judge(release, &claim, &contents, &[]))
}

fn read(statement: &[u8]) -> Result<(Statement, Claimed), String> {
    Ok((Statement::from_bytes(statement)?, Claimed::read(statement)?))
}

/// The claim against the files and their structure. A file that is already reported is not reported again.
fn judge(
    release: &Path,
    (statement, claimed): &(Statement, Claimed),
    contents: &Contents,
    known: &[Finding],
) -> Vec<Finding> {
    let reported: BTreeSet<&str> = known.iter().filter_map(|finding| finding.path.as_deref()).collect();
    let mut findings = claim::compare(statement, contents);
    findings.retain(|finding| finding.path.as_deref().is_none_or(|path| !reported.contains(path)));
    let folder = if release.is_dir() { release } else { release.parent().unwrap_or(Path::new("")) };
    let problems = History::of_release(folder).map(|history| history.problems(statement));
    let problems = problems.unwrap_or_else(|error| vec![error.to_string()]);
    findings.extend(problems.into_iter().map(|problem| Finding::new(&code::LINEAGE, problem)));
    match Artifact::open(release) {
        Ok(artifact) => {
            findings.extend(unlisted(&artifact, contents));
            findings.extend(structure::compare(statement, claimed, &artifact));
        }
        Err(error) => findings.push(Finding::new(&code::UNREADABLE, error.to_string())),
    }
    findings
}

/// Whatever a reader takes for the model must be among the files that were hashed, wherever its own files point to.
fn unlisted(artifact: &Artifact, contents: &Contents) -> Vec<Finding> {
    let is_model = |role| matches!(role, FileRole::Config | FileRole::Weights);
    let unseen =
        artifact.files().iter().filter(|file| is_model(file.role) && contents.digest(&file.path).is_none());
    unseen
        .map(|file| {
            Finding::new(&code::IGNORED, "the model reads this file, and no digest covers it")
                .about(&file.path)
        })
        .collect()
}
