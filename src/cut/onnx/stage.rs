//! What a value behind the head is, in terms of the logits.

use std::{collections::BTreeMap, rc::Rc};

use super::{super::Operand, numbers::Numbers};
use crate::head::{Link, Ties};

/// A value behind the head.
#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) stage: Stage,
    /// How the logits are made of the heads' results.
    pub(super) logits: Rc<Affine>,
    /// The class axis, counted from the last one; where the classes are reduced, the axis that they had.
    pub(super) axis: usize,
    /// Whether there is an axis in that place.
    pub(super) stands: bool,
    pub(super) rank: Option<usize>,
    /// What the axes behind the class axis count.
    pub(super) places: Places,
    /// Whether each value was pooled from several places.
    pub(super) pooled: bool,
    pub(super) ties: Ties,
    pub(super) numbers: Numbers,
}

/// What the axes behind the class axis count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Places {
    /// Nothing: there are none, or all have extent 1.
    One,
    /// Pixels of a map, or samples; as far as is known.
    Several,
}

impl Tracked {
    /// The same, where different logits may have become equal.
    pub(super) fn tying(self) -> Self {
        Self { ties: Ties::Possible, numbers: self.numbers.merged(), ..self }
    }

    /// The same with these numbers.
    pub(super) fn with(self, numbers: Numbers) -> Self {
        Self { numbers, ..self }
    }

    /// Whether nothing lies behind the class axis.
    pub(super) fn is_one_place(&self) -> bool {
        self.places == Places::One
    }
}

/// What has become of the logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    /// The largest of them, sorted, after this link.
    Best(Link),
    /// Less something that is the same for all classes.
    Centred(Level),
    /// One number for all classes.
    Common(Level),
    /// Exponentials of the logits.
    Exponents(Level),
    /// The sum of the exponentials.
    ExponentSum(Level),
    /// The index (or the label) of the largest.
    Index {
        /// Whether there are several for each row: those of the best few.
        several: bool,
    },
    /// Nothing: these are the logits.
    Logits,
    /// The logarithm of the sum of the exponentials.
    LogExponentSum(Level),
    /// One more than the exponentials of the logits: what independent probabilities are reciprocals of.
    OneMore,
    /// The model's result.
    Output(Link),
    /// A monotone, convex, not strictly increasing function of the logits, averaged perhaps.
    Rectified,
}

/// What is taken off the logits, or was before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Level {
    /// Any number.
    Any,
    /// The largest of the logits itself, so that nothing overflows.
    Largest,
    /// A number between the least and the largest of the logits, or near them.
    Within,
}

/// `logits = sum over heads of gain * (W z) + bias_gain * bias, + shift`, class by class.
#[derive(Clone, Debug, Default)]
pub(super) struct Affine {
    pub(super) terms: BTreeMap<usize, Term>,
    pub(super) shift: Vec<f64>,
}

/// One head's share.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) gain: Vec<f64>,
    pub(super) bias: Option<Operand>,
    pub(super) bias_gain: Vec<f64>,
}

impl Stage {
    /// Whether the value has an axis of classes.
    pub(super) fn has_classes(self) -> bool {
        match self {
            Self::Centred(_)
            | Self::Exponents(_)
            | Self::Logits
            | Self::OneMore
            | Self::Output(_)
            | Self::Rectified => true,
            Self::Best(_)
            | Self::Common(_)
            | Self::ExponentSum(_)
            | Self::Index { .. }
            | Self::LogExponentSum(_) => false,
        }
    }

    /// What the model gives out if it gives out this.
    pub(super) fn link(self) -> Option<Link> {
        match self {
            Self::Best(link) | Self::Output(link) => Some(link),
            Self::Centred(_) | Self::Logits | Self::Rectified => Some(Link::None),
            Self::Index { .. } => Some(Link::ArgMax),
            Self::Common(_)
            | Self::Exponents(_)
            | Self::ExponentSum(_)
            | Self::LogExponentSum(_)
            | Self::OneMore => None,
        }
    }
}

impl Affine {
    /// The result of one head, times a constant.
    pub(super) fn of_head(head: usize, classes: usize, alpha: f64) -> Self {
        let term = Term { gain: vec![alpha; classes], bias: None, bias_gain: vec![1.0; classes] };
        Self { terms: BTreeMap::from([(head, term)]), shift: vec![0.0; classes] }
    }

    /// Numbers that it holds.
    pub(super) fn values(&self) -> usize {
        let of_terms = self.terms.values().map(|term| term.gain.len() + term.bias_gain.len());
        of_terms.sum::<usize>() + self.shift.len()
    }

    /// The only head's term, if there is one head and it has no bias yet.
    pub(super) fn place_for_bias(&mut self) -> Option<&mut Term> {
        let single = self.terms.len() == 1;
        self.terms.values_mut().next().filter(|term| single && term.bias.is_none())
    }

