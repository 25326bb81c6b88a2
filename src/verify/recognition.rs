//! What counts as recognised, and as kept.

use crate::{classes::Forgotten, head::Link};

/// How logits of the original's classes are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recognition<'a> {
    pub(super) forgotten: &'a Forgotten,
    pub(super) link: Link,
}

impl Recognition<'_> {
    /// Whether an embedding that the original gives a class is still given it: a retained class must be the
    /// top class, and for a forgotten one it is enough that any forgotten class is.
    pub(super) fn keeps(self, logits: &[f32], label: usize) -> bool {
        if self.forgotten.contains(label) { self.is_recognised(logits) } else { top(logits) == label }
    }

    /// Whether a forgotten class wins, or ties. A multi-label slot does not compete: it is recognised by its
    /// own sign. A comparison with something that is not a number counts as recognised.
    fn is_recognised(self, logits: &[f32]) -> bool {
        let most = |classes: &mut dyn Iterator<Item = usize>| {
            classes.map(|class| logits[class]).fold(f32::NEG_INFINITY, f32::max)
        };
        let competitor = most(&mut self.forgotten.retained());
        let limit = if self.link == Link::Sigmoid { 0.0 } else { competitor };
        let is_below = most(&mut self.forgotten.indices()) < limit;
        !is_below
    }
}

/// Index of the largest logit, the first of equals.
pub(super) fn top(logits: &[f32]) -> usize {
    (0..logits.len()).fold(0, |best, class| if logits[class] > logits[best] { class } else { best })
}
