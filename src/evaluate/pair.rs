//! The two heads that are compared.

use declass_formats::Artifact;

use crate::{
    classes::{Forgotten, Labels},
    cut::Cut,
    error::Error,
    head::{Hints, LinearHead, Link, Place, Position, Ties},
};

/// A head before and after classes were removed, over the same classes in the same order.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The original.
    pub before: LinearHead,
    /// What became of it; a dropped slot has the logit minus infinity ([`LinearHead::with_dropped`]).
    pub after: LinearHead,
    /// The classes that were to be forgotten.
    pub forgotten: Forgotten,
    /// Labels of the classes, for those who read.
    pub labels: Option<Labels>,
    /// What the heads decide for, if not for a whole input: then each embedding is of one of these.
    pub place: Option<Place>,
}

impl Pair {
    /// Reads both heads from disk; whether the slots were kept or dropped, the number of classes says.
    ///
    /// # Errors
    /// [`Error::NoTopClass`] if the largest logit is not the model's answer, [`Error::OtherClasses`] if the
    /// candidate has neither all classes nor the retained ones, and what [`Cut::locate`] and the head's
    /// reading may say.
    pub fn load(
        original: (&Artifact, &Cut),
        candidate: &Artifact,
        hints: &Hints,
        forgotten: Forgotten,
    ) -> Result<Self, Error> {
        let (artifact, cut) = original;
        Self::settles(cut)?;
        let before = cut.head.load(artifact)?;
        let after = Cut::locate(candidate, hints)?.head.load(candidate)?;
        let expected = forgotten.classes();
        let after = match after.classes {
            found if before.classes != expected => {
                return Err(Error::OtherClasses { found: before.classes.min(found), expected });
            }
            found if found == expected => after,
            found if found == forgotten.retained().count() => after.with_dropped(&forgotten),
            found => return Err(Error::OtherClasses { found, expected }),
        };
        if after.width != before.width {
            return Err(Error::NoTopClass { reason: "the two heads do not read the same embedding" });
        }
        Ok(Self { before, after, forgotten, labels: cut.labels.clone(), place: cut.head.position.place() })
    }

    /// A model beside itself: the classes are its own, and what is held against it takes the place of the second head.
    ///
    /// # Errors
    /// [`Error::NoTopClass`] if the largest logit is not the model's answer, and what the head's reading may say.
    pub(crate) fn alone(model: &Artifact, cut: &Cut, forgotten: Forgotten) -> Result<Self, Error> {
        Self::settles(cut)?;
        let before = cut.head.load(model)?;
        let (labels, place) = (cut.labels.clone(), cut.head.position.place());
        Ok(Self { after: before.clone(), before, forgotten, labels, place })
    }

    /// Fails unless the largest logit of a head is the model's answer.
    pub(super) fn settles(cut: &Cut) -> Result<(), Error> {
        if cut.head.link == Link::Sigmoid {
            return Err(Error::NoTopClass { reason: "the classes of a multi-label head do not compete" });
        }
        let reason = match (&cut.head.position, cut.head.ties) {
            (Position::PerPlace(Place::Box), _) => {
                Some("the model decides for every box, and then between them")
            }
            (Position::PerPlace(Place::Mask), _) => {
                Some("the model decides for every mask, and a pixel takes the class of all that it is in")
            }
            // A mean over places is linear, too: the logits of the mean embedding.
            (_, Ties::Never) => None,
            (Position::Pooled, Ties::Possible) => Some("the model pools the logits of several places"),
            (_, Ties::Possible) => Some("the model makes equal outputs of different logits"),
        };
        if let Some(reason) = reason {
            return Err(Error::NoTopClass { reason });
        }
        Ok(())
    }
}
