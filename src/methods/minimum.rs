//! Losses whose minimum is known: nothing need be trained to get there.
//!
//! A loss `w KL(q || p)`, with `q` the softmax of the original's logits in which those of the forgotten classes have one
//! value, is 0 where `p = q`: with the retained rows as they are, and forgotten logits of that value for every
//! embedding. Where the value is minus infinity, 0 is approached: the [seal](crate::head::seal) keeps a forgotten
//! probability below `e^-30`, and the loss with it.

use super::ClosedForm;
use crate::{
    error::Error,
    head::{LinearHead, Link, MARGIN, seal},
};

/// A loss `weight KL(q || p)`, as a method has it.
#[derive(Clone, Copy, Debug)]
pub struct Distillation {
    /// What the divergence is multiplied by.
    pub weight: f64,
    /// What `q` has of the forgotten classes.
    pub masked: Masked,
}

/// What the target of a distillation has instead of the forgotten classes' logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Masked {
    /// Minus infinity: no probability at all.
    Gone,
    /// The smallest of all logits of the embeddings that are trained on.
    Least,
}

impl Distillation {
    /// The head at the minimum of the loss, forgotten logits being `value` in the target; none if it is not known.
    ///
    /// A head without bias has no room for a value. With [`Masked::Gone`] its slots get the mean of the retained rows, where
    /// the loss is not at its minimum: that is for slots that are sealed or dropped (`is_final`), of which
    /// nothing is kept. The retained rows are then where the infimum has them.
    ///
    /// # Errors
    /// [`Error::Unlearn`] if the head cannot be sealed.
    pub fn minimum(
        &self,
        given: &ClosedForm<'_>,
        value: f32,
        is_final: bool,
    ) -> Result<Option<LinearHead>, Error> {
        let ClosedForm { head, forgotten, .. } = given;
        match self.masked {
            Masked::Gone if head.has_bias || is_final => {
                Ok(Some(seal(head, forgotten, Link::Softmax, MARGIN)?))
            }
            Masked::Least if head.has_bias => {
                let mut head = (*head).clone();
                for class in forgotten.indices() {
                    head.row_mut(class).fill(0.0);
                    head.bias[class] = value;
                }
                Ok(Some(head))
            }
            _ => Ok(None),
        }
    }

    /// The loss of one embedding whose retained logits are those of the original, in nats, and its gradient with
    /// respect to the logits.
    ///
    /// `original` are the original's logits, `now` those of the forgotten classes in their order, `value` the target's.
    /// Sums of exponentials are in double precision and differ by forgotten terms alone, so that a loss of 1e-14 does not
    /// drown in rounding.
    pub fn at(&self, given: &Point<'_>, gradient: &mut [f32]) -> f64 {
        let Point { original, now, value, is_forgotten } = *given;
        let retained = original.iter().zip(is_forgotten).filter(|(_, forgotten)| !**forgotten);
        let retained = retained.map(|(&logit, _)| logit);
        let highest = retained.clone().chain(now.iter().copied()).fold(f32::NEG_INFINITY, f32::max);
        let exp = |logit: f32| (f64::from(logit) - f64::from(highest)).exp();
        let rest: f64 = retained.map(exp).sum();
        let (target, moved) = (exp(value), now.iter().map(|&logit| exp(logit)).sum::<f64>());
        let sum_q = rest + target * now.len() as f64;
        let sum_p = rest + moved;
        let excess = moved - target * now.len() as f64;
        // Where the target has no probability, there is nothing to weigh.
        let lag = |logit: f32| {
            if target > 0.0 { target / sum_q * (f64::from(value) - f64::from(logit)) } else { 0.0 }
        };
        let loss = (excess / sum_q).ln_1p() + now.iter().map(|&logit| lag(logit)).sum::<f64>();
        let mut own = now.iter();
        for ((g, &logit), &forgotten) in gradient.iter_mut().zip(original).zip(is_forgotten) {
            let slope = match forgotten.then(|| own.next()).flatten() {
                Some(&logit) => exp(logit) / sum_p - target / sum_q,
                None => -exp(logit) / sum_q * (excess / sum_p),
            };
            *g = (self.weight * slope) as f32;
        }
        self.weight * loss
    }
}

