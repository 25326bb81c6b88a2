//! What an entry of the table says of its operator.

use super::{
    attr::Attr,
    before::Before,
    behind::Behind,
    kernel::Kernel,
    operands::Operands,
    roles::{AsHead, List, Nature, Results, View, Weight},
    rules::Facts,
};
use crate::net::{constant::Constant, problem::Problem};

/// How a result is computed from constant operands, on the host.
pub(crate) type OnConstants = fn(&Operands<'_>) -> Result<Constant, Problem>;

/// All that declass knows of one operator.
///
/// An entry states what is known and takes the rest from [`Operator::standard`] and its kin, whose defaults
/// say "nothing". Another kind of knowledge is another field with such a default: which
/// kernel runs it.
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
    pub(crate) constant: Option<OnConstants>,
    /// How the first result shows the elements of the first operand, if it does nothing else.
    pub(crate) view: Option<View>,
    /// What it does with the entries of a list of extents.
    pub(crate) list: List,
    /// What is certain of its first result, in front of a head.
    pub(crate) before: Before,
    /// What it makes of logits, behind a head.
    pub(crate) behind: Behind,
    /// How it is run.
    pub(crate) kernel: Kernel,
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
            kernel: Kernel::None,
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
    /// A name in this set, as people write it.
    pub(super) fn qualify(self, name: &str) -> String {
        match self {
            Self::Classical => format!("ai.onnx.ml.{name}"),
            Self::Microsoft => format!("com.microsoft.{name}"),
            Self::Standard => name.to_owned(),
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "" | "ai.onnx" => Some(Self::Standard),
            "ai.onnx.ml" => Some(Self::Classical),
            "com.microsoft" => Some(Self::Microsoft),
            _ => None,
        }
    }
}
