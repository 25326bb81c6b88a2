//! Figures on data of the user for a release that is there: a new claim about the same files, and nothing else.

use std::path::Path;

use candle_core::Device;
use declass_formats::Artifact;

use super::{
    Measured, Measuring, Release,
    carded::{card_of, card_with},
    finish::text_of_card,
};
use crate::{
    attest,
    claim::StoredClaim,
    error::Error,
    evaluate::{Data, Evaluation},
    export::card_with_figures,
    progress::Progress,
    release::{Destination, Existing, Staged},
    sign::{ReleaseKey, SIGNATURE_FILE},
};

/// How a release gets figures on data of the user.
#[derive(Clone, Copy, Debug)]
pub struct Amending<'a> {
    /// The data.
    pub data: &'a Data,
    /// What was measured on them.
    pub evaluation: &'a Evaluation,
    /// Where the release with the new claim goes: its own folder, or a new one.
    pub into: &'a Path,
    /// The key that signs; a release that is signed needs one.
    pub key: Option<&'a ReleaseKey>,
    /// The ONNX file that says how models without a graph are computed.
    pub graph: Option<&'a Path>,
    /// Where to compute.
    pub device: &'a Device,
}

impl Amending<'_> {
    /// Whether it can be done, as far as can be told before anything is measured.
    ///
    /// # Errors
    /// [`Error::CannotAmend`], [`Error::DestinationExists`], [`Error::ForeignFiles`], [`Error::NoName`].
    pub fn check(release: &Release, into: &Path, is_key_given: bool) -> Result<(), Error> {
        let artifact = release.artifact();
        if !artifact.path().is_dir() {
            return Err(cannot(artifact, "it is a file: name the folder that it lies in", false));
        }
        let is_signed = StoredClaim::read(artifact.folder())?.bundle().is_some()
            || artifact.folder().join(SIGNATURE_FILE).symlink_metadata().is_ok();
        if is_signed && !is_key_given {
            return Err(cannot(artifact, "it is signed, and a new claim needs a new signature", true));
        }
        destination(artifact, into).check()
    }
}

impl Release {
    /// Writes the same files with a claim that has these figures, too, whole or not at all. The copy is opened from
    /// disk and measured against the original, new figures included; unless that
    /// [finds nothing wrong](Measured::holds), nothing is written. Figures on other data that the claim had are
    /// replaced; the removal, the checks and the seeds of the claim stay as they are. Signatures and time stamps of
    /// the earlier claim go with it.
    ///
    /// # Errors
    /// As [`Amending::check`] and [`Release::measure`]; [`Error::CannotAmend`] if the claim is not one of this
    /// version, [`Error::CannotSign`], [`Error::Io`] if the disk refuses.
    pub fn amend(
        &self,
        original: &Artifact,
        how: Amending<'_>,
        progress: &dyn Progress,
    ) -> Result<Measured, Error> {
        Amending::check(self, how.into, how.key.is_some())?;
        let artifact = self.artifact();
        let claim = self.claimed().with_figures(how.evaluation);
        let claim = claim.map_err(|reason| cannot(artifact, &reason.to_string(), false))?;
        let mut staged = Staged::again(artifact, destination(artifact, how.into), progress)?;
        let figures = claim.predicate.verification.evaluation.as_ref();
        if let (Some(card), Some(figures)) = (text_of_card(artifact)?, figures) {
            // A card that nobody has edited is made anew; of another only the part about figures is.
            let is_own = card_of(artifact.folder()).is_ok_and(|own| own == card);
            let card = match is_own {
                true => card_with(artifact.folder(), &claim, false)?,
                false => card_with_figures(&card, figures, attest::WORDS),
            };
            staged.put_card(&card)?;
        }
        staged.claim(&claim)?;
        let Amending { data, graph, device, .. } = how;
        let measuring = Measuring { data: Some(data), graph, seed: None, device };
        let measured = Self::open(staged.artifact().path())?.measure(original, measuring, progress)?;
        if measured.holds() {
            staged.place(how.key, progress)?;
        }
        Ok(measured)
    }
}

fn destination(release: &Artifact, into: &Path) -> Destination {
    let same = matches!((into.canonicalize(), release.folder().canonicalize()), (Ok(a), Ok(b)) if a == b);
    let existing = if same { Existing::Replace } else { Existing::Keep };
    Destination::new(into).with_existing(existing)
}

fn cannot(release: &Artifact, reason: &str, needs_key: bool) -> Error {
    Error::CannotAmend { path: release.path().to_owned(), reason: reason.into(), needs_key }
}
