//! The unlearning methods as formulas; one file each, nothing about loops, devices or files.
//!
//! For a linear head every gradient method is given by the gradient of its loss with respect to the logits of
//! one sample: `dW = gᵀZ`, `db = Σg`. That same gradient is what the first-order assumption checks examine.

#[cfg(test)]
mod autograd;
mod delete;
mod mask;
mod minimum;
mod negative_gradient;
mod negative_gradient_plus;
mod pour;
mod projection;
mod random_labels;
mod scar;
mod scrub;
mod seal;
mod settings;

pub use minimum::{Distillation, Masked, Point};
pub use settings::{Setting, Settings};

use candle_core::{D, DType, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::{
    classes::Forgotten,
    error::{Error, RemovalError},
    head::{LinearHead, Link, Place},
};

/// A method, as a user chooses it.
#[derive(Debug)]
pub struct Method {
    /// Its name on the command line and in the claim.
    pub name: &'static str,
    /// What it does to the head, in one line.
    pub summary: &'static str,
    /// The synthetic embeddings it trains on.
    pub data: Data,
    /// What a user may set of it.
    pub settings: &'static [Setting],
    /// Where its formula comes from.
    pub source: &'static str,
    /// The loss whose minimum is known, if it is of that kind. Ascending losses have none, and random labels have theirs
    /// where all retained rows are equal.
    pub minimum: Option<Distillation>,
    /// What is done.
    pub kind: Kind,
}

/// A name stands for one method.
impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Which synthetic embeddings a method trains on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Data {
    /// Those of all classes.
    Both,
    /// Those of the forgotten classes.
    Forgotten,
    /// No embeddings: the method needs none.
    None,
    /// Those of the retained classes.
    Retained,
}

impl Data {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "synthetic, all classes",
            Self::Forgotten => "synthetic, removed classes",
            Self::None => "none",
            Self::Retained => "synthetic, retained classes",
        }
    }

    /// Whether embeddings of the forgotten classes are among them.
    #[must_use]
    pub fn has_forgotten(self) -> bool {
        matches!(self, Self::Both | Self::Forgotten)
    }

    /// Whether embeddings of the retained classes are among them.
    #[must_use]
    pub fn has_retained(self) -> bool {
        matches!(self, Self::Both | Self::Retained)
    }
}

/// How a method changes the head.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A formula without training.
    ClosedForm(Formula),
    /// Only the seal, which any other method gets on top by default.
    SealOnly,
    /// Gradient descent: the gradient of the loss with respect to the logits, one row per sample, not yet
    /// divided by the number of samples of its side (forgotten or retained).
    Trained(Gradient),
}

/// The head after unlearning, in the coordinates of the head that is given.
pub type Formula = fn(&ClosedForm<'_>) -> Result<LinearHead, Error>;

/// What a formula may depend on.
#[derive(Debug)]
pub struct ClosedForm<'a> {
    /// The original head, in any orthonormal coordinates of its row space.
    pub head: &'a LinearHead,
    /// The classes to forget.
    pub forgotten: &'a Forgotten,
    /// The method's settings.
    pub settings: &'a Settings,
}

/// How a method that trains gets to its head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Optimizer {
    /// It starts at the minimum of its loss, and descends only where that does not do.
    Minimum,
    /// Gradient descent with momentum from the original head, as in the paper.
    Sgd,
}

impl Optimizer {
    /// As it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Sgd => "sgd",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Minimum, Self::Sgd].into_iter().find(|optimizer| optimizer.name() == name)
    }
}

/// The gradient of a loss with respect to the logits, one row per sample.
pub type Gradient = fn(&mut Batch<'_>) -> candle_core::Result<Tensor>;

/// What a gradient may depend on.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Logits of the head being trained, `[B, C]`.
    pub logits: &'a Tensor,
    /// Logits of the original head for the same embeddings, `[B, C]`.
    pub original: &'a Tensor,
    /// Class that the original head gives each embedding.
    pub labels: &'a [u32],
    /// The classes to forget.
    pub forgotten: &'a Forgotten,
    /// The method's settings.
    pub settings: &'a Settings,
    /// Randomness of this batch.
    pub rng: &'a mut ChaCha8Rng,
}

