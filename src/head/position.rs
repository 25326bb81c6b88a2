//! What a row of logits is about, and whether different logits can give equal outputs.

/// What one row of logits, with one entry per class, is about.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Position {
    /// One place of several: there is a row for every index of these axes of the output (tokens, frames,
    /// pixels, boxes). No such head is edited yet.
    PerPosition(Vec<usize>),
    /// Several places, whose logits are pooled into one row behind the head.
    Pooled,
    /// The whole input.
    Whole,
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
