//! A release beside its original: what its claim says, measured again.

use std::path::Path;

use candle_core::Device;
use declass_formats::Artifact;

use crate::{
    attest::{Claimed, check_lineage},
    claim::NamedClass,
    claim::names::open_model,
    classes::Labels,
    cut::Choice,
    error::Error,
    evaluate::{Data, Evaluation, Pair, evaluate},
    evidence::{Check, Outcome},
    gate::Measurement,
    progress::Progress,
    release::not_covered,
    removal::Removal,
    verify::{self, Changes, Report},
};

/// How a release is measured.
#[derive(Clone, Copy, Debug)]
pub struct Measuring<'a> {
    /// The labelled embeddings that the claim has figures on, if they are at hand.
    pub data: Option<&'a Data>,
    /// The ONNX file that says how models without a graph are computed.
    pub graph: Option<&'a Path>,
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
    /// The checks and metrics of the claim that this version does not know, so that it cannot tell whether
    /// they hold.
    pub unknown: Vec<String>,
    /// The head that was named, and the one that the original points to instead, if it is another.
    pub other_head: Option<(String, String)>,
    /// Whether retained rows that a method moved were taken as they are: only [`Release::reproduce`] shows that
    /// nothing is hidden there.
    pub rows_taken: bool,
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
    /// [`Error::Format`] if the files cannot be read, [`Error::NotAClaim`] if the claim cannot,
    /// [`Error::NotARelease`] if there is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let artifact = open_model(path.as_ref())?;
        let claimed = Claimed::of(&artifact)?;
        let artifact = artifact.with_twins(&claimed.removal().other_paths())?;
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
        let removal = claimed.inputs_run().into_iter().fold(removal, Removal::run_on);
        let report = verify::verify(original, release, &removal, how.graph, how.device, progress)?;
        let evaluation = match how.data {
            // As the run that made the claim measured them, with its seed.
            Some(data) => {
                let forgotten = asked.forgotten().clone();
                let pair = Pair::load((original, report.cut()), release, asked.hints(), forgotten)?;
                Some(evaluate(&pair, data, claimed.evaluation_seed().value())?)
            }
            None => None,
        };
        let lineage = check_lineage(release.folder(), claimed.statement(), original)?;
        let held = claimed.check(&report, evaluation.as_ref());
        Ok(Measured {
            checks: [report.checks(), &held.checks, &[lineage, not_covered(release)]].concat(),
            unknown: held.unknown,
            other_head: other_head(&report),
            rows_taken: (asked.trains() || asked.draws()) && !stayed(&report),
            changes: report.changes().clone(),
            forgotten: forgotten(&report),
            labels: report.cut().labels.clone(),
            evaluation,
        })
    }
}

impl Measured {
    /// Whether no check failed, and none of the claim is unknown here.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.unknown.is_empty() && !self.checks.iter().any(|check| check.outcome == Outcome::Failed)
    }
}

impl Measurement for Measured {
    fn checks(&self) -> &[Check] {
        &self.checks
    }

    fn unknown(&self) -> &[String] {
        &self.unknown
    }

    fn other_head(&self) -> Option<(&str, &str)> {
        self.other_head.as_ref().map(|(named, other)| (named.as_str(), other.as_str()))
    }
}

fn other_head(report: &Report) -> Option<(String, String)> {
    let named = report.removal().hints().head()?;
    match &report.cut().why.choice {
        Choice::Instead(other) => Some((named.to_owned(), other.clone())),
        Choice::Located | Choice::Undecided(_) => None,
    }
}

fn forgotten(report: &Report) -> Vec<NamedClass> {
    let labels = report.cut().labels.as_ref();
    let class = |index| NamedClass { index, label: labels.and_then(|l| l.names.get(index).cloned()) };
    report.removal().forgotten().indices().map(class).collect()
}

/// Whether every retained row is bit for bit that of the original: then there is nothing to take as it is.
fn stayed(report: &Report) -> bool {
    let check = report.checks().iter().find(|check| check.definition.id == "retained-logits");
    let moved = check.and_then(|check| check.figure("rows-moved"));
    moved.is_some_and(|figure| figure.value.0 == 0.0)
}
