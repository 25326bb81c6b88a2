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
