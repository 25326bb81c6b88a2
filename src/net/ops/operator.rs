//! What an entry of the table says of its operator.

use declass_formats::onnx::{Attribute, Node};

use super::{
    behind::Behind,
    operands::Operands,
    rules::{Facts, Frozen, LinearRule, ShapeRule},
};
use crate::net::{constant::Constant, problem::Problem};

/// All that declass knows of one operator.
///
/// An entry states what is known and takes the rest from [`Operator::standard`] and its kin, whose defaults
/// say "nothing". Another kind of knowledge is another field with such a default: so will be how an operator
/// runs on tensors.
#[derive(Debug)]
pub(crate) struct Operator {
    /// Its name in the file.
    pub(crate) name: &'static str,
    /// Which set of operators it belongs to.
    pub(crate) domain: Domain,
    /// The attributes that the rest of the entry accounts for.
    pub(super) attributes: &'static [Attr],
    /// Operands that must be there.
    pub(super) least: usize,
    /// Operands that there may be.
    pub(super) most: usize,
    /// Operands that only steer (a shape, an index, a condition, a scale of quantisation) and carry no
    /// evidence about the class.
    pub(crate) control: &'static [usize],
    /// Which of its results carry data onwards.
    pub(crate) results: Results,
    /// What the results depend on, beside the operands.
    pub(crate) nature: Nature,
    /// Where its trained weights are.
    pub(crate) weight: Weight,
    /// What it is as a head.
    pub(crate) head: AsHead,
    /// The rank of its first result.
    pub(crate) rank: fn(&dyn Facts) -> Option<usize>,
    /// The number of entries of its first result, if that is a list of extents.
    pub(crate) length: fn(&dyn Facts) -> Option<usize>,
    /// Its first result, computed from constants on the host.
    pub(crate) constant: Option<fn(&Operands<'_>) -> Result<Constant, Problem>>,
    /// How the first result shows the elements of the first operand, if it does nothing else.
    pub(crate) view: Option<View>,
    /// What it does with the entries of a list of extents.
    pub(crate) list: List,
    /// What is certain of its first result, in front of a head.
    pub(crate) before: Before,
    /// What it makes of logits, behind a head.
    pub(crate) behind: Behind,
}

/// The largest number of operands of an operator that takes any number.
pub(super) const MANY: usize = usize::MAX;

impl Operator {
    /// An operator of ONNX itself with so many operands, of which nothing else is known.
    pub(super) const fn standard(name: &'static str, least: usize, most: usize) -> Self {
        Self {
            name,
            domain: Domain::Standard,
            attributes: &[],
            least,
            most,
            control: &[],
            results: Results::Data,
            nature: Nature::Computed,
            weight: Weight::None,
            head: AsHead::Never,
            rank: |_| None,
            length: |_| None,
            constant: None,
            view: None,
            list: List::Other,
            before: Before::UNKNOWN,
            behind: Behind::NotFollowed,
        }
    }

    /// An operator of classical machine learning.
    pub(super) const fn classical(name: &'static str, least: usize, most: usize) -> Self {
        Self { domain: Domain::Classical, ..Self::standard(name, least, most) }
    }

    /// An operator that only onnxruntime knows.
    pub(super) const fn microsoft(name: &'static str, least: usize, most: usize) -> Self {
        Self { domain: Domain::Microsoft, ..Self::standard(name, least, most) }
    }
}

/// A set of operators with names of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Domain {
    /// `ai.onnx.ml`.
    Classical,
    /// `com.microsoft`.
    Microsoft,
    /// `ai.onnx`, also written as nothing.
    Standard,
}

impl Domain {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "" | "ai.onnx" => Some(Self::Standard),
            "ai.onnx.ml" => Some(Self::Classical),
            "com.microsoft" => Some(Self::Microsoft),
            _ => None,
        }
    }
}

