//! Which computation an operator is, for those who run it. What its numbers are, `run` knows.

/// The computation of an operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kernel {
    /// The index of the largest or smallest element along an axis.
    ArgBest(Best),
    /// Two operands or more, element by element, broadcast.
    Arithmetic(Pairwise),
    /// Values weighted by how well queries and keys agree.
    Attention,
    /// Means and spreads that were learnt, per channel.
    BatchNormalisation,
    /// One operand plus a bias, element by element.
    Biased(Map),
    /// Two integers, bit by bit.
    Bits(Bits),
    /// Divided by a norm of the row.
    ByRow,
    /// Another element type; of the second operand, or of an attribute.
    Cast,
    /// The best class and the scores of a linear model.
    Classifier,
    /// Entries along the last axis, by index.
    Columns,
    /// Two operands to truth values.
    Compare(Comparison),
    /// The elements of an axis at which a list of conditions holds.
    Compress,
    /// End to end along an axis.
    Concatenate,
    /// What an attribute holds.
    Constant,
    /// A shape, filled with one value.
    ConstantOfShape,
    Convolution,
    TransposedConvolution,
    /// Running sums along an axis.
    CumulativeSum,
    /// Quantised integers to floats.
    Dequantise,
    /// Floats to integers, by their own range; and their product with quantised ones.
    DynamicQuantise,
    DynamicProduct,
    /// Channels to positions, and back.
    DepthToSpace,
    SpaceToDepth,
    /// A sum of products over named axes.
    Einsum,
    /// Embeddings of words, positions and segments, added and normalised.
    EmbedLayerNormalisation,
    Expand,
    /// Ones on a diagonal.
    Eye,
    /// Two axes are left.
    Flatten,
    /// Entries along an axis, by index.
    Gather,
    /// One entry for each index, along an axis.
    GatherElements,
    /// Parts by lists of indices.
    GatherParts,
    /// With an activation, or with factors, in one.
    FusedConvolution,
    FusedGemm,
    FusedMatMul,
    /// `alpha A B + beta C`.
    Gemm,
    GroupNormalisation,
    /// The operand itself, whatever it is called there.
    Handed,
    /// One where the largest stands, else zero.
    Hardmax,
    InstanceNormalisation,
    LayerNormalisation,
    /// Local response normalisation, over neighbouring channels.
    LocalResponse,
    /// Divided by a norm along an axis.
    LpNormalisation,
    /// Two truth values to one.
    Logic(Logic),
    /// One operand, element by element.
    Map(Map),
    MatMul,
    /// Less its mean, over its spread, along axes.
    MeanVariance,
    /// The positions of what is not zero.
    NonZero,
    /// It is not run.
    None,
    /// Truth values, turned round.
    Not,
    OneHot,
    /// Attention with the projections of queries, keys and values in one matrix.
    PackedAttention,
    Pad,
    /// A mean or maximum over windows.
    Pool(Pool),
    /// `x` where it is positive, else `slope x`.
    ParametricRelu,
    /// Floats to integers by a scale and a zero point.
    Quantise,
    /// Of quantised integers to quantised integers.
    QuantisedConcatenation,
    QuantisedConvolution,
    QuantisedGemm,
    QuantisedMap(Map),
    QuantisedMean,
    QuantisedPair(Pairwise),
    QuantisedProduct,
    Range,
    /// Step by step along a sequence.
    Recurrent(Cell),
    Reduce(Fold),
    /// The results of a linear model.
    Regressor,
    Reshape,
    Resize,
    /// Parts of sequences, turned round.
    ReverseSequence,
    /// Divided by the root of the mean square.
    RootMeanSquare,
    /// Pairs of elements, turned by an angle that depends on the position.
    Rotary,
    /// The operand itself.
    Same,
    /// Less an offset, times a factor.
    Scaled,
    /// A product of quantised integers, as floats.
    ScaledProduct,
    /// Other entries in the places of indices.
    ScatterElements,
    ScatterParts,
    /// The extents, or their product.
    Shape,
    Size,
    /// The sum of two operands, normalised.
    SkipLayerNormalisation,
    SkipRootMeanSquare,
    Slice,
    Softmax(Softmax),
    Split,
    Squeeze,
    Test(Test),
    Tile,
    TopK,
    Transpose,
    /// What lies above or below a diagonal.
    Triangle,
    Unsqueeze,
    /// Of two operands, by conditions.
    Where,
    /// Convolutions and products of quantised integers.
    WholeConvolution,
    WholeProduct,
}

