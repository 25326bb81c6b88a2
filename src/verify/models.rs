//! Both models, opened from disk, and their heads over the same classes in the same order.

use declass_formats::Artifact;

use super::Request;
use crate::{
    cut::Cut,
    error::Error,
    evidence::Change,
    head::{LinearHead, Slot},
};

/// What one of the two models is, as far as a check needs it.
pub(super) struct Model<'a> {
    pub(super) artifact: &'a Artifact,
    pub(super) cut: Cut,
}

/// Both models with their heads.
pub(super) struct Models<'a> {
    pub(super) models: Change<Model<'a>>,
    pub(super) heads: Change<LinearHead>,
}

impl<'a> Models<'a> {
    pub(super) fn open(
        original: &'a Artifact,
        candidate: &'a Artifact,
        request: &Request<'_>,
    ) -> Result<Self, Error> {
        let before = Model { artifact: original, cut: Cut::locate(original, request.head)? };
        let after = Model { artifact: candidate, cut: Cut::locate(candidate, request.head)? };
        let head = before.cut.head.load(original)?;
        let (found, expected) = (head.classes, request.forgotten.classes());
        if found != expected {
            return Err(Error::OtherClasses { found, expected });
        }
        let changed = expand(after.cut.head.load(candidate)?, request)?;
        if changed.width != head.width {
            return Err(Error::OtherWidth { found: changed.width, expected: head.width });
        }
        Ok(Self { models: Change { before, after }, heads: Change { before: head, after: changed } })
    }
}

/// The candidate's head over the original classes.
fn expand(head: LinearHead, request: &Request<'_>) -> Result<LinearHead, Error> {
    let forgotten = request.forgotten;
    let expected = match request.slot {
        Slot::Drop => forgotten.retained().count(),
        Slot::Keep => forgotten.classes(),
    };
    if head.classes != expected {
        return Err(Error::OtherClasses { found: head.classes, expected });
    }
    Ok(match request.slot {
        Slot::Drop => head.with_dropped(forgotten),
        Slot::Keep => head,
    })
}
