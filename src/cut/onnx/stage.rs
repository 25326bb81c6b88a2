//! What a value behind the head is, in terms of the logits.

use std::{collections::BTreeMap, rc::Rc};

use super::super::Operand;
use crate::head::{Link, Ties};

/// A value behind the head.
#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) stage: Stage,
    /// How the logits are made of the heads' results.
    pub(super) logits: Rc<Affine>,
    /// The class axis, counted from the last one; meaningless where the stage has none.
    pub(super) axis: usize,
    pub(super) rank: Option<usize>,
    /// What the axes behind the class axis count.
    pub(super) places: Places,
    /// Whether each value was pooled from several places.
    pub(super) pooled: bool,
    pub(super) ties: Ties,
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
        Self { ties: Ties::Possible, ..self }
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
    Centred,
    /// One number for all classes.
    Common,
    /// Exponentials of the logits.
    Exponents,
    /// The sum of the exponentials.
    ExponentSum,
    /// The index (or the label) of the largest.
    Index,
    /// Nothing: these are the logits.
    Logits,
    /// The logarithm of the sum of the exponentials.
    LogExponentSum,
    /// The model's result.
    Output(Link),
    /// A monotone, convex, not strictly increasing function of the logits, averaged perhaps.
    Rectified,
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
            Self::Centred | Self::Exponents | Self::Logits | Self::Output(_) | Self::Rectified => true,
            Self::Best(_) | Self::Common | Self::ExponentSum | Self::Index | Self::LogExponentSum => false,
        }
    }

    /// What the model gives out if it gives out this.
    pub(super) fn link(self) -> Option<Link> {
        match self {
            Self::Best(link) | Self::Output(link) => Some(link),
            Self::Centred | Self::Logits | Self::Rectified => Some(Link::None),
            Self::Index => Some(Link::ArgMax),
            Self::Common | Self::Exponents | Self::ExponentSum | Self::LogExponentSum => None,
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

    /// The sum with another one; two uses of the same head add up.
    pub(super) fn plus(mut self, other: &Self, sign: f64) -> Self {
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
        self.shifted(&other.shift, sign)
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
