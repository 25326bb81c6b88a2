//! From a release to a verdict: what its signatures, its claim and its original say of it.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    time::SystemTime,
};

use candle_core::Device;
use declass_formats::Artifact;

use crate::{
    attest::{Claimed, check_lineage},
    claim::NamedClass,
    claim::names::open_model,
    classes::Labels,
    error::Error,
    evaluate::{Data, Evaluation, Pair, evaluate},
    evidence::{
        Check, Finding, Outcome,
        code::{MEASURED_OTHERWISE, UNREADABLE, UNSUPPORTED},
    },
    gate::{self, Examination, Policy},
    progress::Progress,
    release::not_covered,
    removal::Removal,
    sign::Trust,
    verify::{self, Changes, Report},
};

/// Whom and what a gate asks for: files that were reviewed and are kept apart from releases.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The trust file: the keys that count.
    pub trust: PathBuf,
    /// The policy: what a release must be.
    pub policy: Option<PathBuf>,
}

/// Whether a release is signed by whom the rules trust, whole, and as they ask; `now` is when keys must be valid. No original
/// is needed for it.
///
/// # Errors
/// [`Error::Rules`] if they cannot be used, or lie in the release, which must not say itself whom to trust.
pub fn examine_release(
    release: &Path,
    rules: &Rules,
    now: SystemTime,
    progress: &dyn Progress,
) -> Result<Examination, Error> {
    let files = std::iter::once(&rules.trust).chain(&rules.policy);
    files.map(PathBuf::as_path).try_for_each(|file| require_outside(file, release))?;
    let trust = Trust::open(&rules.trust)?;
    let policy = rules.policy.as_deref().map(Policy::open).transpose()?;
    gate::examine(release, &trust, policy.as_ref(), now, progress)
}

/// Whoever made a release could have written what lies in it.
fn require_outside(rules: &Path, release: &Path) -> Result<(), Error> {
    let is_inside = |release: PathBuf| {
        release.is_dir() && rules.canonicalize().is_ok_and(|rules| rules.starts_with(&release))
    };
    if release.canonicalize().is_ok_and(is_inside) {
        let reason = "it lies in the release, which must not say itself whom to trust".to_owned();
        return Err(Error::Rules { path: rules.to_owned(), reason });
    }
    Ok(())
}

/// How a release is measured.
#[derive(Clone, Copy, Debug)]
pub struct Measuring<'a> {
    /// The labelled embeddings that the claim has figures on, if they are at hand.
    pub data: Option<&'a Data>,
    /// Another seed than the claim's, whose figures are then not compared.
    pub seed: Option<u64>,
    /// Where to compute.
    pub device: &'a Device,
}

/// What was measured of a release against its original.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Those of the verification, then those of the claim.
    pub checks: Vec<Check>,
    /// The checks and metrics of the claim that this version does not know, so that it cannot tell whether they hold.
    pub unknown: Vec<String>,
    /// What differs between the two.
    pub changes: Changes,
    /// The forgotten classes, with the labels that the original has for them.
    pub forgotten: Vec<NamedClass>,
    /// Labels of the original.
    pub labels: Option<Labels>,
    /// Figures on the labelled embeddings, if they were at hand.
    pub evaluation: Option<Evaluation>,
}

/// A release with a claim that can be read.
#[derive(Debug)]
pub struct Release {
    artifact: Artifact,
    claimed: Claimed,
}

impl Release {
    /// Opens a release and reads its claim, which is believed in nothing yet.
    ///
    /// # Errors
    /// [`Error::Format`] if the files cannot be read, [`Error::NotAClaim`] if the claim cannot.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let artifact = open_model(path.as_ref())?;
        let claimed = Claimed::of(&artifact)?;
        Ok(Self { artifact, claimed })
    }

    /// Its files.
    #[must_use]
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// What its claim says.
    #[must_use]
    pub fn claimed(&self) -> &Claimed {
        &self.claimed
    }

    /// The removal that the claim records.
    #[must_use]
    pub fn removal(&self) -> &Removal {
        self.claimed.removal()
    }

    /// Measures the release against its original, and holds the claim against what is found.
    ///
    /// # Errors
    /// As [`verify::verify`] and [`evaluate`]; [`Error::Embeddings`] if the data are not those of the claim.
    pub fn measure(
        &self,
        original: &Artifact,
        how: Measuring<'_>,
        progress: &dyn Progress,
    ) -> Result<Measured, Error> {
        let Self { artifact: release, claimed } = self;
        if let Some(data) = how.data {
            claimed.require_data(data)?;
        }
        let asked = claimed.removal();
        let removal = asked.verified_with(how.seed.unwrap_or(asked.verification_seed()));
        let report = verify::verify(original, release, &removal, how.device, progress)?;
        let evaluation = match how.data {
            // As the run that made the claim measured them, with its seed.
            Some(data) => {
                let forgotten = asked.forgotten().clone();
                let pair = Pair::load((original, report.cut()), release, asked.head(), forgotten)?;
                Some(evaluate(&pair, data, claimed.evaluation_seed().value())?)
            }
            None => None,
        };
        let lineage = check_lineage(release.folder(), claimed.statement(), original)?;
        let held = claimed.check(&report, evaluation.as_ref());
        Ok(Measured {
            checks: [report.checks(), &held.checks, &[lineage, not_covered(release)]].concat(),
            unknown: held.unknown,
            changes: report.changes().clone(),
            forgotten: forgotten(&report),
            labels: report.cut().labels.clone(),
            evaluation,
        })
    }
}

fn forgotten(report: &Report) -> Vec<NamedClass> {
    let labels = report.cut().labels.as_ref();
    let class = |index| NamedClass { index, label: labels.and_then(|l| l.names.get(index).cloned()) };
    report.removal().forgotten().indices().map(class).collect()
}

/// All that is known of a release.
#[derive(Debug)]
pub struct Judgement {
    /// What its signatures say, if anybody is trusted.
    pub examination: Option<Examination>,
    /// What was measured, if there was an original.
    pub measured: Option<Measured>,
    /// Whether its repository holds anything else, if it was fetched.
    pub listed: Option<Check>,
    /// Why it is no yes; empty if it is.
    pub findings: Vec<Finding>,
}

impl Judgement {
    /// Brings together what was found.
    ///
    /// # Errors
    /// Why nothing could be measured, unless the signatures already say no, which is worth telling nevertheless.
    pub fn of<E: Display>(
        mut examination: Option<Examination>,
        measured: Result<Option<Measured>, E>,
        listed: Option<Check>,
    ) -> Result<Self, E> {
        let measured = match (measured, &mut examination) {
            (Ok(measured), _) => measured,
            (Err(error), Some(examination)) if !examination.findings.is_empty() => {
                examination.findings.push(Finding::new(&UNREADABLE, format!("not measured: {error}")));
                None
            }
            (Err(error), _) => return Err(error),
        };
        let mut findings = examination.iter().flat_map(|found| found.findings.clone()).collect::<Vec<_>>();
        let checks = measured.iter().flat_map(|measured| &measured.checks).chain(&listed);
        findings.extend(checks.filter(|check| check.outcome == Outcome::Failed).map(finding));
        findings.extend(measured.iter().flat_map(|measured| &measured.unknown).map(unknown));
        Ok(Self { examination, measured, listed, findings })
    }
}

fn finding(check: &Check) -> Finding {
    Finding::new(&MEASURED_OTHERWISE, format!("{}: {}", check.definition.id, check.summary))
}

fn unknown(id: impl Display) -> Finding {
    Finding::new(&UNSUPPORTED, format!("this version does not know the check `{id}` of the claim"))
}
