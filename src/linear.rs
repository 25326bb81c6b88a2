//! The classifier head as numbers: the one value that sampling, unlearning and verifying share.

/// A linear classifier head: `logits = W·z + b` for an embedding `z`.
///
/// For parallel heads the embedding is the concatenation of theirs and `W` holds their weights side by
/// side, with every constant factor between the heads and the logits folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearHead {
    /// Number of classes `C` (rows of `W`).
    pub classes: usize,
    /// Width `D` of the embedding (columns of `W`).
    pub width: usize,
    /// `W`, row-major, `C x D`.
    pub weight: Vec<f32>,
    /// `b`, one per class; zeros where the model has no bias.
    pub bias: Vec<f32>,
    /// Whether the model has a place to store a bias.
    pub has_bias: bool,
}

impl LinearHead {
    /// The weights of one class.
    #[must_use]
    pub fn row(&self, class: usize) -> &[f32] {
        &self.weight[class * self.width..(class + 1) * self.width]
    }
}
