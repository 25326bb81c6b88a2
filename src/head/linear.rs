//! The classifier head as numbers: the one value that sampling, unlearning and verifying share.

use crate::classes::Forgotten;

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

    /// The weights of one class, to be changed.
    pub fn row_mut(&mut self, class: usize) -> &mut [f32] {
        &mut self.weight[class * self.width..(class + 1) * self.width]
    }

    /// Mean row and mean bias of some classes, summed in double precision.
    #[must_use]
    pub fn mean(&self, classes: impl Iterator<Item = usize>) -> (Vec<f64>, f64) {
        let (mut row, mut bias, mut count) = (vec![0.0; self.width], 0.0, 0.0f64);
        for class in classes {
            row.iter_mut().zip(self.row(class)).for_each(|(sum, &w)| *sum += f64::from(w));
            bias += f64::from(self.bias[class]);
            count += 1.0;
        }
        let count = count.max(1.0);
        row.iter_mut().for_each(|sum| *sum /= count);
        (row, bias / count)
    }

    /// This head with the rows and biases of `after` wherever those are not the ones of `before`: what became of
    /// another file of the same head becomes of this one.
    #[must_use]
    pub fn following(&self, before: &Self, after: &Self) -> Self {
        let mut new = self.clone();
        let changed = |old: f32, new: f32| old.to_bits() != new.to_bits();
        for class in 0..self.classes {
            let (old, moved) = (before.row(class), after.row(class));
            if old.iter().zip(moved).any(|(old, new)| changed(*old, *new)) {
                new.row_mut(class).copy_from_slice(moved);
            }
            if changed(before.bias[class], after.bias[class]) {
                new.bias[class] = after.bias[class];
            }
        }
        new
    }

    /// Whether all rows are equal, or as good as that: no embedding of a norm below 10^6 moves one logit against
    /// another by as much as single precision tells of a probability. What biases alone make is the same answer to
    /// everything.
    #[must_use]
    pub fn tells_nothing_apart(&self) -> bool {
        let (mut least, mut most) = (vec![f32::INFINITY; self.width], vec![f32::NEG_INFINITY; self.width]);
        for class in 0..self.classes {
            for ((least, most), &w) in least.iter_mut().zip(&mut most).zip(self.row(class)) {
                (*least, *most) = (least.min(w), most.max(w));
            }
        }
        let spread = |least: f32, most: f32| f64::from(most) - f64::from(least);
        let rows = least.iter().zip(&most).map(|(&least, &most)| spread(least, most).powi(2)).sum::<f64>();
        rows.sqrt() * 1e6 < f64::from(f32::EPSILON) / 2.0
    }

    /// Which classes cannot be the top class of any embedding because another has the same weights and a
    /// larger bias, or the same bias and comes first. Unused slots of real heads look like that.
    #[must_use]
    pub fn shadowed(&self) -> Vec<bool> {
        let mut order: Vec<usize> = (0..self.classes).collect();
        let bits = |class: usize| self.row(class).iter().map(|w| w.to_bits());
        order.sort_by(|&a, &b| {
            let rows = bits(a).cmp(bits(b));
            rows.then(self.bias[b].total_cmp(&self.bias[a])).then(a.cmp(&b))
        });
        let mut shadowed = vec![false; self.classes];
        for pair in order.windows(2) {
            shadowed[pair[1]] = self.row(pair[0]) == self.row(pair[1]);
        }
        shadowed
    }

    /// The same head over the original classes after its forgotten slots were dropped: their logits are
    /// minus infinity, so they have no probability at all.
    #[must_use]
    pub fn with_dropped(&self, forgotten: &Forgotten) -> Self {
        let classes = forgotten.classes();
        let mut full = Self {
            classes,
            width: self.width,
            weight: vec![0.0; classes * self.width],
            bias: vec![f32::NEG_INFINITY; classes],
            has_bias: self.has_bias,
        };
        for (class, slot) in forgotten.retained().zip(0..) {
            full.row_mut(class).copy_from_slice(self.row(slot));
            full.bias[class] = self.bias[slot];
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_shadowed_by_equal_weights_with_a_larger_or_earlier_bias() {
        let weight = vec![1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0, 1.0, 2.5];
        let bias = vec![0.0, 1.0, 5.0, 5.0, 9.0];
        let head = LinearHead { classes: 5, width: 2, weight, bias, has_bias: true };
        assert_eq!(head.shadowed(), [true, false, false, true, false]);
    }
}