/// An attribute that an entry knows, and of which kind it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attr {
    Float(&'static str),
    Floats(&'static str),
    /// A body of other operators.
    Graph(&'static str),
    Int(&'static str),
    Ints(&'static str),
    /// The entry holds for this value only.
    Only(&'static str, i64),
    Tensor(&'static str),
    Text(&'static str),
    Texts(&'static str),
}

impl Attr {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Float(name)
            | Self::Floats(name)
            | Self::Graph(name)
            | Self::Int(name)
            | Self::Ints(name)
            | Self::Only(name, _)
            | Self::Tensor(name)
            | Self::Text(name)
            | Self::Texts(name) => name,
        }
    }

    /// Whether the value is of the kind that the entry expects.
    pub(super) fn takes(self, value: &Attribute) -> bool {
        match (self, value) {
            (Self::Float(_), Attribute::Float(_))
            | (Self::Floats(_), Attribute::Floats(_))
            | (Self::Graph(_), Attribute::Other)
            | (Self::Int(_), Attribute::Int(_))
            | (Self::Ints(_), Attribute::Ints(_))
            | (Self::Tensor(_), Attribute::Tensor(_))
            | (Self::Text(_), Attribute::String(_))
            | (Self::Texts(_), Attribute::Strings(_)) => true,
            (Self::Only(_, expected), Attribute::Int(found)) => expected == *found,
            // An empty list says nothing of what it is a list of.
            (Self::Floats(_) | Self::Ints(_) | Self::Texts(_), value) => is_empty(value),
            _ => false,
        }
    }
}

fn is_empty(list: &Attribute) -> bool {
    match list {
        Attribute::Floats(values) => values.is_empty(),
        Attribute::Ints(values) => values.is_empty(),
        Attribute::Strings(values) => values.is_empty(),
        _ => false,
    }
}

/// Which results carry the data of the operands onwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Results {
    /// Every one.
    Data,
    /// The first; others are masks, statistics, positions.
    First,
    /// Every one, but only the first tells of the class: the others are scales of quantisation.
    FirstTellsClass,
}

/// What the results depend on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Nature {
    /// On the operands.
    Computed,
    /// On the operands, of which it picks rows from a table, the first, by their index, the second.
    LooksUp,
    /// On chance: they differ from run to run and are never constant.
    Random,
    /// On the shape of the operand and not on its content.
    ShapeOf,
}

/// Where the trained weights are that mix features.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Weight {
    /// In attributes, as classical models have them.
    Attributes(Classical),
    /// In whichever of the first two operands is constant.
    Either,
    /// In operands, though the operator is no single matrix product.
    Inside,
    /// It has none.
    None,
    /// In the constant one of exactly two operands.
    OneOfTwo,
    /// In this operand.
    Operand(usize),
}

/// What an operator with a constant weight is as a head.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AsHead {
    /// One whose weights cannot be edited.
    Frozen(Frozen),
    /// A linear one, by this rule.
    Linear(LinearRule),
    /// None.
    Never,
}

/// Kinds of classical models.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Classical {
    Linear,
    Other,
    Trees,
}

/// How an operator shows the elements of its first operand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View {
    /// In another order.
    Permuted,
    /// In the same order, in another shape. `extents` is the operand that lists the result's extents, if
    /// there is one.
    Reshaped { shape: ShapeRule, extents: Option<usize> },
    /// As another type.
    Retyped,
    /// As they are.
    Same,
}

/// What an operator does with a list of extents, of which shapes are put together at run time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum List {
    /// Makes one of several, end to end.
    Joins,
    /// Something else, or nothing.
    Other,
    /// Hands it on.
    Passes,
}

/// What is certain of an operator's first result, in front of a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    /// What is known of signs.
    pub(crate) sign: fn(&Node) -> Sign,
    /// What becomes of vectors along the last axis.
    pub(crate) vectors: fn(&Node) -> Vectors,
    /// Whether the first result has the values of the first operand.
    pub(crate) values: Values,
}

impl Before {
    /// Nothing is certain.
    pub(super) const UNKNOWN: Self =
        Self { sign: |_| Sign::Unknown, vectors: |_| Vectors::Unknown, values: Values::Other };

    /// The entries are entries of the first operand, or means, sums or maxima of them.
    pub(super) const KEEPS_SIGN: Self = Self { sign: |_| Sign::Kept, ..Self::UNKNOWN };

    /// No entry is negative.
    pub(super) const NON_NEGATIVE: Self = Self { sign: |_| Sign::NonNegative, ..Self::UNKNOWN };
}

/// What is known of the signs of a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sign {
    /// No entry is negative if none of the first operand is.
    Kept,
    /// No entry is negative.
    NonNegative,
    Unknown,
}

/// What becomes of the vectors along the last axis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Vectors {
    /// Means of them, if no reduced axis is the last one.
    Averaged,
    /// Nothing.
    Kept,
    /// Each is normalised, then scaled and shifted by the second and third operand.
    LayerNormalised,
    /// Some of them, if the axis is not the last one.
    Picked,
    Unknown,
}

/// Whether a result has the values of the first operand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Values {
    /// Those that a quantised operand stands for.
    Dequantised,
    /// The same, up to rounding.
    Kept,
    /// Others.
    Other,
}
