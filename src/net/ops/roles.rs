//! What operands, results and weights are for.

use super::rules::{Frozen, LinearRule, ShapeRule, WholeNumbers};

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
    /// A product of whole numbers.
    WholeNumbers(WholeNumbers),
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
