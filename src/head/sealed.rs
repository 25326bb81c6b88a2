//! Whether forgotten slots are sealed, as far as the numbers of a head alone tell: the arithmetic that the
//! gate of a release and the certificate of a removal share. How a seal is made is in
//! [`seal`](super::seal()).

use super::{LinearHead, Link, reach::Contest};
use crate::classes::Forgotten;

/// A radius must exceed the norm of a standard normal draw by this factor to count as a proof: the strata
/// reach four times that norm.
const LEAST_RADIUS_RATIO: f64 = 100.0;
/// Largest constant probability that counts as near 0: e^-20, well above what rounding makes of a seal.
const MOST_PROBABLE: f64 = 2e-9;

/// How near the numbers of a head come to those that its model stores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Precision {
    /// Largest relative error of a weight against the stored one; sums of biases may be off by as much of 1,
    /// too.
    pub rounding: f64,
    /// How the weights are stored, for each tensor that holds some.
    pub stored: Vec<Spacing>,
}

/// With what error a number is stored, at most: `relative` times its size, and `absolute` besides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing {
    /// Half a unit in the last place of the type, for numbers of size 1.
    pub relative: f64,
    /// What underflow adds, once factors between weights and logits are multiplied.
    pub absolute: f64,
}

impl Precision {
    /// Largest error with which a number of this size is stored.
    fn storage_error(&self, size: f64) -> f64 {
        self.stored.iter().map(|spacing| size * spacing.relative + spacing.absolute).fold(0.0, f64::max)
    }
}

/// Whether the forgotten slots of a head are sealed: no embedding that occurs makes one of them the top
/// class, and a multi-label one has a constant probability near 0.
#[must_use]
pub fn is_sealed(head: &LinearHead, link: Link, precision: &Precision, forgotten: &Forgotten) -> bool {
    if link == Link::Sigmoid {
        return forgotten.indices().all(|class| is_constant(head, class));
    }
    let rivals: Vec<usize> = forgotten.retained().collect();
    let radius = |class: usize| {
        Contest { rounding: precision.rounding, ..Contest::new(head, class, &rivals) }.radius_of_the_mean()
    };
    let far = forgotten.indices().all(|class| radius(class) >= least_radius(head.width));
    // Without a bias there is no room for a margin.
    far || (!head.has_bias && is_mean(head, precision, forgotten))
}

/// The norm that no embedding of this width comes near: a class that cannot win below it is out of reach.
#[must_use]
pub fn least_radius(width: usize) -> f64 {
    LEAST_RADIUS_RATIO * (width as f64).sqrt()
}

/// Whether every forgotten row is the mean of the retained ones, up to the rounding of the type in which it
/// is stored.
#[must_use]
pub fn is_mean(head: &LinearHead, precision: &Precision, forgotten: &Forgotten) -> bool {
    let (mean, bias) = head.mean(forgotten.retained());
    let near = |(&w, &mean): (&f32, &f64)| {
        // The mean is rounded to single precision first, and to the stored type then.
        let rounded = 0.5f64.powi(24) + precision.rounding;
        // The thousandth is for the rounding of the bound itself.
        (f64::from(w) - mean).abs() <= precision.storage_error(mean.abs()) * 1.001 + mean.abs() * rounded
    };
    // A constant that the model itself adds to the logits acts like a bias.
    let no_higher = |class: usize| f64::from(head.bias[class]) <= bias;
    forgotten.indices().all(|class| no_higher(class) && head.row(class).iter().zip(&mean).all(near))
}

/// Whether a multi-label slot has one probability whatever the embedding, and that near 0.
#[must_use]
pub fn is_constant(head: &LinearHead, class: usize) -> bool {
    let zero = head.row(class).iter().all(|&w| w == 0.0);
    zero && probability_at_the_origin(head, class) <= MOST_PROBABLE
}

/// The probability of a multi-label class where the embedding is zero; everywhere, if its row is.
#[must_use]
pub fn probability_at_the_origin(head: &LinearHead, class: usize) -> f64 {
    1.0 / (1.0 + f64::from(-head.bias[class]).exp())
}

/// How far a class stays below the mean of the retained ones where the embedding is zero, in nats.
#[must_use]
pub fn margin(head: &LinearHead, forgotten: &Forgotten, class: usize) -> f64 {
    head.mean(forgotten.retained()).1 - f64::from(head.bias[class])
}

#[cfg(test)]
mod tests {
    use super::*;

    const F32: Spacing = Spacing { relative: 5.960_464_477_539_063e-8, absolute: 0.0 };
    const F16: Spacing = Spacing { relative: 0.000_488_281_25, absolute: 2.980_232_238_769_531_3e-8 };
    const BF16: Spacing = Spacing { relative: 0.003_906_25, absolute: 0.0 };

    #[test]
    fn a_row_without_bias_is_a_seal_only_if_it_is_the_mean() {
        let forgotten = Forgotten::resolve(&["0"], 3, None).unwrap();
        let sealed = |row: f32, spacing| {
            let weight = vec![row, 2.0, 0.0];
            let head = LinearHead { classes: 3, width: 1, weight, bias: vec![0.0; 3], has_bias: false };
            is_sealed(&head, Link::Softmax, &Precision { rounding: 0.0, stored: vec![spacing] }, &forgotten)
        };
        assert!(sealed(1.0, F32) && sealed(1.0, BF16));
        assert!(sealed(1.0 + 1.0 / 256.0, BF16) && !sealed(1.0 + 1.0 / 256.0, F16));
        assert!(!sealed(1.0 + 1.0 / 4096.0, F32) && !sealed(1.1, BF16));
    }

    #[test]
    fn a_multi_label_seal_is_constant_and_near_zero() {
        let forgotten = Forgotten::resolve(&["0"], 2, None).unwrap();
        let sealed = |w: f32, bias: f32| {
            let head = LinearHead {
                classes: 2,
                width: 1,
                weight: vec![w, 1.0],
                bias: vec![bias, 0.0],
                has_bias: true,
            };
            is_sealed(&head, Link::Sigmoid, &Precision::default(), &forgotten)
        };
        assert!(sealed(0.0, -30.0) && !sealed(1e-3, -30.0) && !sealed(0.0, -10.0));
    }
}
