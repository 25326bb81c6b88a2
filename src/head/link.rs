//! What a model makes of its logits.

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