impl Kernel {
    /// Whether it takes texts, which it hands on as they are.
    pub(crate) fn takes_texts(self) -> bool {
        matches!(
            self,
            Self::Cast
                | Self::Columns
                | Self::Concatenate
                | Self::Flatten
                | Self::Gather
                | Self::Handed
                | Self::Reshape
                | Self::Same
                | Self::Squeeze
                | Self::Unsqueeze
        )
    }
}

/// Which end of an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Best {
    Largest,
    Smallest,
}

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pairwise {
    Difference,
    Largest,
    Mean,
    Power,
    Product,
    Quotient,
    Remainder,
    Smallest,
    Sum,
}

/// What is done with the bits of two integers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bits {
    And,
    Or,
    Shift,
    Xor,
}

/// What a recurrent network does at each step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cell {
    Gru,
    Lstm,
    Simple,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Logic {
    And,
    Or,
    Xor,
}

/// What is done with one number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Map {
    Absolute,
    ArcCosine,
    ArcSine,
    ArcTangent,
    AreaCosine,
    AreaSine,
    AreaTangent,
    Ceiling,
    /// `x` where it is positive, else `alpha (exp (x / alpha) - 1)`.
    Celu,
    CircularTangent,
    Clip,
    /// All bits turned round.
    Complement,
    Cosine,
    /// `x` where it is positive, else `alpha (exp x - 1)`.
    Elu,
    ErrorFunction,
    Exponential,
    Floor,
    Gelu,
    GeluByTangent,
    HardSigmoid,
    HardSwish,
    HyperbolicCosine,
    HyperbolicSine,
    LeakyRelu,
    Logarithm,
    /// `x tanh(softplus x)`.
    Mish,
    Negative,
    /// `x sigmoid(alpha x)`, with another default than [`Self::Swish`].
    QuickGelu,
    Reciprocal,
    Relu,
    Round,
    Selu,
    /// Towards zero, and zero near it.
    Shrink,
    Sigmoid,
    Sign,
    Sine,
    Softplus,
    Softsign,
    SquareRoot,
    /// `x sigmoid(alpha x)`.
    Swish,
    Tangent,
    /// `x` where it exceeds `alpha`, else zero.
    Threshold,
}

impl Map {
    /// The one that an attribute stands for: an approximation by a tangent.
    pub(crate) fn by_tangent(self) -> Self {
        if self == Self::Gelu { Self::GeluByTangent } else { self }
    }

    /// The function that attributes of recurrent and fused operators name so.
    pub(crate) fn activation(name: &[u8]) -> Option<Self> {
        let named = [("Relu", Self::Relu), ("Sigmoid", Self::Sigmoid), ("Tanh", Self::Tangent)];
        named.into_iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, map)| map)
    }
}

/// What is asked of one number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Test {
    Infinite,
    NotANumber,
}

/// What is made of all numbers along some axes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fold {
    Largest,
    LogarithmOfSum,
    LogarithmOfSumOfExponentials,
    Mean,
    Product,
    Smallest,
    Sum,
    SumOfMagnitudes,
    SumOfSquares,
    /// The root of the sum of squares.
    Length,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Softmax {
    Logarithm,
    Probability,
}

/// A statistic over windows of positions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pool {
    Largest,
    LargestOfAll,
    Mean,
    MeanOfAll,
}
