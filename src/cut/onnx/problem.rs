//! Why what follows the logits is not understood, told apart by whose fault it is. The only place that makes
//! sentences of it: each goes behind the name of an operator.

use thiserror::Error;

use crate::net::{self, Unknown};

/// Why an operator behind the head cannot be followed.
#[derive(Clone, Debug, Error, PartialEq)]
pub(super) enum Problem {
    /// A constant operand that cannot be computed.
    #[error("has a constant that cannot be computed: {0}")]
    Constant(#[from] net::Problem),
    /// More than is followed, so that a small graph cannot ask for much memory.
    #[error("takes more than {0} numbers to follow, counting those of every class at every operator")]
    Large(usize),
    /// The class axis is lost sight of: a shape that is not provided for.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The graph contradicts itself: a broken file, or one made to mislead.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The model does something with its logits that leaves no classes to edit.
    #[error(transparent)]
    Meaning(#[from] Meaning),
    /// An operator, or a use of one, that the table does not know.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

/// How the class axis is lost sight of.
#[derive(Clone, Debug, Error, PartialEq)]
pub(super) enum Lost {
    #[error("adds an axis to a value whose rank is not known")]
    AddedAxis,
    #[error("reduces all axes")]
    AllAxes,
    #[error("works on axis {0} of a value whose rank is not known")]
    Axis(i64),
    #[error("drops an axis of a value whose rank is not known")]
    DroppedAxis,
    #[error("drops axes of unknown extent")]
    DroppedExtents,
    #[error("merges the class axis with others")]
    Merged,
    #[error("resizes the class axis, or may")]
    Resized,
    #[error("reverses the axes of a value whose rank is not known")]
    Reversed,
    #[error("has its shape in an attribute, as before operator set 5")]
    ShapeInAttribute,
    #[error("slices along axes that are not constant")]
    SlicedAxes,
    #[error("leaves the class axis unclear")]
    Unclear,
}

/// How a graph contradicts itself behind the head.
#[derive(Clone, Debug, Error, PartialEq)]
pub(super) enum Malformed {
    #[error("has axes that do not fit")]
    Axes,
    #[error("meets a constant of shape {0:?}, which is neither one value nor one per class")]
    ConstantShape(Vec<usize>),
    #[error("has {found} labels for {classes} classes")]
    Labels { found: usize, classes: usize },
    #[error("has no axes")]
    NoAxes,
    #[error("has no result")]
    NoResult,
    #[error("has a table of another length")]
    TableLength,
}

/// What becomes of logits that is not followed.
#[derive(Clone, Debug, Error, PartialEq)]
pub(super) enum Meaning {
    #[error("has another result that is used")]
    AnotherResult,
    #[error("computes with the index of the best class")]
    ArithmeticOfIndex,
    #[error("has a bound that is not constant")]
    Bound,
    #[error("casts them to a type that does not hold them")]
    Cast,
    #[error("chooses among the boxes by their classes: without one of them it makes another choice")]
    ChoosesBoxes,
    #[error("puts classes beside classes of the same head")]
    ClassesTwice,
    #[error("changes what follows from the logits class by class")]
    ClassByClass,
    #[error("takes the last of equals for the best, and different logits may be equal there")]
    LastOfEquals,
    #[error("puts a fixed value where the map ends (`tf_crop_and_resize`), which is a score of no class")]
    Extrapolated,
    #[error("changes the logits in a way that is not followed")]
    Function,
    #[error("means values over places of which a class that is behind at each may be in front of the mean")]
    Interpolated,
    #[error("takes the max of values that all depend on the input")]
    Largest,
    #[error("takes the max with another value that depends on the input")]
    LargestWithOther,
    #[error("lies in a model-local function: put the functions in line first, with `onnx.inliner`")]
    InFunction,
    #[error("sums logits and constants")]
    MixedSum,
    #[error("mixes the logits with something that is not constant")]
    Mixed,
    #[error("mixes the logits with another value that depends on the input")]
    MixedWithOther,
    #[error("does not pick the largest")]
    NotTheLargest,
    #[error("adds a bias that is not constant")]
    MovingBias,
    #[error("has no constant table")]
    MovingTable,
    #[error("combines values in a way that is not linear in one embedding")]
    NotOneEmbedding,
    #[error("resizes with mode `{0}`, whose weights may be negative: a sealed class could come out on top")]
    NotConvex(String),
    #[error("is not understood there")]
    NotFollowed,
    #[error("does not follow from logits")]
    NotFromLogits,
    #[error("does not read the logits as its data")]
    NotItsData,
    #[error("does not normalise logits")]
    Normalisation,
    #[error("scales or shifts them to where their type cannot tell them apart")]
    OutOfRange,
    #[error("does not run over the classes")]
    OtherAxis,
    #[error("picks by something else than the index of the best class")]
    OtherIndex,
    #[error("puts places of the head end to end with others, or with classes that are other entries there")]
    OtherPlaces,
    #[error("pools over padded positions")]
    Padded,
    #[error(
        "stacks the results of several layers, and those from which nothing is picked have the classes, too"
    )]
    OtherLayers,
    #[error("picks among the classes")]
    PicksClasses,
    #[error("pools over something else than positions")]
    Pooling,
    #[error("makes a product of values that all depend on the input")]
    Product,
    #[error("makes a product with another value that depends on the input")]
    ProductWithOther,
    #[error("adds a bias stored as {0}: it is quantised")]
    QuantisedBias(&'static str),
    #[error("reduces the logits in a way that is not followed")]
    Reduction,
    #[error("changes the order of the classes")]
    Reorders,
    #[error("averages several models' results: edit each of them by itself")]
    SeveralModels,
    #[error("rounds what follows from the logits to whole numbers")]
    Rounded,
    #[error("multiplies whole numbers whose scales are not all found around it")]
    Scales,
    #[error("rearranges the best few classes")]
    SeveralPicks,
    #[error("is steered by the classes")]
    Steered,
    #[error("drops at random: it is in training mode, or may be")]
    Training,
    #[error("meets a number that does not stand beside its own row")]
    Unaligned,
    #[error("picks a number of classes that is not constant, or in no order")]
    Unordered,
    #[error("makes probabilities near 0 of no logits")]
    Unprobable,
    #[error("reduces what has no classes")]
    WithoutClasses,
}

/// Why the way from the head to an output is not understood.
#[derive(Clone, Debug, Error, PartialEq)]
pub(super) enum Obstacle {
    #[error("`{op}` (`{title}`) behind the last linear operator {problem}")]
    At { op: String, title: String, problem: Problem },
    #[error("a shape with the class count in it is also used elsewhere")]
    SharedShape,
    #[error("more than {0} operators follow the head")]
    TooMany(usize),
}
