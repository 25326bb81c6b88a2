//! The gate of a signed release: whose signatures it carries, and whether the claim, the files and the rules
//! of the one who asks agree. It needs neither the original nor any data; what the classifier does is
//! measured by `verify`.

mod claim;
mod judgement;
mod policy;
mod rules;
mod signatures;
mod structure;

use std::{collections::BTreeSet, path::Path, time::SystemTime};

use declass_formats::{Artifact, RelPath, Role as FileRole, may_be_pointer};

pub use judgement::{Judgement, Measurement};
pub use policy::Policy;
pub use rules::{Rules, examine_release};
use signatures::Signatures;
pub use signatures::Signer;

use crate::{
    claim::{
        Claim, ClaimError, History, StoredClaim,
        names::{is_record, open_model},
    },
    error::Error,
    evidence::{Finding, code},
    head::Target,
    progress::Progress,
    sign::{Content, Contents, Manifest, Trust},
};

/// What there is to say about a release.
#[derive(Debug)]
pub struct Examination {
    /// Why the gate does not say yes; empty if nothing stands in the way.
    pub findings: Vec<Finding>,
    /// The signatures that count.
    pub signers: Vec<Signer>,
    /// The claim of a trusted signer, if this version can read it.
    pub claim: Option<Claim>,
    /// What could not be looked into without its being a reason for no.
    pub not_shown: Vec<String>,
}

/// The files of a release that does not lie in a folder of its own, such as that of a commit.
pub trait Files {
    /// All its files with their digests. A git-lfs pointer is the file that it promises.
    fn contents(&self) -> &Contents;

