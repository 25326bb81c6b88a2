//! Where the encoder ends and the classifier head begins.

use crate::{classes::Labels, error::Error, linear::LinearHead};
use declass_formats::Artifact;

/// The located boundary: everything before it is the encoder, which stays as it is; what follows is the
/// head that makes the classes out of the embedding.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The classifier head.
    pub head: Head,
    /// How it was found, and what else it could have been.
    pub why: Why,
    /// Labels that the model itself carries, one per class.
    pub labels: Option<Labels>,
    /// Single tensors that everything the logits depend on passes through, nearest the output first; the
    /// embedding is one of them where a model has one. Empty where only a state dict is known.
    pub points: Vec<CutPoint>,
}

/// The linear map (or the parallel ones) from the embedding to the logits.
#[derive(Clone, Debug)]
pub struct Head {
    /// Module path (`classifier.1`) or ONNX node name.
    pub name: String,
    /// Number of classes.
    pub classes: usize,
    /// The parallel heads whose weighted sum makes the logits; nearly always one.
    pub branches: Vec<Branch>,
    /// What the model makes of the logits.
    pub link: Link,
    /// Whether the link and what lies before it keep the order of the logits.
    pub order: Order,
}

/// One linear operator of the head.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The tensor it reads: the embedding.
    pub embedding: String,
    /// Width of the embedding.
    pub width: usize,
    /// Its weight matrix.
    pub weight: Operand,
    /// Its bias, if the model has a place for one.
    pub bias: Option<Operand>,
    /// Constant factor between this operator's result (without bias) and the logits, one per class.
    pub gain: Vec<f64>,
    // ... more as needed, e.g. constant shift per class, gain of the bias
}

/// A constant operand of the head, as the operator sees it, and where it is stored.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The stored tensor it comes from.
    pub tensor: String,
    // class axis, view chain, whether it can be edited in place or must become a new tensor, ...
}

/// What the model's last operators make of the logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Link {
    /// Only the index of the largest logit is given out.
    ArgMax,
    /// Logarithms of probabilities.
    LogSoftmax,
    /// The logits themselves.
    None,
    /// Independent probabilities: a multi-label model.
    Sigmoid,
    /// Probabilities.
    Softmax,
}

/// How faithfully the operators after the head keep the order of the logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// The largest logit is the largest output.
    Strict,
    /// Averages of a monotone, convex, not strictly increasing function of the logits (ReLU, then pooling): smaller
    /// logits never win, but may tie.
    Weak,
}

/// How the cut was found.
#[derive(Clone, Debug)]
pub struct Why {
    /// The rule that decided, in words.
    pub rule: String,
    /// 0 to 1, as the rule table states it.
    pub confidence: f64,
    /// Other tensors that could have been the head.
    pub runners_up: Vec<String>,
    /// Anything a reader should know (auxiliary heads, shared weights, ...).
    pub notes: Vec<String>,
}

/// A single tensor through which all evidence passes.
#[derive(Clone, Debug)]
pub struct CutPoint {
    /// Value name.
    pub tensor: String,
    /// Operator that makes it, or `input`.
    pub producer: String,
    /// Weighted operators between it and the output.
    pub weighted_after: usize,
}

impl Cut {
    /// Finds the head of a model, or checks the one the caller names.
    ///
    /// # Errors
    /// [`Error::NotAClassifier`] with the reason and a hint, [`Error::AmbiguousHead`] with the candidates.
    pub fn locate(artifact: &Artifact, head: Option<&str>) -> Result<Self, Error>;
}
impl Head {
    /// Reads the weights: gains and parallel heads folded into one matrix; refuses NaN and infinities.
    pub fn load(&self, artifact: &Artifact) -> Result<LinearHead, Error>;
}
