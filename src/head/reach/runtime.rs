//! How far a proof in exact arithmetic holds for an engine that rounds.

use super::Contest;
use crate::head::{norm, sealed::Precision};

/// Half a unit in the last place of single precision, in which engines add up products.
const SUM: f64 = 1.0 / 16_777_216.0;
/// Roundings of a logit beside those of its products: biases, factors, sums of heads.
const MORE: f64 = 8.0;

impl Contest<'_> {
    /// The norm below which the class stays below the best rival, as [`Self::radius_of_the_mean`] proves it,
    /// and as an engine computes it: in sums of single precision, in any order, the results of which are
    /// rounded to the type that the head is stored in.
    ///
    /// A sum of `n` products is off by at most `n u |w| |z|`.
    #[must_use]
    pub fn radius_of_the_mean_rounded(&self, precision: &Precision) -> f64 {
        let Contest { head, class, rivals, .. } = *self;
        let stored = precision.stored.iter().fold(SUM, |most, spacing| most.max(spacing.relative));
        let share = (head.width as f64 + MORE) * SUM + 2.0 * stored;
        let largest =
            |size: &dyn Fn(usize) -> f64| rivals.iter().map(|&rival| size(rival)).fold(0.0, f64::max);
        let bias = |class: usize| f64::from(head.bias[class]).abs();
        let row = |class: usize| norm(head.row(class));
        let (mean_row, mean_bias) = head.mean(rivals.iter().copied());
        let differences = mean_row.iter().zip(head.row(class)).map(|(mean, &w)| mean - f64::from(w));
        let distance = norm(&differences.collect::<Vec<_>>());
        let level = mean_bias - f64::from(head.bias[class]) - share * (bias(class) + largest(&bias));
        let pull = distance + share * (row(class) + largest(&row));
        if level <= 0.0 { 0.0 } else { (level / pull).min(self.radius_of_the_mean()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{LinearHead, sealed::Spacing};

    #[test]
    fn an_engine_proves_less_than_exact_arithmetic() {
        let weight = vec![0.5, 0.5, 1.0, 0.0, 0.0, 1.0];
        let head = LinearHead { classes: 3, width: 2, weight, bias: vec![-30.0, 0.0, 0.0], has_bias: true };
        let contest = Contest::new(&head, 0, &[1, 2]);
        let of = |relative| {
            let stored = vec![Spacing { relative, absolute: 0.0 }];
            contest.radius_of_the_mean_rounded(&Precision { rounding: 0.0, stored })
        };
        let (single, half) = (of(0.5f64.powi(24)), of(0.5f64.powi(11)));
        assert!(contest.radius_of_the_mean() > 1e12 && (1e7..1e8).contains(&single), "{single}");
        assert!((1e4..1e5).contains(&half), "{half}");
    }
}
