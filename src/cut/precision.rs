//! How near the numbers that are computed with come to those in the file.

use declass_formats::Dtype;

use super::{Branch, Head, Operand, Source};
use crate::head::sealed::{Precision, Spacing};

impl Head {
    /// Largest relative error of a weight that [`Self::load`] gives: 0 where weights and biases are used as
    /// they are stored, in single precision or less. Sums of biases may be off by as much of 1, too.
    #[must_use]
    pub fn rounding(&self) -> f64 {
        let exact = self.shift.iter().all(|&shift| shift == 0.0)
            && self.branches.iter().filter(|branch| branch.bias.is_some()).count() <= 1
            && self.branches.iter().all(|branch| {
                let factors = branch.gain.iter().chain(branch.bias.iter().flat_map(|_| &branch.bias_gain));
                let operands = [Some(&branch.weight), branch.bias.as_ref()];
                factors.into_iter().all(|&factor| factor == 1.0)
                    && operands.into_iter().flatten().all(Operand::is_exact)
            });
        // Double precision, rounded to single; twice that is more than both roundings together.
        if exact { 0.0 } else { f64::from(f32::EPSILON) }
    }

    /// How near the numbers that [`Self::load`] gives come to those that the model stores.
    #[must_use]
    pub fn precision(&self) -> Precision {
        let spacing = |branch: &Branch| {
            // Half a unit in the last place, and half the smallest number above 0 where that can matter.
            let (relative, least) = match branch.weight.info.dtype {
                Dtype::Bf16 => (0.5f64.powi(8), 0.0),
                Dtype::F16 => (0.5f64.powi(11), 0.5f64.powi(25)),
                _ => (0.5f64.powi(24), 0.0),
            };
            let gain = branch.gain.iter().fold(1.0f64, |most, gain| most.max(gain.abs()));
            Spacing { relative, absolute: gain * least }
        };
        Precision { rounding: self.rounding(), stored: self.branches.iter().map(spacing).collect() }
    }
}

impl Operand {
    /// Whether single precision holds its elements, and they are read as they are stored.
    fn is_exact(&self) -> bool {
        let is_stored = match &self.source {
            Source::Attribute { .. } | Source::Part { .. } | Source::Stored => true,
            Source::Computed { value, .. } => *value == self.tensor,
            Source::Whole(_) => false,
        };
        is_stored && matches!(self.info.dtype, Dtype::Bf16 | Dtype::F16 | Dtype::F32)
    }
}
