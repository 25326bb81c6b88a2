//! What an operator in front of a head guarantees of its result.

use declass_formats::onnx::Node;

/// What is certain of an operator's first result, in front of a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    /// What is known of signs.
    pub(crate) sign: fn(&Node) -> Sign,
    /// What becomes of vectors along the last axis.
    pub(crate) vectors: fn(&Node) -> Vectors,
    /// Whether the first result has the values of the first operand.
    pub(crate) values: Values,
}

impl Before {
    /// Nothing is certain.
    pub(super) const UNKNOWN: Self =
        Self { sign: |_| Sign::Unknown, vectors: |_| Vectors::Unknown, values: Values::Other };

    /// The entries are entries of the first operand, or means, sums or maxima of them.
    pub(super) const KEEPS_SIGN: Self = Self { sign: |_| Sign::Kept, ..Self::UNKNOWN };

    /// No entry is negative.
    pub(super) const NON_NEGATIVE: Self = Self { sign: |_| Sign::NonNegative, ..Self::UNKNOWN };
}

/// What is known of the signs of a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sign {
    /// No entry is negative if none of the first operand is.
    Kept,
    /// No entry is negative.
    NonNegative,
    Unknown,
}

/// What becomes of the vectors along the last axis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Vectors {
    /// Means of them, if no reduced axis is the last one.
    Averaged,
    /// Nothing.
    Kept,
    /// Each is normalised, then scaled and shifted by the second and third operand.
    LayerNormalised,
    /// Some of them, if the axis is not the last one.
    Picked,
    Unknown,
}

/// Whether a result has the values of the first operand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Values {
    /// Those that a quantised operand stands for.
    Dequantised,
    /// The same, up to rounding.
    Kept,
    /// Others.
    Other,
}