impl Batch<'_> {
    /// Softmax of the head being trained, `[B, C]`.
    fn probabilities(&self) -> candle_core::Result<Tensor> {
        candle_nn::ops::softmax_last_dim(self.logits)
    }

    /// Logits with those of the forgotten classes at minus infinity.
    fn without_forgotten(&self, logits: &Tensor) -> candle_core::Result<Tensor> {
        self.with_forgotten_at(logits, &Tensor::new(f32::NEG_INFINITY, logits.device())?)
    }

    /// Logits with those of the forgotten classes replaced by a value, a tensor of no dimensions.
    fn with_forgotten_at(&self, logits: &Tensor, value: &Tensor) -> candle_core::Result<Tensor> {
        let classes = self.forgotten.classes();
        let is_forgotten: Vec<u8> =
            (0..classes).map(|class| u8::from(self.forgotten.contains(class))).collect();
        let mask = Tensor::new(is_forgotten, logits.device())?.broadcast_as(logits.shape())?;
        mask.where_cond(&value.broadcast_as(logits.shape())?, logits)
    }

    /// One weight per sample, `[B, 1]`: one for samples of the forgotten classes, another for the retained
    /// ones.
    fn weights(&self, forgotten: f32, retained: f32) -> candle_core::Result<Tensor> {
        let weight =
            |label: &u32| if self.forgotten.contains(*label as usize) { forgotten } else { retained };
        let weights: Vec<f32> = self.labels.iter().map(weight).collect();
        Tensor::from_vec(weights, (self.labels.len(), 1), self.logits.device())
    }

    /// One row per sample with a 1 in the given column.
    fn one_hot(&self, columns: &[u32]) -> candle_core::Result<Tensor> {
        let device = self.logits.device();
        // Made where the logits are: on their way to a GPU, rows of thousands of zeros would take longer than
        // the step.
        let columns = Tensor::from_slice(columns, (columns.len(), 1), device)?;
        let ones = Tensor::ones(columns.shape(), DType::F32, device)?;
        self.logits.zeros_like()?.scatter(&columns, &ones, D::Minus1)
    }
}

/// Every method, the default first.
pub static METHODS: [&Method; 9] = [
    &delete::METHOD,
    &mask::METHOD,
    &negative_gradient::METHOD,
    &negative_gradient_plus::METHOD,
    &pour::METHOD,
    &random_labels::METHOD,
    &scar::METHOD,
    &scrub::METHOD,
    &seal::METHOD,
];

/// The method to use on a head with this link that decides for this: the one that was asked for, or the default.
///
/// # Errors
/// [`RemovalError::NotForMultiLabel`] for any method but the seal on a multi-label head, whose classes do not
/// compete: the others are about which logit is the largest. [`RemovalError::NotForMasks`] on the head of a segmenter
/// whose classes compete with a row that is not among them, and that a method would move them against.
pub fn choose(
    asked: Option<&'static Method>,
    link: Link,
    place: Option<Place>,
) -> Result<&'static Method, RemovalError> {
    let trains = asked.filter(|method| !matches!(method.kind, Kind::SealOnly));
    match (trains, link, place) {
        // What is added to all classes of a box alike says nothing of which of them is right.
        (Some(method), Link::Sigmoid, _) | (Some(method), Link::OneVsRest, Some(Place::Box)) => {
            Err(RemovalError::NotForMultiLabel { method: method.name })
        }
        (Some(method), _, Some(Place::Mask)) => Err(RemovalError::NotForMasks { method: method.name }),
        (None, Link::Sigmoid, _)
        | (None, Link::OneVsRest, Some(Place::Box))
        | (None, _, Some(Place::Mask)) => Ok(&seal::METHOD),
        (None, ..) => Ok(asked.unwrap_or(&delete::METHOD)),
        (Some(method), ..) => Ok(method),
    }
}

/// The method of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Method> {
    METHODS.into_iter().find(|method| method.name == name)
}
