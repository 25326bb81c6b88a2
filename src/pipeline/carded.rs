//! The card of a release, made of its claim anew.

use std::path::Path;

use declass_formats::Artifact;

use super::finish::text_of_card;
use crate::{
    attest,
    claim::{LabelSpace, NamedClass, Statement, StoredClaim, names::open_model},
    classes::Labels,
    cut::Cut,
    error::Error,
    export::{self, Beside, original_in},
};

/// The model card of a release: what its claim says, with what its present card says of licence, library and origin.
///
/// # Errors
/// [`Error::NotAClaim`] if the claim cannot be read, [`Error::Format`] if the present card cannot.
pub fn card_of(folder: &Path) -> Result<String, Error> {
    let stored = StoredClaim::read(folder)?;
    card_with(folder, &stored.claim()?.statement, stored.bundle().is_some())
}

/// The card of the same release with another claim.
pub(super) fn card_with(folder: &Path, statement: &Statement, is_signed: bool) -> Result<String, Error> {
    let named = Named::of(folder, statement)?;
    Ok(export::card(statement, named.beside(is_signed)))
}

/// What a release is called and what its classes are called, by the files that lie beside the claim.
#[derive(Debug)]
pub struct Named {
    artifact: Option<Artifact>,
    card: Option<String>,
    labels: Option<Labels>,
    original: String,
}

impl Named {
    /// Of a release with a claim. Of one on a hub only the claim may have been fetched; all else adds to what that says.
    ///
    /// # Errors
    /// [`Error::Format`] if the card cannot be read.
    pub fn of(folder: &Path, statement: &Statement) -> Result<Self, Error> {
        let artifact = open_model(folder).ok();
        let card = artifact.as_ref().map(text_of_card).transpose()?.flatten();
        let removal = &statement.predicate.removal;
        let hints = statement.target().map(|target| target.hints().clone()).unwrap_or_default();
        // A head that is not found has no labels.
        let cut = artifact.as_ref().and_then(|artifact| Cut::locate(artifact, &hints).ok());
        let forgotten = removal.forgotten.iter().map(|entry| &entry.class);
        let labels =
            cut.and_then(|cut| cut.labels).map(|labels| before(&labels, &removal.label_space, forgotten));
        let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let own = || place.file_name().map_or("model".into(), |name| name.to_string_lossy().into_owned());
        let original = card.as_deref().and_then(original_in).unwrap_or_else(own);
        Ok(Self { artifact, card, labels, original })
    }

    /// What a card or a page says beside the claim.
    #[must_use]
    pub fn beside(&self, is_signed: bool) -> Beside<'_> {
        Beside {
            card: self.card.as_deref(),
            config: self.artifact.as_ref().and_then(Artifact::config),
            labels: self.labels.as_ref(),
            original: &self.original,
            is_signed,
            words: attest::WORDS,
        }
    }
}

/// Labels of the original's classes, of those that the release has and those that were removed.
fn before<'a>(
    after: &Labels,
    space: &LabelSpace,
    forgotten: impl Iterator<Item = &'a NamedClass> + Clone,
) -> Labels {
    let name = |(class, now): (usize, &Option<usize>)| {
        let removed = forgotten.clone().find(|entry| entry.index == class).and_then(|it| it.label.clone());
        let kept = now.and_then(|now| after.names.get(now).cloned());
        removed.or(kept).unwrap_or_else(|| class.to_string())
    };
    Labels { names: space.index_map.iter().enumerate().map(name).collect(), source: after.source.clone() }
}