/// An embedding as a distillation sees it.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// Logits of the original, one per class; those of retained classes have not moved.
    pub original: &'a [f32],
    /// Logits of the forgotten classes now, in their order.
    pub now: &'a [f32],
    /// What the target has for them.
    pub value: f32,
    /// Whether a class is forgotten, one per class.
    pub is_forgotten: &'a [bool],
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::{
        classes::Forgotten,
        methods::{Batch, Kind, by_name},
        rng::{Purpose, stream},
    };

    const ORIGINAL: [f32; 5] = [0.5, 2.0, -1.0, 3.0, 0.25];
    const IS_FORGOTTEN: [bool; 5] = [false, true, false, true, false];

    /// Loss and gradient where the forgotten logits are these.
    fn at(method: &str, now: [f32; 2], value: f32) -> (f64, [f32; 5]) {
        let point = Point { original: &ORIGINAL, now: &now, value, is_forgotten: &IS_FORGOTTEN };
        let mut gradient = [0.0; 5];
        let loss = by_name(method).unwrap().minimum.unwrap().at(&point, &mut gradient);
        (loss, gradient)
    }

    /// The gradient that the method descends along.
    fn descended(method: &str, now: [f32; 2]) -> Vec<f32> {
        let mut logits = ORIGINAL;
        (logits[1], logits[3]) = (now[0], now[1]);
        let tensor = |row: [f32; 5]| Tensor::new(&[row], &Device::Cpu).unwrap();
        let method = by_name(method).unwrap();
        let Kind::Trained(gradient) = method.kind else { panic!() };
        let made = gradient(&mut Batch {
            logits: &tensor(logits),
            original: &tensor(ORIGINAL),
            labels: &[1],
            forgotten: &Forgotten::resolve(&["1", "3"], 5, None).unwrap(),
            settings: &method.defaults(),
            rng: &mut stream(0, Purpose::Targets, 0),
        });
        made.unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn the_gradient_is_that_of_the_method_and_the_slope_of_the_loss() {
        for (method, value) in [("delete", f32::NEG_INFINITY), ("scar", -1.0)] {
            let now = [0.75, -0.5];
            let (_, found) = at(method, now, value);
            for (found, expected) in found.iter().zip(descended(method, now)) {
                assert!((found - expected).abs() < 1e-5, "{method}: {found} instead of {expected}");
            }
            let (above, _) = at(method, [now[0] + 1e-3, now[1]], value);
            let (below, _) = at(method, [now[0] - 1e-3, now[1]], value);
            let slope = (above - below) / f64::from((now[0] + 1e-3) - (now[0] - 1e-3));
            assert!((slope - f64::from(found[1])).abs() < 1e-4, "{method}: {slope} and {}", found[1]);
        }
    }

    #[test]
    fn nothing_is_left_at_the_minimum() {
        let (loss, gradient) = at("scar", [-1.0, -1.0], -1.0);
        assert_eq!((loss, gradient), (0.0, [0.0; 5]));
        // Two forgotten logits 30 nats below the mean, and so below the largest.
        let (loss, gradient) = at("delete", [-30.0, -30.0], f32::NEG_INFINITY);
        assert!(loss > 0.0 && loss < 2.0 * (-30.0f64).exp(), "{loss}");
        assert!(gradient.iter().all(|g| g.abs() < 1e-12 && *g != 0.0), "{gradient:?}");
    }

    #[test]
    fn a_head_without_bias_has_no_room_for_a_value() {
        let head =
            LinearHead { classes: 2, width: 1, weight: vec![1.0, -1.0], bias: vec![0.0; 2], has_bias: false };
        let forgotten = Forgotten::resolve(&["0"], 2, None).unwrap();
        let found = |method: &str, is_final| {
            let method = by_name(method).unwrap();
            let given = ClosedForm { head: &head, forgotten: &forgotten, settings: &method.defaults() };
            method.minimum.unwrap().minimum(&given, -1.0, is_final).unwrap()
        };
        let with_bias = LinearHead { has_bias: true, ..head.clone() };
        let scar = by_name("scar").unwrap();
        let given = ClosedForm { head: &with_bias, forgotten: &forgotten, settings: &scar.defaults() };
        let moved = scar.minimum.unwrap().minimum(&given, -1.0, false).unwrap().unwrap();
        assert_eq!((moved.weight, moved.bias), (vec![0.0, -1.0], vec![-1.0, 0.0]));
        assert_eq!(found("scar", true), None);
        assert_eq!(found("delete", false), None);
        assert_eq!(found("delete", true).unwrap().weight, [-1.0, -1.0], "the mean, of which nothing is kept");
    }
}
