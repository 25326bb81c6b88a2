//! What can stand in the way of understanding a graph, told apart by whose fault it is. The only place that
//! makes sentences of it.

use declass_formats::Dtype;
use thiserror::Error;

/// Why a value, a shape or an operator is not understood.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum Problem {
    /// Something about one operator, with where it stands.
    #[error("`{title}` ({op}): {problem}")]
    At {
        /// The node's name, or the value it makes.
        title: String,
        /// Its operator.
        op: String,
        /// What is wrong there.
        problem: Box<Self>,
    },
    /// The file contradicts itself: broken, or made to mislead.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The graph computes with the input where only a constant is understood.
    #[error("{0}")]
    NotConstant(String),
    /// More than is computed with, so that a hostile graph can take neither memory nor time.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// An operator, or a use of one, that the table does not know.
    #[error("it {0}")]
    Unknown(#[from] Unknown),
    /// The file is at fault below the graph: a tensor that cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// Sound, and not provided for here.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

/// How a graph contradicts itself.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum Malformed {
    #[error("axis {axis} does not fit {rank} axes")]
    Axis { axis: i64, rank: usize },
    #[error("shapes {left:?} and {right:?} do not fit together")]
    Broadcast { left: Vec<usize>, right: Vec<usize> },
    #[error("{0} is missing")]
    Missing(String),
    #[error("a shape has a negative extent")]
    NegativeExtent,
    #[error("permutation {permutation:?} does not fit {rank} axes")]
    Permutation { permutation: Vec<i64>, rank: usize },
    #[error("shape {shape:?} cannot become {target:?}")]
    Reshape { shape: Vec<usize>, target: Vec<i64> },
    #[error("a constant is shorter than its shape")]
    ShortConstant,
    #[error("shape {shape:?} cannot be squeezed at {axes:?}")]
    Squeeze { shape: Vec<usize>, axes: Vec<usize> },
    #[error("shape {shape:?} cannot be unsqueezed at {axes:?}")]
    Unsqueeze { shape: Vec<usize>, axes: Vec<i64> },
}

/// What is too large to compute with.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum TooLarge {
    #[error("a constant has {axes} axes, more than {most}")]
    Axes { axes: usize, most: usize },
    #[error("constant `{name}` is computed by more than {most} operators")]
    Chain { name: String, most: usize },
    #[error("a computed constant of shape {0:?} is too large")]
    Constant(Vec<usize>),
    #[error("a shape is too large")]
    Shape,
    #[error("tensor `{0}` is too large to compute with")]
    Tensor(String),
    #[error("constant `{0}` takes too much to compute")]
    Together(String),
}

/// What is sound and not provided for.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum Unsupported {
    #[error("element type {0} is not computed with")]
    ElementType(i64),
    #[error("elements of type {} are not read as numbers", .0.name())]
    Elements(Dtype),
    #[error("constants are not computed through this operator")]
    Operator,
}

/// What the table does not know of a node.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub(crate) enum Unknown {
    /// An attribute, or a value of one, that the operator's entry does not account for.
    #[error("has an attribute `{0}` that is not known, or not of this kind")]
    Attribute(String),
    /// A model-local function, and why it is not looked into.
    #[error("calls a model-local function, {0}: put the functions in line first, with `onnx.inliner`")]
    Call(&'static str),
    /// An operator of a set that is not ONNX's own.
    #[error("is an operator of `{0}` that is not known")]
    Foreign(String),
    /// More or fewer operands than the entry accounts for.
    #[error("has a number of operands that is not known: {0}")]
    Operands(usize),
    /// An operator of ONNX that the table lacks.
    #[error("is an operator that is not known")]
    Operator,
}
