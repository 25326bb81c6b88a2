//! Both models, opened from disk, and their heads over the same classes in the same order.

use declass_formats::Artifact;

use crate::{
    cut::Cut,
    error::Error,
    evidence::Change,
    head::{LinearHead, Slot, Target},
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
        target: &Target,
    ) -> Result<Self, Error> {
        let before = Model { artifact: original, cut: Cut::locate(original, target.hints())? };
        let after = Model { artifact: candidate, cut: Cut::locate(candidate, target.hints())? };
        let head = before.cut.head.load(original)?;
        let (found, expected) = (head.classes, target.forgotten().classes());
        if found != expected {
            return Err(Error::OtherClasses { found, expected });
        }
        let changed = expand(after.cut.head.load(candidate)?, target)?;
        if changed.width != head.width {
            return Err(Error::OtherWidth { found: changed.width, expected: head.width });
        }
        Ok(Self { models: Change { before, after }, heads: Change { before: head, after: changed } })
    }
}

/// The candidate's head over the original classes.
pub(super) fn expand(head: LinearHead, target: &Target) -> Result<LinearHead, Error> {
    let forgotten = target.forgotten();
    let expected = match target.slot() {
        Slot::Drop => forgotten.retained().count(),
        Slot::Keep => forgotten.classes(),
    };
    if head.classes != expected {
        return Err(Error::OtherClasses { found: head.classes, expected });
    }
    Ok(match target.slot() {
        Slot::Drop => head.with_dropped(forgotten),
        Slot::Keep => head,
    })
}
