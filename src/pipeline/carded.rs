//! The card of a release, made of its claim anew.

use std::path::Path;

use declass_formats::Artifact;

use super::finish::text_of_card;
use crate::{
    attest,
    claim::{Claim, LabelSpace, NamedClass, Statement, StoredClaim, names::open_model},
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
    let claim = Claim::from_bytes(stored.statement())
        .map_err(|error| Error::NotAClaim { path: stored.path().to_owned(), reason: error.to_string() })?;
    card_with(folder, &claim.statement, stored.bundle().is_some())
}

/// The card of the same release with another claim.
pub(super) fn card_with(folder: &Path, statement: &Statement, is_signed: bool) -> Result<String, Error> {
    // Of a release on a hub only the claim may have been fetched; all else adds to what that says.
    let artifact = open_model(folder).ok();
    let text = artifact.as_ref().map(text_of_card).transpose()?.flatten();
    let removal = &statement.predicate.removal;
    let hints = statement.target().map(|target| target.hints().clone()).unwrap_or_default();
    // A head that is not found has no labels.
    let cut = artifact.as_ref().and_then(|artifact| Cut::locate(artifact, &hints).ok());
    let forgotten = removal.forgotten.iter().map(|entry| &entry.class);
    let labels =
        cut.and_then(|cut| cut.labels).map(|labels| before(&labels, &removal.label_space, forgotten));
    let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let own = place.file_name().map_or("model".into(), |name| name.to_string_lossy());
    let named = text.as_deref().and_then(original_in);
    let beside = Beside {
        card: text.as_deref(),
        config: artifact.as_ref().and_then(Artifact::config),
        labels: labels.as_ref(),
        original: named.as_deref().unwrap_or(&own),
        is_signed,
        words: attest::WORDS,
    };
    Ok(export::card(statement, beside))
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