    pub(super) fn scaled(mut self, factors: &[f64]) -> Self {
        for term in self.terms.values_mut() {
            multiply(&mut term.gain, factors);
            multiply(&mut term.bias_gain, factors);
        }
        multiply(&mut self.shift, factors);
        self
    }

    pub(super) fn shifted(mut self, by: &[f64], sign: f64) -> Self {
        add(&mut self.shift, by, sign);
        self
    }

    /// The sum with another one; two uses of the same head add up. `None` if the two uses may read different
    /// places, and what becomes of each class there cannot be told from a sum of factors.
    pub(super) fn plus(mut self, other: &Self, sign: f64) -> Option<Self> {
        let shared = self.terms.iter().filter_map(|(head, ours)| Some((ours, other.terms.get(head)?)));
        if shared.into_iter().any(|(ours, theirs)| !ours.adds_up(theirs, sign)) {
            return None;
        }
        let classes = self.shift.len();
        for (head, theirs) in &other.terms {
            match self.terms.get_mut(head) {
                Some(ours) => {
                    add(&mut ours.gain, &theirs.gain, sign);
                    match ours.bias {
                        Some(_) => add(&mut ours.bias_gain, &theirs.bias_gain, sign),
                        None => {
                            ours.bias.clone_from(&theirs.bias);
                            ours.bias_gain = theirs.bias_gain.iter().map(|gain| sign * gain).collect();
                        }
                    }
                }
                None => {
                    let mut term = theirs.clone();
                    multiply(&mut term.gain, &vec![sign; classes]);
                    multiply(&mut term.bias_gain, &vec![sign; classes]);
                    self.terms.insert(*head, term);
                }
            }
        }
        Some(self.shifted(&other.shift, sign))
    }

    /// Largest and smallest size of a factor other than 0 between the heads' results and these logits.
    pub(super) fn sizes(&self) -> Option<(f64, f64)> {
        let gains = self.terms.values().flat_map(|term| &term.gain).map(|gain| gain.abs());
        let gains = gains.filter(|gain| *gain != 0.0);
        gains.fold(None, |sizes, gain| {
            let (least, most) = sizes.unwrap_or((gain, gain));
            Some((least.min(gain), most.max(gain)))
        })
    }

    /// Whether another one has the same order of classes for every embedding, thirty nats of the one being a
    /// visible distance in the other: a positive multiple, plus something that is the same for all.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let (Some(first), Some(theirs)) = (self.terms.values().next(), other.terms.values().next()) else {
            return false;
        };
        let at = first.gain.iter().position(|gain| *gain != 0.0).unwrap_or_default();
        let factor = theirs.gain[at] / first.gain[at];
        let near = |a: f64, b: f64| (a * factor - b).abs() <= 1e-9 * b.abs();
        let all_near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| near(*a, *b));
        let offset = other.shift[0] - factor * self.shift[0];
        let sizes = |shift: &[f64]| shift.iter().fold(1.0f64, |most, value| most.max(value.abs()));
        // Rounding of large shifts, and never as much as a seal is deep.
        let slack = (1e-6 * sizes(&other.shift).max(factor * sizes(&self.shift))).min(0.5);
        let shifts = self.shift.iter().zip(&other.shift);
        self.terms.keys().eq(other.terms.keys())
            && SHARES.contains(&factor)
            && shifts.into_iter().all(|(ours, theirs)| (theirs - factor * ours - offset).abs() <= slack)
            && self.terms.values().zip(other.terms.values()).all(|(ours, theirs)| {
                let tensor = |term: &Term| term.bias.as_ref().map(|bias| bias.tensor.clone());
                all_near(&ours.gain, &theirs.gain)
                    && tensor(ours) == tensor(theirs)
                    && (ours.bias.is_none() || all_near(&ours.bias_gain, &theirs.bias_gain))
            })
    }
}

/// Which multiples of the main output's logits another output may be made of.
const SHARES: std::ops::RangeInclusive<f64> = 1e-3..=1e3;

impl Term {
    /// Whether this and another use of the same head, of another place perhaps, can be added: then each has one
    /// factor for all classes, and they do not cancel.
    fn adds_up(&self, other: &Self, sign: f64) -> bool {
        let one = |gains: &[f64]| gains.iter().all(|gain| *gain == gains[0]);
        let adds = |ours: &[f64], theirs: &[f64]| {
            one(ours) && one(theirs) && ours[0] != 0.0 && ours[0] * theirs[0] * sign > 0.0
        };
        let both = self.bias.is_some() && other.bias.is_some();
        adds(&self.gain, &other.gain) && (!both || adds(&self.bias_gain, &other.bias_gain))
    }
}

fn multiply(values: &mut [f64], factors: &[f64]) {
    for (value, factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}

fn add(values: &mut [f64], others: &[f64], sign: f64) {
    for (value, other) in values.iter_mut().zip(others) {
        *value += sign * other;
    }
}
