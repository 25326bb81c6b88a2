//! What happens on the way, for whoever watches.

use crate::{
    embeddings::Sampling,
    head::Link,
    progress::{Progress, Silent},
    unlearn::{Search, Trained},
};

/// Hears what happens in a job, beside the progress of its long steps. The default method ignores it.
pub trait Observer: Progress {
    /// Something happened.
    fn observe(&self, event: Event<'_>) {
        let _ = event;
    }
}

impl Observer for Silent {}

/// Something that happened in a job.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Embeddings for training were drawn.
    Sampled {
        /// How that went.
        sampling: &'a Sampling,
        /// Classes that got fewer than were wanted, without those of earlier removals, of which it is to be
        /// expected.
        starved: &'a [usize],
    },
    /// No embedding reached these forgotten classes; those of earlier removals are not among them.
    Unreached {
        /// The classes.
        classes: &'a [usize],
    },
    /// All attempts at training have been made, with or without success.
    Searched(&'a Search),
    /// A head forgot.
    Trained(&'a Trained),
    /// Nothing was trained, and the slots' treatment is all that is left to do.
    NotTrained(NotTrained),
    /// The forgotten slots were sealed.
    Sealed {
        /// What the model makes of its logits.
        link: Link,
        /// Whether the head has biases to lower.
        has_bias: bool,
    },
}

/// Why nothing was trained although the method trains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotTrained {
    /// No training embedding reached the forgotten classes.
    NoEmbedding,
    /// No stratum recognises the forgotten classes from the start.
    NoStratum,
}