    /// The claim or signature with this name, which lies at its top; nothing if there is none, or only its
    /// pointer.
    ///
    /// # Errors
    /// [`Error`] if it cannot be read.
    fn record(&self, name: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Puts these files on disk, and says where. Asked for only if every file is as somebody signed it who is
    /// trusted: what anybody may have sent is read, but never stored.
    ///
    /// # Errors
    /// [`Error`] if they cannot be read or written.
    fn unpack(&self, files: &mut dyn Iterator<Item = &RelPath>) -> Result<&Path, Error>;
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
    let signatures = signatures::examine(&signatures::on_disk(folder), trust, at)?;
    let contents = Contents::of_folder(folder, |path| signatures.ignores(path), progress)?;
    let (found, is_card_edited) = signatures.compare(&contents);
    let open = |_: &[Finding]| Some(open_model(release).map_err(Error::from));
    let mut examination = conclude(Some(folder), signatures, found, &contents, policy, &open);
    examination.not_shown.extend(is_card_edited.then(|| EDITED_CARD.to_owned()));
    Ok(examination)
}

/// Examines a release that lies elsewhere. Its weights may be git-lfs pointers: digests are compared all the
/// same, and what would need the weights themselves is said to be not shown.
///
/// # Errors
/// [`Error::Io`] if a signature cannot be read.
pub fn examine_stored(
    release: &dyn Files,
    trust: &Trust,
    policy: Option<&Policy>,
    at: SystemTime,
) -> Result<Examination, Error> {
    let signatures = signatures::examine(&|name| release.record(name), trust, at)?;
    let contents = release.contents().clone().ignoring(|path| signatures.ignores(path));
    let pointer = contents.pointers().next();
    let (mut found, is_card_edited) = signatures.compare(&contents);
    // Its digest is right; whether its size is, the claim says.
    found.retain(|finding| finding.code != &code::POINTER);
    let unfit = contents.pointers().filter(|path| !may_be_pointer(path.as_str()) && !is_record(path));
    let message = "only weights may be git-lfs pointers: this file has to be in git itself";
    found.extend(unfit.map(|path| Finding::new(&code::POINTER, message).about(path)));
    let mut records = release.contents().entries().iter().filter(|(path, _)| is_record(path));
    if let Some((path, _)) = records.find(|(_, content)| matches!(content, Content::Pointer(_))) {
        let message = "claims and signatures have to be in git itself";
        found.push(Finding::new(&code::POINTER, message).about(path));
    }
    let is_as_signed = signatures.findings.is_empty() && found.is_empty() && signatures.claim.is_some();
    let files = || contents.entries().iter().filter(|(_, content)| matches!(content, Content::File(_)));
    let records = || release.unpack(&mut files().map(|(path, _)| path).filter(|path| is_record(path)));
    let folder = if is_as_signed { Some(records()?) } else { None };
    let open = |findings: &[Finding]| {
        let rest = || release.unpack(&mut files().map(|(path, _)| path).filter(|path| !is_record(path)));
        (pointer.is_none() && folder.is_some() && findings.is_empty())
            .then(|| rest().and_then(|folder| Ok(open_model(folder)?)))
    };
    let mut examination = conclude(folder, signatures, found, &contents, policy, &open);
    if let Some(path) = pointer {
        if policy.is_some_and(Policy::wants_structure) {
            let message = "the policy wants the structure to be checked, and only the pointer is there";
            examination.findings.push(Finding::new(&code::POINTER, message).about(path));
        }
        let message = "rows, labels, shapes and seal in the weights";
        examination.not_shown.push(format!("{message}: `{path}` is a git-lfs pointer"));
    }
    examination.not_shown.extend(is_card_edited.then(|| EDITED_CARD.to_owned()));
    Ok(examination)
}

/// What a card shows that was written after the signature.
const EDITED_CARD: &str =
    "who wrote `README.md`: it is not the one that was signed, which the trust file allows";

/// What signatures and files say, and what the claim says if there is a trusted one. Without a folder with the
/// records, the history is not looked at; then there is a finding already.
fn conclude(
    folder: Option<&Path>,
    signatures: Signatures,
    found: Vec<Finding>,
    contents: &Contents,
    policy: Option<&Policy>,
    open: &Open<'_>,
) -> Examination {
    let Signatures { mut findings, signers, claim, .. } = signatures;
    findings.extend(found);
    let mut examination = Examination { findings, signers, claim: None, not_shown: Vec::new() };
    let Some(statement) = claim else {
        if policy.is_some() {
            examination.findings.push(Finding::new(&code::POLICY, "there is no trusted claim to judge"));
        }
        return examination;
    };
    let heads = policy.map_or(&[][..], Policy::heads);
    match read(&statement) {
        Ok((claim, target)) => {
            let known = examination.findings.clone();
            examination.findings.extend(judge(folder, (&claim, &target), contents, &known, heads, open));
            examination.findings.extend(policy.iter().flat_map(|policy| policy.judge(&claim.statement)));
            if policy.is_some_and(Policy::wants_reproduction) {
                let message =
                    "the policy wants the release to be made again from its original, which was not done";
                examination.findings.push(Finding::new(&code::NOT_REPRODUCED, message));
            }
            examination.claim = Some(claim);
        }
        Err(reason) => examination
            .findings
            .push(Finding::new(&code::UNSUPPORTED, format!("this version cannot read the claim: {reason}"))),
    }
    examination
}

/// Opens the model, given what was found before; none if that is out of the question.
type Open<'a> = dyn Fn(&[Finding]) -> Option<Result<Artifact, Error>> + 'a;

/// What is wrong with an unsigned release that would be wrong with it once signed: its claim does not fit its
/// files.
///
/// # Errors
/// [`Error::NotAClaim`] if there is no claim that this version can read, [`Error::Io`] if a file cannot be
/// read.
pub fn examine_unsigned(release: &Path, progress: &dyn Progress) -> Result<Vec<Finding>, Error> {
    let stored = StoredClaim::read(release)?;
    let claim = stored.claim()?;
    let target = claim.statement.target().map_err(|reason| stored.not_a_claim(&reason))?;
    // Whoever signs a release stands for the head that was named.
    let heads = target.hints().heads.as_slice();
    let manifest = Manifest::new([].into());
    let contents = Contents::of_folder(release, |path| manifest.ignores(path), progress)?;
    Ok(judge(Some(release), (&claim, &target), &contents, &[], heads, &|_| {
        Some(open_model(release).map_err(Error::from))
    }))
}

fn read(statement: &[u8]) -> Result<(Claim, Target), ClaimError> {
    let claim = Claim::from_bytes(statement)?;
    let target = claim.statement.target()?;
    Ok((claim, target))
}

/// The claim against the files and their structure. A file that is already reported is not reported again.
fn judge(
    folder: Option<&Path>,
    (claim, target): (&Claim, &Target),
    contents: &Contents,
    known: &[Finding],
    heads: &[String],
    open: &Open<'_>,
) -> Vec<Finding> {
    let reported: BTreeSet<&str> = known.iter().filter_map(|finding| finding.path.as_deref()).collect();
    let statement = &claim.statement;
    let mut findings = claim::compare(statement, contents);
    findings.retain(|finding| finding.path.as_deref().is_none_or(|path| !reported.contains(path)));
    let problems = folder.map_or_else(Vec::new, |folder| {
        let problems = History::of_release(folder).map(|history| history.problems(statement));
        problems.unwrap_or_else(|error| vec![error.to_string()])
    });
    findings.extend(problems.into_iter().map(|problem| Finding::new(&code::LINEAGE, problem)));
    findings.extend(structure::itself(statement, target));
    match open(&[known, &findings].concat()) {
        Some(Ok(artifact)) => {
            findings.extend(unlisted(&artifact, contents));
            findings.extend(structure::compare(statement, target, &artifact, heads));
        }
        Some(Err(error)) => findings.push(Finding::new(&code::UNREADABLE, error.to_string())),
        None => {}
    }
    findings
}

/// Whatever a reader takes for the model must be among the files that were hashed, wherever its own files
/// point to.
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

/// The finding about a head that was named where the model points to another.
fn other_head(named: &str, other: &str) -> Finding {
    Finding::new(&code::OTHER_HEAD, format!("the head `{named}` was named; the model points to `{other}`"))
}
