//! Forms of the rules that entries hold, and rules that many of them share.

use declass_formats::onnx::Node;
use thiserror::Error;

use crate::net::{attributes::int_attribute, problem::Problem};

/// What is known of a node's operands without running the graph.
pub(crate) trait Facts {
    /// The node.
    fn node(&self) -> &Node;
    /// The rank of an operand.
    fn rank(&self, operand: usize) -> Option<usize>;
    /// The number of entries of an operand that is a list.
    fn length(&self, operand: usize) -> Option<usize>;
    /// The only entry of an operand that is a constant list.
    fn entry(&self, operand: usize) -> Option<i64>;
}

/// Reads an operand as constant integers; `None` if the operand is absent.
pub(crate) type Integers<'a> = dyn Fn(usize) -> Result<Option<Vec<i64>>, Problem> + 'a;

/// The shape of a view, given the shape of the first operand.
pub(crate) type ShapeRule = fn(&Node, &[usize], &Integers<'_>) -> Result<Vec<usize>, Problem>;

/// How an operator with a constant weight of the given shape at the given operand is linear.
pub(crate) type LinearRule = fn(&Node, usize, &[usize]) -> Result<Linear, NotLinear>;

/// A linear operator with a constant weight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Linear {
    /// Position of the data operand.
    pub(crate) data: usize,
    /// Axis of the weight, as the operator sees it, that counts the results.
    pub(crate) weight_axis: usize,
    /// Axis of the result that counts them, from the last one.
    pub(crate) axis: usize,
    /// Whether it reads vectors along the last axis of the data, as convolutions do not.
    pub(crate) reads_last_axis: bool,
    /// Rank of the result, if the operator alone tells.
    pub(crate) rank: Option<usize>,
    /// Factor of the product.
    pub(crate) alpha: f64,
    /// The bias, if there is one.
    pub(crate) bias: Option<Bias>,
}

/// Where a matrix product of whole numbers has its operands: each with the operands that are its scale, if the
/// operator applies it, and its zero point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WholeNumbers {
    pub(crate) data: (usize, Option<usize>, usize),
    pub(crate) weight: (usize, Option<usize>, usize),
    /// Scale and zero point by which the result is rounded to whole numbers, if it is.
    pub(crate) rounded: Option<(usize, usize)>,
}

/// The bias of a linear operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bias {
    /// Position of the operand.
    pub(crate) operand: usize,
    /// Its factor.
    pub(crate) beta: f64,
    /// The axis that counts the results, from the last one.
    pub(crate) axis: usize,
}

/// Why the weights of an operator cannot be edited.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum Frozen {
    #[error("it is fused by an optimiser")]
    Fused,
    #[error("it is quantised")]
    Quantised,
}

/// Why a constant weight does not make an operator a linear head.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum NotLinear {
    #[error("its weight is a batch of matrices")]
    Batch,
    #[error("its equation is not a matrix product")]
    Equation,
    #[error("it is a convolution in groups: each class sees only a part of the embedding")]
    Groups,
    #[error("its kernel has shape {0:?}: it is not linear in one embedding")]
    Kernel(Vec<usize>),
    #[error("a weight of shape {shape:?} in `{op}` is not a matrix")]
    NotAMatrix { shape: Vec<usize>, op: String },
    #[error("its kernel pads the map it reads")]
    Pads,
    #[error("its weight is a vector: one output")]
    Vector,
}

/// As many axes as the first operand.
pub(super) fn same_rank(facts: &dyn Facts) -> Option<usize> {
    facts.rank(0)
}

/// As many axes as the operand with most of them.
pub(super) fn broadcast_rank(facts: &dyn Facts) -> Option<usize> {
    let ranks: Option<Vec<usize>> = (0..facts.node().inputs.len()).map(|at| facts.rank(at)).collect();
    ranks?.into_iter().max()
}

/// `FLOAT`, `FLOAT16`, `DOUBLE` and `BFLOAT16` in `onnx.proto`.
const FLOATS: [i64; 4] = [1, 10, 11, 16];

/// Whether the `to` of a cast is a floating-point type. A wrapped integer may change its sign, a rounded one
/// its size.
pub(super) fn casts_to_floats(node: &Node) -> bool {
    FLOATS.contains(&int_attribute(node, "to", 0))
}
