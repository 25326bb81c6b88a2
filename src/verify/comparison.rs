//! Two models held against each other, byte for byte: what differs, and whether a removal explains all of it.

use std::collections::BTreeMap;

use declass_formats::{Artifact, Diff, RelPath, Role, Sha256Digest};

use super::{Changes, changes, models::Models};
use crate::{
    classes::Forgotten,
    cut::Cut,
    error::Error,
    evidence::{Change, Check, Outcome},
    head::{Accepted, Hints, Target, Treatment},
    progress::{Progress, Step},
    removal::OtherFile,
};

/// What differs between an original and a candidate, and the digests of the files of both.
#[derive(Clone, Debug)]
pub struct Comparison {
    check: Check,
    changes: Changes,
    files: Vec<ComparedFile>,
    /// The digests that the edits of the removal give the files which they change.
    expected: BTreeMap<RelPath, Sha256Digest>,
}

/// A file of either model; a digest is `None` where a model does not have it.
#[derive(Clone, Debug)]
struct ComparedFile {
    path: RelPath,
    before: Option<Sha256Digest>,
    after: Option<Sha256Digest>,
    /// Bytes of the candidate's file.
    size: u64,
    /// A card is text about a model and may be written anew at any time.
    is_card: bool,
}

/// Compares a candidate with the original it is said to come from; whether the slots of the forgotten classes
/// were kept or dropped, the number of classes says. Further files in which the same was done are named by hand.
///
/// # Errors
/// As [`verify`](super::verify), but for [`Error::Compute`]. More differences than a removal makes are no
/// error here, but for those of further files.
pub fn compare(
    original: &Artifact,
    candidate: &Artifact,
    forgotten: &Forgotten,
    (hints, others): (&Hints, &[OtherFile]),
    progress: &dyn Progress,
) -> Result<Comparison, Error> {
    let paths: Vec<RelPath> = others.iter().map(|other| other.path.clone()).collect();
    let (original, candidate) = (&original.with_twins(&paths)?, &candidate.with_twins(&paths)?);
    let is_whole = Cut::locate(candidate, hints)?.head.classes == forgotten.classes();
    let treatment = if is_whole { Treatment::Leave } else { Treatment::Drop };
    let target = Target::new(forgotten.clone(), treatment, hints.clone(), Accepted::default());
    let models = Models::open(original, candidate, &target)?;
    let found = compare_others(&models, others, &target, progress)?;
    if let Some(other) = found.iter().position(|other| other.check.outcome == Outcome::Failed) {
        let what = format!("`{}`: {}", paths[other], found[other].check.summary);
        return Err(Error::NotOnlyTheHead { what });
    }
    Comparison::between(&models, &target, &expected(found.iter()), progress)
}

/// Compares each of the further files.
fn compare_others(
    models: &Models<'_>,
    others: &[OtherFile],
    target: &Target,
    progress: &dyn Progress,
) -> Result<Vec<Comparison>, Error> {
    let Change { before, after } = &models.models;
    let one = |other: &OtherFile| {
        let (original, candidate) = (before.artifact.twin(&other.path)?, after.artifact.twin(&other.path)?);
        let target = Target::new(
            target.forgotten().clone(),
            target.treatment(),
            other.hints.clone(),
            target.accepted(),
        );
        let twins = Models::open(&original, &candidate, &target)?;
        Comparison::between(&twins, &target, &BTreeMap::new(), progress)
    };
    others.iter().map(one).collect()
}

/// The digests that the files of these comparisons have to have.
pub(super) fn expected<'a>(
    comparisons: impl Iterator<Item = &'a Comparison>,
) -> BTreeMap<RelPath, Sha256Digest> {
    comparisons.flat_map(|comparison| comparison.expected().clone()).collect()
}

impl Comparison {
    /// What differs between two models that were opened; `of_others` are the digests that their further files have to
    /// have.
    ///
    /// # Errors
    /// [`Error::Format`] if a file cannot be read.
    pub(super) fn between(
        models: &Models<'_>,
        target: &Target,
        of_others: &BTreeMap<RelPath, Sha256Digest>,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let (original, candidate) = (models.models.before.artifact, models.models.after.artifact);
        let bytes = original.files().iter().chain(candidate.files()).map(|file| file.size).sum();
        progress.begin(Step::Comparing, bytes);
        let diff = Diff::between(original, candidate, &|bytes| progress.advance(Step::Comparing, bytes))?;
        progress.end(Step::Comparing);
        let is_card = |path: &RelPath| {
            let mut files = original.files().iter().chain(candidate.files());
            files.all(|file| file.path != *path || file.role == Role::Card)
        };
        let sizes: BTreeMap<&RelPath, u64> =
            candidate.files().iter().map(|file| (&file.path, file.size)).collect();
        let compared = diff.files.iter().map(|file| ComparedFile {
            path: file.path.clone(),
            before: file.before,
            after: file.after,
            size: sizes.get(&file.path).copied().unwrap_or_default(),
            is_card: is_card(&file.path),
        });
        let files = compared.collect();
        let (check, expected) = changes::check(models, &diff, (target, of_others), progress)?;
        Ok(Self { check, changes: Changes::of(&diff), files, expected })
    }

    /// Whether nothing differs but what the removal has to change, in words.
    #[must_use]
    pub fn check(&self) -> &Check {
        &self.check
    }

    /// The digests that the files which the removal changes have to have.
    pub(super) fn expected(&self) -> &BTreeMap<RelPath, Sha256Digest> {
        &self.expected
    }

    /// What changed, in figures.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Fails unless the candidate is the original but for its head, and what dropping slots changes besides.
    ///
    /// # Errors
    /// [`Error::NotOnlyTheHead`] with the first difference.
    pub fn require_only_the_head(&self) -> Result<(), Error> {
        if self.check.outcome == Outcome::Failed {
            return Err(Error::NotOnlyTheHead { what: self.check.summary.clone() });
        }
        Ok(())
    }

    /// Digests of the original's files, but for its card.
    #[must_use]
    pub fn original_digests(&self) -> BTreeMap<&RelPath, Sha256Digest> {
        self.without_card().filter_map(|file| Some((&file.path, file.before?))).collect()
    }

    /// Digests of the candidate's files, but for its card.
    #[must_use]
    pub fn candidate_digests(&self) -> BTreeMap<&RelPath, Sha256Digest> {
        self.without_card().filter_map(|file| Some((&file.path, file.after?))).collect()
    }

    /// Sizes in bytes of the candidate's files, but for its card.
    #[must_use]
    pub fn candidate_sizes(&self) -> BTreeMap<&RelPath, u64> {
        let there = self.without_card().filter(|file| file.after.is_some());
        there.map(|file| (&file.path, file.size)).collect()
    }

    /// Digests of the candidate's files, its card included.
    pub(super) fn all_candidate_digests(&self) -> BTreeMap<&RelPath, Sha256Digest> {
        self.files.iter().filter_map(|file| Some((&file.path, file.after?))).collect()
    }

    fn without_card(&self) -> impl Iterator<Item = &ComparedFile> {
        self.files.iter().filter(|file| !file.is_card)
    }
}
