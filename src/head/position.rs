//! What a row of logits is about, whether different logits can give equal outputs, and what a model tells of
//! them beside their order.

use serde::{Deserialize, Serialize};

use crate::classes::Forgotten;

/// What one row of logits, with one entry per class, is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Position {
    /// One place of several, each of which has a row of its own.
    PerPlace(Place),
    /// Several places, whose logits are pooled into one row behind the head.
    Pooled,
    /// The whole input.
    Whole,
}

/// What has a row of logits each, where the whole input has none.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Boxes that a detector proposes: anchors, points or queries.
    Box,
    /// Short stretches of a sound.
    Frame,
    /// Masks that a segmenter proposes, each of which has one class: a pixel has that of the masks that it is in.
    Mask,
    /// Points of a map: pixels, or patches that are enlarged to pixels.
    Pixel,
    /// Something of which nothing more is known.
    Position,
    /// Parts of a text.
    Token,
}

impl Place {
    /// Its name in claims and sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Frame => "frame",
            Self::Mask => "mask",
            Self::Pixel => "pixel",
            Self::Position => "position",
            Self::Token => "token",
        }
    }

    /// Whether labels may be pieces of what lies over several of them, as `B-PER` and `I-PER` are.
    #[must_use]
    pub fn may_have_entities(self) -> bool {
        matches!(self, Self::Position | Self::Token)
    }

    /// What a removal does not say of such places, in words.
    #[must_use]
    pub fn not_claimed(self) -> Option<&'static str> {
        match self {
            Self::Box => Some("boxes of the class may still come out under the names of other classes"),
            Self::Mask => Some("masks of the class may still come out under the names of other classes"),
            Self::Frame | Self::Pixel | Self::Position | Self::Token => None,
        }
    }
}

impl Position {
    /// What has a row each; none if the input has one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::PerPlace(place) => Some(*place),
            Self::Pooled | Self::Whole => None,
        }
    }
}

/// Whether outputs can be equal where the logits are not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ties {
    /// The largest logit is the largest output, and a smaller one is a smaller output.
    Never,
    /// The outputs are averages or maxima of a monotone, convex, not strictly increasing function of the
    /// logits (ReLU, a clip, a maximum over places): smaller logits never win, but may tie.
    Possible,
}

/// Why a slot that is kept, and can win nowhere, may be the answer all the same.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Open {
    /// Something that is given out does not follow the order of the logits, or is not known to; the reason.
    Elsewhere(String),
    /// The index of the best class is given out, of numbers that can be equal where the logits are not: then the
    /// first of the equal classes is the answer.
    FirstOfEquals,
}

impl Open {
    /// What speaks against keeping these slots, if it concerns them: of equals a class is never the first where
    /// a retained one always comes before.
    pub(crate) fn speaks(&self, forgotten: &Forgotten) -> Option<String> {
        match self {
            Self::Elsewhere(reason) => Some(reason.clone()),
            Self::FirstOfEquals => {
                let last = forgotten.retained().last();
                let first = forgotten.indices().find(|class| last.is_some_and(|last| *class < last))?;
                Some(format!(
                    "the model gives out the first of equally good classes, and class {first} can be as good as \
                     one behind it where rounding makes all equal"
                ))
            }
        }
    }
}
