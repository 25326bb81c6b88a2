//! What is certain of the numbers of a value behind the head, in the arithmetic that the graph itself uses:
//! how far the best class stays above a sealed one, and whether the two may have become equal.

use declass_formats::Dtype;

use super::problem::{Meaning, Problem};

/// Rounding of this many nats leaves a sealed class, thirty nats deep, below the best one.
const MOST_NOISE: f64 = 7.0;
/// How far a sealed class is below the best one in probabilities, as a share of the best one's, and in their
/// logarithms. The margin is that of the main output; another output may have a thousandth of it.
const CLEARANCE: f64 = 0.02;
/// Sizes between which single precision is far from its ends.
const ORDINARY: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

/// What is certain of the numbers of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    pub(super) format: Format,
    /// Whether different logits may have become equal.
    merged: bool,
    /// Whether none is negative.
    pub(super) non_negative: bool,
    /// Rounding of constants that were added to logits, in nats.
    noise: f64,
    /// By how much the best class exceeds a sealed one at least; the least value of a sum of exponentials.
    pub(super) least: f64,
    /// Largest size that the best class can have; infinite for logits.
    pub(super) most: f64,
    /// Whether nothing was added since the values were probabilities: they are rounded in proportion.
    relative: bool,
}

/// How numbers are rounded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Bf16,
    F16,
    /// Single precision, or more.
    Wide,
}

impl Format {
    /// The format of a stored type; other types than these are widened before they are computed with.
    pub(super) fn of(dtype: Dtype) -> Self {
        match dtype {
            Dtype::Bf16 => Self::Bf16,
            Dtype::F16 => Self::F16,
            _ => Self::Wide,
        }
    }

    /// Half a unit in the last place, of numbers of size 1.
    fn unit(self) -> f64 {
        match self {
            Self::Bf16 => 0.5f64.powi(8),
            Self::F16 => 0.5f64.powi(11),
            Self::Wide => 0.5f64.powi(24),
        }
    }

    fn holds(self, least: f64, most: f64) -> bool {
        let (low, high) = match self {
            Self::F16 => (1e-6, 6e4),
            Self::Bf16 | Self::Wide => (*ORDINARY.start(), *ORDINARY.end()),
        };
        least >= low && most <= high
    }
}

impl Numbers {
    /// Of logits in this format.
    pub(super) fn logits(format: Format) -> Self {
        let (least, most) = (1.0, f64::INFINITY);
        Self { format, merged: false, non_negative: false, noise: 0.0, least, most, relative: false }
    }

    /// Whether a sealed class may equal the best one.
    pub(super) fn merge(&self) -> bool {
        self.merged || self.noise > MOST_NOISE
    }

    /// Whether the best class exceeds a sealed one by as much as in logarithms of probabilities.
    pub(super) fn is_clear(&self) -> bool {
        self.least >= CLEARANCE
    }

    /// The same, where different logits may have become equal.
    pub(super) fn merged(self) -> Self {
        Self { merged: true, ..self }
    }

    /// Probabilities that add up to a number between 1 and the class count times a factor.
    pub(super) fn probabilities(self, least_sum: f64, most_sum: f64) -> Self {
        let (least, most) = (CLEARANCE / most_sum, 1.0 / least_sum);
        let merged = self.merge() || !self.format.holds(least, most);
        Self { merged, non_negative: true, noise: 0.0, least, most, relative: true, ..self }
    }

    /// Logarithms of probabilities; those of the best class are no larger than this.
    pub(super) fn logarithms(self, most: f64) -> Self {
        let merged = self.merge();
        Self { merged, non_negative: false, noise: 0.0, least: CLEARANCE, most, relative: false, ..self }
    }

    /// Independent probabilities: single precision has no number between 1 and what is next to it, and many
    /// logits give each of both.
    pub(super) fn independent(self) -> Self {
        let merged = true;
        Self { merged, non_negative: true, noise: 0.0, least: 0.0, most: 1.0, relative: true, ..self }
    }

    /// Sums of exponentials of logits less the largest of them.
    pub(super) fn sums(self, classes: usize) -> Self {
        Self { non_negative: true, least: 1.0, most: classes as f64, relative: false, ..self }
    }

    /// Logits times constants no larger than this.
    pub(super) fn noisier(self, factor: f64) -> Self {
        Self { noise: self.noise * factor, ..self }
    }

    /// Logits with a constant added.
    pub(super) fn with_addend(self, size: f64) -> Self {
        Self { noise: self.noise + 2.0 * self.format.unit() * size.abs(), ..self }
    }

    /// Whether they are probabilities as a softmax makes them.
    pub(super) fn are_probabilities(&self) -> bool {
        self.relative && self.non_negative && self.most == 1.0
    }

    /// Whether single precision is far from its ends at these sizes.
    pub(super) fn are_ordinary(&self) -> bool {
        self.format.holds(self.least, self.most)
    }

    /// Of the noisier of two.
    pub(super) fn with(self, other: &Self) -> Self {
        let non_negative = self.non_negative && other.non_negative;
        let format = if self.format.unit() < other.format.unit() { other.format } else { self.format };
        Self {
            format,
            merged: self.merged || other.merged,
            noise: self.noise + other.noise,
            non_negative,
            ..self
        }
    }

    /// Outputs times a positive constant.
    pub(super) fn times(self, factor: f64) -> Result<Self, Problem> {
        let (least, most) = (self.least * factor, self.most * factor);
        // What is merged has no clearance to lose, but it may still become infinite, or zero.
        let needed = if self.merge() { factor } else { least };
        let bounded = if most.is_finite() { most } else { factor };
        if !self.format.holds(needed, bounded) {
            return Err(Meaning::OutOfRange.into());
        }
        Ok(Self { least, most, ..self })
    }

    /// Outputs plus a constant.
    pub(super) fn plus(self, addend: f64) -> Result<Self, Problem> {
        let most = self.most + addend.abs();
        if !self.format.holds(1.0, addend.abs()) {
            return Err(Meaning::OutOfRange.into());
        }
        let non_negative = self.non_negative && addend >= 0.0;
        let relative = self.relative && addend == 0.0;
        let merged = self.merge() || (!relative && self.least <= 8.0 * self.format.unit() * most);
        Ok(Self { merged, non_negative, most, relative, ..self })
    }

    /// The same as numbers of this format.
    pub(super) fn narrowed(self, format: Format) -> Self {
        let coarse = 8.0 * format.unit() * self.most;
        let parts = format.holds(self.least, self.most) && (self.relative || self.least > coarse);
        Self { format, merged: self.merge() || !parts, ..self }
    }

    /// Whether a format has fewer digits, or a shorter range.
    pub(super) fn exceed(&self, format: Format) -> bool {
        format != Format::Wide && format != self.format
    }
}
