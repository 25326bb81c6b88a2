//! Families of effects that operators have on logits: what the follower behind a head distinguishes.

/// What an operator makes of logits, behind a head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Behind {
    /// One affine map per class, with constants: a normalisation by stored statistics.
    AffinePerClass,
    /// Two or more values, element by element.
    Combined(Arithmetic),
    /// The index of the best class along an axis.
    IndexOfBest,
    /// A probability for each class.
    Link(Squash),
    /// Every element alike.
    Mapped(Function),
    /// Something that is not followed.
    NotFollowed,
    /// Real numbers again, of the whole ones that stand for them.
    Dequantised,
    /// Whole numbers that stand for the values, up to rounding.
    Quantised,
    /// Each of several results has some entries along an axis, end to end.
    Parted,
    /// Some entries along axes.
    Picked(Picking),
    /// One number per window of positions.
    Pooled(Pooling),
    /// The same elements in another shape or order.
    Rearranged(Rearrangement),
    /// One number along axes.
    Reduced(Reduction),
    /// Values at other places of a map, each of some places there were.
    Resized,
    /// Probabilities again, divided by what they add up to.
    Renormalised(Norm),
    /// The same values as another type.
    Retyped,
    /// Row by index of a constant table, which is the operand 0: a label of the best class.
    RowOfTable,
    /// The same values.
    Same,
    /// The same values, unless the third operand says that the model is in training.
    SameUnlessTraining,
    /// The best few, and their indices.
    SortedBest,
    /// Less their mean along the last axes, divided by their deviation, times one stored number each, plus another.
    Standardised,
    /// The same values beside their labels, which are attributes.
    Labelled,
}

/// Arithmetic of several operands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Arithmetic {
    Difference,
    Largest,
    Mean,
    Product,
    Quotient,
    Smallest,
    Sum,
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Function {
    /// Between two bounds.
    Clipped,
    Exponential,
    Logarithm,
    /// Whether it is zero: 0 or 1.
    Negated,
    Negative,
    /// Something that is of no use but to a number that is the same for all classes.
    Other,
    /// One divided by it.
    Reciprocal,
    /// Zero instead of negative numbers.
    Rectified,
}

/// Where an operator says by which norm, and along which axis, it divides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Norm {
    /// A name in `norm`, along the last axis.
    Named,
    /// An order in `p`, along the axis in `axis`.
    Ordered,
}

/// What makes probabilities of logits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Squash {
    LogSoftmax,
    Sigmoid,
    /// A piecewise linear stand-in for the sigmoid, constant where it ends.
    SigmoidOfPieces,
    Softmax,
}

/// Ways to pick entries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Picking {
    /// By one index along one axis.
    AlongAxis,
    /// By several indices from the first axis on.
    ByIndices,
    /// From the start to the end of ranges along some axes.
    Ranges,
}

/// What a pooling makes of its windows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Pooling {
    pub(crate) statistic: Statistic,
    pub(crate) window: Window,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Statistic {
    Largest,
    Mean,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Window {
    /// Everything: one number is left.
    All,
    /// A part.
    Part,
}

/// Ways to change a shape.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rearrangement {
    /// Axes go.
    Dropped,
    /// Two axes are left.
    Flattened,
    /// Axes come.
    Inserted,
    /// Axes change places.
    Permuted,
    /// Elements are repeated.
    Repeated,
    /// Any shape with as many elements.
    Reshaped,
}

/// What a reduction makes of what it reduces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reduction {
    Largest,
    /// The logarithm of the sum of the exponentials.
    LogSumExp,
    Mean,
    /// Something that is the same for all classes, whatever it is.
    Other,
    /// The smallest.
    Smallest,
    Sum,
}
