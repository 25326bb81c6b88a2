//! What a model makes of its logits, and whether the largest logit stays the largest output.

/// What the model's last operators make of the logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Link {
    /// Only the index of the largest logit is given out.
    ArgMax,
    /// Logarithms of probabilities.
    LogSoftmax,
    /// The logits themselves.
    None,
    /// Independent probabilities of which the largest wins: the classes compete after all.
    OneVsRest,
    /// Independent probabilities: a multi-label model.
    Sigmoid,
    /// Probabilities.
    Softmax,
}

/// How faithfully the operators after the head keep the order of the logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// The largest logit is the largest output.
    Strict,
    /// Averages of a monotone, convex, not strictly increasing function of the logits (ReLU, then pooling): smaller
    /// logits never win, but may tie.
    Weak,
}
