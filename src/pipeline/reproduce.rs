//! The command of a claim once more, and what it makes beside the files of the release.

use std::path::Path;

use candle_core::Device;
use declass_formats::{Artifact, Diff, Role, TensorChange};

use super::{Job, Observer, Release};
use crate::{
    error::Error,
    evidence::{Check, Definition, Origin, Outcome, REPRODUCED},
    model::Model,
    release::Destination,
};

/// That the removal makes the same files once more: a check that only those see who ask for it.
pub static DEFINITION: Definition = Definition {
    id: REPRODUCED,
    version: 1,
    number: None,
    formula: "files that the removal of the claim makes of the original, once more = files of the release",
    origin: Origin::ModelFiles,
    data: "the original, and the settings and seeds of the claim",
    shows: "that the release is what the removal makes of the original, retained rows included, and holds nothing else",
    not_shown: "that another device or version would make the same bytes",
};

/// What came of making a release again.
#[derive(Clone, Debug)]
pub struct Reproduced {
    /// The files that a removal makes, with whether they are the same; the card and the records beside the
    /// model are not among them.
    pub files: Vec<(String, bool)>,
    /// The tensors that came out differently.
    pub tensors: Vec<OtherTensor>,
    /// The version that made the claim.
    version: String,
}

/// A tensor that came out differently.
#[derive(Clone, Debug)]
pub struct OtherTensor {
    /// Its name.
    pub name: String,
    /// How many of its values differ.
    pub values: u64,
    /// Largest difference of two of its numbers; none if it has no numbers or another shape.
    pub largest: Option<f64>,
}

impl Release {
    /// Carries out the removal of the claim once more, in a folder below `scratch` that goes again, and compares
    /// what it makes.
    ///
    /// # Errors
    /// As [`Job::open`], [`Job::train`] and [`Staged::write`](crate::release::Staged::write).
    pub fn reproduce(
        &self,
        original: &Model,
        scratch: &Path,
        device: Device,
        observer: &dyn Observer,
    ) -> Result<Reproduced, Error> {
        let folder = tempfile::tempdir_in(scratch).map_err(Error::io(scratch))?;
        let destination = Destination::new(folder.path().join("out"));
        // Older versions did not ask whether a single class may be left, or what else counts the classes.
        let asked = self.removal().as_then();
        let job = Job::open(original, &asked, destination, device, observer)?;
        let copy = job.train()?.seal()?.write()?;
        let (release, copy) = (self.artifact(), copy.artifact());
        let diff = Diff::between(release, copy, &|_| ())?;
        Ok(Reproduced {
            files: files(release, &diff),
            tensors: diff.tensors.iter().map(|change| OtherTensor::of(change, release, copy)).collect(),
            version: self.claimed().version().to_owned(),
        })
    }
}

impl Reproduced {
    /// Whether the same bytes came out.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.files.iter().all(|(_, same)| *same)
    }

    /// The same as a check. Other bytes by another version say nothing.
    #[must_use]
    pub fn check(&self) -> Check {
        let others = || self.files.iter().filter(|(_, same)| !same).map(|(path, _)| format!("`{path}`"));
        let here = env!("CARGO_PKG_VERSION");
        let (outcome, summary) = if self.is_same() {
            (Outcome::Passed, format!("the removal makes the same {} files again", self.files.len()))
        } else {
            let files = others().collect::<Vec<_>>().join(", ");
            let tensors: Vec<String> = self.tensors.iter().map(ToString::to_string).collect();
            let said = format!("the removal produces different files: {files}; {}", tensors.join("; "));
            match self.version == here {
                true => (Outcome::Failed, said),
                false => {
                    (Outcome::Informative, format!("{said} (by version {}; this is {here})", self.version))
                }
            }
        };
        Check { definition: &DEFINITION, outcome, summary, figures: Vec::new() }
    }
}

fn files(release: &Artifact, diff: &Diff) -> Vec<(String, bool)> {
    let is_card = |path| release.files().iter().any(|file| file.path == path && file.role == Role::Card);
    let files = diff.files.iter().filter(|file| !is_card(file.path.clone()));
    // The copy has no card either, so that a card of the release alone is no difference.
    files.map(|file| (file.path.to_string(), file.before == file.after)).collect()
}

impl OtherTensor {
    fn of(change: &TensorChange, release: &Artifact, copy: &Artifact) -> Self {
        let numbers = |artifact: &Artifact| {
            let info = artifact.tensors().get(&change.name)?;
            info.dtype.decode_f64(&artifact.read_tensor(&change.name).ok()?)
        };
        let pairs = numbers(release).zip(numbers(copy)).filter(|(a, b)| a.len() == b.len());
        let largest =
            pairs.map(|(a, b)| a.iter().zip(&b).fold(0.0f64, |most, (a, b)| most.max((a - b).abs())));
        Self { name: change.name.clone(), values: change.values, largest }
    }
}

impl std::fmt::Display for OtherTensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {} values differ", self.name, self.values)?;
        self.largest.map_or(Ok(()), |largest| write!(f, ", by {largest:.1e} at most"))
    }
}
