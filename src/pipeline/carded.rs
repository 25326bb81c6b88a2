//! The card of a release, made of its claim anew.

use std::path::Path;

use super::finish::text_of_card;
use crate::{
    attest,
    claim::{Claim, LabelSpace, NamedClass, StoredClaim, names::open_model},
    classes::Labels,
    cut::Cut,
    error::Error,
    export::{self, Beside},
    head::Hints,
};

/// The model card of a release: what its claim says, with what its present card says of licence, library and origin.
///
/// # Errors
/// [`Error::NotAClaim`] if the claim cannot be read, [`Error::Format`] if the model cannot.
pub fn card_of(folder: &Path) -> Result<String, Error> {
    let stored = StoredClaim::read(folder)?;
    let claim = Claim::from_bytes(stored.statement())
        .map_err(|error| Error::NotAClaim { path: stored.path().to_owned(), reason: error.to_string() })?;
    let statement = claim.statement;
    let artifact = open_model(folder)?;
    let text = text_of_card(&artifact)?;
    let removal = &statement.predicate.removal;
    // A head that is not found has no labels; all else is in the claim.
    let labels = Cut::locate(&artifact, &Hints::default()).ok().and_then(|cut| cut.labels);
    let forgotten = removal.forgotten.iter().map(|entry| &entry.class);
    let labels = labels.map(|labels| before(&labels, &removal.label_space, forgotten));
    let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = place.file_name().map_or("model".into(), |name| name.to_string_lossy());
    let beside = Beside {
        card: text.as_deref(),
        config: artifact.config(),
        labels: labels.as_ref(),
        original: &name,
        is_signed: stored.bundle().is_some(),
        words: attest::WORDS,
    };
    Ok(export::card(&statement, beside))
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
