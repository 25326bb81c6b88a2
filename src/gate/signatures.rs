//! The two signatures of a release: read, judged by the trust file, and held against the folder.

use std::{path::Path, time::SystemTime};

use declass_formats::{RelPath, Sha256Digest};

use crate::{
    claim::names::{CARD_FILE, CLAIM_FILE, STATEMENT_FILE},
    error::Error,
    evidence::{Finding, code},
    sign::{
        Bundle, Contents, Dating, Difference, Distrust, MAX_BUNDLE, Manifest, Refusal, Role, SIGNATURE_FILE,
        Stamped, Trust, differences, is_leftover, read_if_there,
    },
};

/// A signature that counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// What was signed.
    pub role: Role,
    /// The file that holds the signature.
    pub file: &'static str,
    /// Who the trust file says holds the key.
    pub identity: String,
    /// Fingerprint of the key.
    pub key: String,
    /// When it was there, if a trusted service says so: the key is judged at that time.
    pub stamped: Option<Stamped>,
    /// Why time stamps of it do not count.
    pub ignored_stamps: Vec<String>,
}

/// What the signatures of a folder say.
pub(super) struct Signatures {
    pub(super) findings: Vec<Finding>,
    pub(super) signers: Vec<Signer>,
    /// Digests of the files, if somebody signed any; trusted only if there is no finding.
    pub(super) manifest: Option<Manifest>,
    /// The statement of a trusted signer.
    pub(super) claim: Option<Vec<u8>>,
    /// Whether a signature over all files is asked for: without it the words of the card may be edited later.
    is_over_all: bool,
    /// When the signature over all files was there, if it counts.
    dated: Option<Dating>,
}

/// What a release has at the name of a claim or a signature; nothing if there is no such file.
pub(super) type Read<'a> = dyn Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'a;

/// The records in a folder.
pub(super) fn on_disk(folder: &Path) -> impl Fn(&str) -> Result<Option<Vec<u8>>, Error> {
    |name| Ok(read_if_there(&folder.join(name), MAX_BUNDLE)?)
}

pub(super) fn examine(read: &Read<'_>, trust: &Trust, at: SystemTime) -> Result<Signatures, Error> {
    let (findings, signers, is_over_all) = (Vec::new(), Vec::new(), trust.requires(Role::Oms));
    let mut all = Signatures { findings, signers, manifest: None, claim: None, is_over_all, dated: None };
    if let Some((bundle, _)) = all.open(read, (Role::Oms, SIGNATURE_FILE), trust, at)? {
        match Manifest::read(bundle.payload()) {
            Ok(manifest) => all.manifest = Some(manifest),
            Err(refusal) => all.findings.push(refused(refusal).about(SIGNATURE_FILE)),
        }
    }
    if let Some((bundle, true)) = all.open(read, (Role::Claim, CLAIM_FILE), trust, at)? {
        all.claim = Some(bundle.payload().to_vec());
        if is_there(read, STATEMENT_FILE) {
            let message = "a second claim lies beside the signed one, and is not signed itself";
            all.findings.push(Finding::new(&code::CLAIM, message).about(STATEMENT_FILE));
        }
    }
    Ok(all)
}

impl Signatures {
    /// Whether nothing is signed at a path, by the manifest or else as this tool signs.
    pub(super) fn ignores(&self, path: &RelPath) -> bool {
        match &self.manifest {
            Some(manifest) => manifest.ignores(path),
            None => Manifest::new([].into()).ignores(path),
        }
    }

    /// What the manifest says held against what a release holds, but for the card where nobody asks for it to be
    /// signed; and whether that is another, or gone.
    pub(super) fn compare(&self, contents: &Contents) -> (Vec<Finding>, bool) {
        let found = self.manifest.iter().flat_map(|manifest| differences(manifest, contents));
        let is_edited =
            |difference: &Difference| matches!(difference, Difference::Changed { .. } | Difference::Missing);
        let (edited, others): (Vec<_>, Vec<_>) = found.partition(|(path, difference)| {
            !self.is_over_all && path.as_str() == CARD_FILE && is_edited(difference)
        });
        let findings =
            others.into_iter().map(|(path, difference)| finding(path.as_str(), difference).about(path));
        (findings.collect(), !edited.is_empty())
    }

