//! Values that come from the logits where they meet constants.

use std::rc::Rc;

use super::{
    arithmetic::{Addend, add_bias, rescaled, scaled},
    follower::{Follower, PerClass},
    problem::{Meaning, Problem},
    stage::{Affine, Level, Stage, Tracked},
};
use crate::head::Link;
use crate::net::ops::Arithmetic::{self, Difference, Largest, Mean, Product, Quotient, Smallest, Sum};

/// Numbers below this are no bound for logits.
const NO_BOUND: f64 = -1e30;

/// A value that comes from the logits where it meets a constant.
pub(super) struct Meeting<'t> {
    pub(super) node: usize,
    pub(super) effect: Arithmetic,
    pub(super) tracked: &'t Tracked,
    /// Which operand is the constant.
    pub(super) constant: usize,
}

impl Meeting<'_> {
    pub(super) fn result(&self, follower: &mut Follower<'_, '_>) -> Result<Tracked, Problem> {
        let Meeting { node, effect, tracked, constant } = *self;
        if matches!(tracked.stage, Stage::Best(_) | Stage::Index { .. }) {
            return Err(Meaning::ArithmeticOfIndex.into());
        }
        let rank = follower.rank_with(node, constant, tracked.rank);
        let result = if matches!((effect, tracked.stage), (Sum | Difference, Stage::Logits)) {
            self.added(follower)?
        } else {
            let operand = follower.per_class(node, constant, tracked.axis)?;
            match tracked.stage {
                Stage::Logits => self.logits(follower, &operand)?,
                // Behind that only what is the same for all classes keeps their order.
                _ if !operand.same => return Err(Meaning::ClassByClass.into()),
                _ => self.met(follower, operand.values.first().copied().unwrap_or_default())?,
            }
        };
        Ok(Tracked { rank, ..result })
    }

    /// `c - x` and `c / x` turn the order of the classes round.
    fn reversed(&self) -> bool {
        self.constant == 0 && matches!(self.effect, Difference | Quotient)
    }

    /// Logits stay affine whatever the factors: they are folded into the head.
    fn logits(&self, follower: &Follower<'_, '_>, operand: &PerClass) -> Result<Tracked, Problem> {
        let factor = |value: &f64| if self.effect == Product { *value } else { 1.0 / value };
        match self.effect {
            Product | Quotient if !self.reversed() => {
                let factors: Vec<f64> = operand.values.iter().map(factor).collect();
                rescaled(follower, self.tracked.clone(), &factors)
            }
            _ => Err(Meaning::Reorders.into()),
        }
    }

    /// One constant for all classes.
    fn met(&self, follower: &Follower<'_, '_>, value: f64) -> Result<Tracked, Problem> {
        let Meeting { effect, tracked, .. } = *self;
        let becomes = |stage: Stage| Ok(Tracked { stage, ..tracked.clone() });
        if matches!(tracked.stage, Stage::Common(_)) {
            return Ok(self.common(value));
        }
        if self.reversed() {
            return match (effect, tracked.stage) {
                (Quotient, Stage::OneMore) if value == 1.0 => Ok(independent(follower, tracked.clone())),
                _ => Err(Meaning::Reorders.into()),
            };
        }
        // A difference is a sum, and a quotient a product.
        let (effect, value) = match effect {
            Difference => (Sum, -value),
            Quotient => (Product, 1.0 / value),
            other => (other, value),
        };
        let positive = value > 0.0 && value.is_finite();
        match (effect, tracked.stage) {
            // A temperature, applied after the maximum was taken off.
            (Product, Stage::Centred(_) | Stage::Rectified) if positive => {
                rescaled(follower, tracked.clone(), &vec![value; follower.classes])
            }
            (Sum, Stage::Centred(_)) if value.is_finite() => becomes(Stage::Centred(Level::Any)),
            (Sum, Stage::Rectified) if value.is_finite() => {
                let numbers = tracked.numbers.with_addend(value);
                Ok(Tracked { numbers, ..tracked.clone() })
            }
            (Sum, Stage::Exponents(Level::Any)) if value == 1.0 => becomes(Stage::OneMore),
            (Product | Sum, Stage::Exponents(_)) if positive => {
                Ok(Tracked { stage: Stage::Exponents(Level::Any), ..tracked.clone().tying() })
            }
            (_, Stage::ExponentSum(level)) => self.summed(effect, value, level),
            (Product | Sum, Stage::LogExponentSum(_)) if value.is_finite() => {
                becomes(Stage::LogExponentSum(Level::Any))
            }
            (_, Stage::Output(_)) => self.output(effect, value),
            _ => Err(Meaning::Reorders.into()),
        }
    }

    /// A number that is the same for all classes stays one.
    fn common(&self, value: f64) -> Tracked {
        let Meeting { effect, tracked, .. } = *self;
        let keeps_sign = match effect {
            Difference => self.constant == 1 && value <= 0.0,
            Largest | Mean => true,
            Product | Smallest | Sum => value >= 0.0,
            Quotient => value > 0.0,
        };
        let level = match (effect, tracked.stage) {
            (Largest, Stage::Common(level)) if value <= NO_BOUND => level,
            _ => Level::Any,
        };
        let mut numbers = tracked.numbers;
        numbers.non_negative = (numbers.non_negative && keeps_sign) || (effect == Largest && value >= 0.0);
        Tracked { stage: Stage::Common(level), numbers, ..tracked.clone() }
    }

    /// The sum of exponentials stays positive: a guard against division by zero, or a factor.
    fn summed(&self, effect: Arithmetic, value: f64, level: Level) -> Result<Tracked, Problem> {
        let mut numbers = self.tracked.numbers;
        let change: fn(f64, f64) -> f64 = match effect {
            Largest => f64::max,
            Product if value > 0.0 => |sum, value| sum * value,
            Smallest if value > 0.0 => f64::min,
            Sum if value >= 0.0 => |sum, value| sum + value,
            _ => return Err(Meaning::Reorders.into()),
        };
        (numbers.least, numbers.most) = (change(numbers.least, value), change(numbers.most, value));
        if !numbers.are_ordinary() {
            return Err(Meaning::OutOfRange.into());
        }
        Ok(Tracked { stage: Stage::ExponentSum(level), numbers, ..self.tracked.clone() })
    }

    fn output(&self, effect: Arithmetic, value: f64) -> Result<Tracked, Problem> {
        let tracked = self.tracked.clone();
        match effect {
            Product if value > 0.0 => Ok(Tracked { numbers: tracked.numbers.times(value)?, ..tracked }),
            Sum => Ok(Tracked { numbers: tracked.numbers.plus(value)?, ..tracked }),
            // What is beyond a bound becomes equal.
            Largest if value.is_finite() => {
                let mut numbers = tracked.numbers;
                numbers.non_negative |= value >= 0.0;
                Ok(Tracked { numbers, ..tracked }.tying())
            }
            Smallest if value.is_finite() => {
                let mut numbers = tracked.numbers;
                numbers.non_negative &= value >= 0.0;
                Ok(Tracked { numbers, ..tracked }.tying())
            }
            _ => Err(Meaning::Reorders.into()),
        }
    }

    /// `logits + b`, `b + logits`, `logits - b`, `b - logits`.
    fn added(&self, follower: &mut Follower<'_, '_>) -> Result<Tracked, Problem> {
        let Meeting { node, effect, tracked, constant } = *self;
        let subtracts = effect == Difference;
        let mut affine = Affine::clone(&tracked.logits);
        if subtracts && constant == 0 {
            affine = affine.scaled(&vec![-1.0; follower.classes]);
        }
        let sign = if subtracts && constant == 1 { -1.0 } else { 1.0 };
        let addend = Addend { node, input: constant, axis: tracked.axis, sign };
        let size = add_bias(follower, &mut affine, &addend)?;
        let numbers = tracked.numbers.with_addend(size);
        Ok(Tracked { logits: Rc::new(affine), numbers, ..tracked.clone() })
    }
}

/// `1 / (1 + exp(-logits))`: sigmoids of what the exponentials were made of, negated.
pub(super) fn independent(follower: &Follower<'_, '_>, tracked: Tracked) -> Tracked {
    let numbers = tracked.numbers.independent();
    let tracked = Tracked { stage: Stage::Output(Link::Sigmoid), numbers, ..tracked };
    scaled(tracked, &vec![-1.0; follower.classes])
}