    /// One signature, and whether it counts.
    fn open(
        &mut self,
        read: &Read<'_>,
        (role, file): (Role, &'static str),
        trust: &Trust,
        at: SystemTime,
    ) -> Result<Option<(Bundle, bool)>, Error> {
        let Some(bytes) = read(file)? else {
            if trust.requires(role) {
                self.findings.push(missing(read, role, file));
            }
            return Ok(None);
        };
        let bundle = match Bundle::read(&bytes) {
            Ok(bundle) => bundle,
            Err(refusal) => {
                self.findings.push(refused(refusal).about(file));
                return Ok(None);
            }
        };
        let mut dating = trust.dating(&bundle, at);
        self.dated_with_all(file, &bytes).into_iter().for_each(|all| dating.know_all(all));
        let judged = trust.judge(&bundle, role, dating.judged_at(at));
        let stamped = dating.earliest.clone();
        let counts = judged.is_ok();
        if counts && role == Role::Oms {
            self.dated = Some(dating.clone());
        }
        match judged {
            Ok(key) => {
                let (identity, key) = (key.identity.clone(), key.key.fingerprint());
                let ignored_stamps = dating.ignored;
                self.signers.push(Signer { role, file, identity, key, stamped, ignored_stamps });
            }
            Err(Distrust::BadSignature(reason)) => {
                self.findings.push(Finding::new(&code::BAD_SIGNATURE, reason).about(file));
            }
            Err(Distrust::Untrusted(reason)) => {
                let when = stamped.iter().map(|stamped| format!("; judged at its time stamp, {stamped}"));
                let ignored =
                    dating.ignored.iter().map(|why| format!("; a time stamp does not count: {why}"));
                let message = reason + &when.chain(ignored).collect::<String>();
                self.findings.push(Finding::new(&code::UNTRUSTED, message).about(file));
            }
        }
        Ok(Some((bundle, counts)))
    }

    /// When the signature over all files was there, if it counts and is over a file with these bytes: so were
    /// they.
    fn dated_with_all(&self, file: &str, bytes: &[u8]) -> Option<&Dating> {
        let path = RelPath::try_from(file).ok()?;
        let signed = self.manifest.as_ref()?.files().get(&path)?;
        self.dated.as_ref().filter(|_| *signed == Sha256Digest::of(bytes))
    }
}

const LEFTOVER: &str = "a temporary file of a run of declass that was killed: delete it, or sign the release again, \
                        which removes it";

/// Whether anything is there: what cannot be read is.
fn is_there(read: &Read<'_>, name: &str) -> bool {
    !matches!(read(name), Ok(None))
}

fn missing(read: &Read<'_>, role: Role, file: &str) -> Finding {
    let unsigned = role == Role::Claim && is_there(read, STATEMENT_FILE);
    Finding::new(
        &code::MISSING,
        if unsigned { "the claim is UNSIGNED" } else { "file not found: the release is not signed so" },
    )
    .about(if unsigned { STATEMENT_FILE } else { file })
}

fn refused(refusal: Refusal) -> Finding {
    match refusal {
        Refusal::Malformed(reason) => Finding::new(&code::BAD_SIGNATURE, reason),
        Refusal::Unsupported(reason) => Finding::new(&code::UNSUPPORTED, reason),
    }
}

fn finding(path: &str, difference: Difference) -> Finding {
    match difference {
        Difference::Changed { signed, found } => {
            Finding::new(&code::DIGEST, format!("its SHA-256 is {found}, signed was {signed}"))
        }
        Difference::Extra if is_leftover(path) => Finding::new(&code::EXTRA, LEFTOVER),
        Difference::Extra => Finding::new(&code::EXTRA, "not covered by the signature"),
        Difference::IgnoredModel => {
            Finding::new(&code::IGNORED, "it may be a model or code, and the signature leaves it out")
        }
        Difference::Missing => Finding::new(&code::DIGEST, "missing, although it was signed"),
        Difference::NoFile => Finding::new(&code::EXTRA, "it is a link, or no file at all"),
        Difference::NotFetched => {
            Finding::new(&code::POINTER, "only its git-lfs pointer is there: run `git lfs pull`")
        }
    }
}
