//! Constant tensors that have an axis of classes, and where they are stored.

use std::ops::Range;

use declass_formats::{Artifact, FormatError, TensorInfo};

use crate::net::Quantised;

/// A constant operand of the head, as the operator sees it, and where it is stored.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The stored tensor it comes from.
    pub tensor: String,
    /// Element type and shape in which it is read and written.
    pub(crate) info: TensorInfo,
    /// The axis of `info.shape` that counts the classes.
    pub(crate) axis: usize,
    /// How it is read and written.
    pub(crate) source: Source,
}

/// How an operand is read, and what a new value is written to.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A list of numbers in an attribute of an ONNX node.
    Attribute {
        /// Index of the node.
        node: usize,
        /// Name of the attribute.
        name: String,
    },
    /// A value that the graph computes from constants, or a stored tensor with other readers: it is
    /// evaluated, and a new value becomes an initializer of its own.
    Computed {
        /// The value that is read.
        value: String,
        /// The node that reads it.
        node: usize,
        /// At which operand.
        input: usize,
    },
    /// Some of the elements of a stored tensor, which has several operands of this shape one behind the other along its
    /// first axis, or counts more than the classes there.
    Part {
        /// Elements in front of these.
        first: usize,
    },
    /// A stored tensor that nothing else reads.
    Stored,
    /// A matrix of whole numbers: a new value is one of real numbers, and so is its product then.
    Whole(Box<WholeProduct>),
}

/// A product of whole numbers that stands for one of real numbers.
#[derive(Clone, Debug)]
pub(crate) struct WholeProduct {
    /// The matrix.
    pub(crate) weight: Quantised,
    /// The embedding in whole numbers, its scale and its zero point.
    pub(crate) data: [String; 3],
    /// The node that multiplies.
    pub(crate) product: usize,
    /// The node that makes its result real.
    pub(crate) real: usize,
    /// The node whose result has all scales; may be the same.
    pub(crate) last: usize,
}

/// A place of an ONNX graph, beside the head's weights, that counts the classes.
#[derive(Clone, Debug)]
pub(crate) enum Site {
    /// No place to edit: an axis of an output some entries of which are the classes.
    Columns {
        /// Index of the output.
        output: usize,
        /// The axis, counted from the last one.
        axis: usize,
        /// How many entries lie in front of the first class, where that is known.
        start: Option<usize>,
    },
    /// No place, but the fact that the first class is none that is given out: the background, which has to stay the
    /// first.
    Background,
    /// A node attribute with the indices of the classes, in order.
    CountingAttribute {
        /// Index of the node.
        node: usize,
        /// Name of the attribute.
        name: String,
    },
    /// A stored tensor with the indices of the classes, in order.
    CountingTensor {
        /// Its name.
        tensor: String,
    },
    /// A dimension of a declared intermediate value.
    DeclaredDim {
        /// Index of its declaration.
        value: usize,
        /// The axis.
        axis: usize,
    },
    /// An entry of a constant shape.
    Extent {
        /// The node that reads the shape.
        node: usize,
        /// At which operand.
        input: usize,
        /// Which entry.
        position: usize,
    },
    /// An entry of a constant list that counts the classes among others, or says where something behind them begins or
    /// ends.
    LongerExtent {
        /// The node that reads the list.
        node: usize,
        /// At which operand.
        input: usize,
        /// Which entry.
        position: usize,
    },
    /// A node attribute with one label per class.
    LabelAttribute {
        /// Index of the node.
        node: usize,
        /// Name of the attribute.
        name: String,
    },
    /// A dimension of a declared graph output, the classes alone or among others.
    OutputDim {
        /// Index of the output.
        output: usize,
        /// The axis.
        axis: usize,
    },
    /// An operator that picks so many of the best classes: that many have to stay.
    Picks {
        /// Index of the node.
        node: usize,
        /// How many it picks.
        count: usize,
    },
    /// No place, but the fact that the head is found only with the help of declared shapes, which therefore stay.
    ShapesNeeded,
    /// A stored list of the classes that another part of the graph reads: it stays as it is.
    ReadElsewhere {
        /// Its name.
        tensor: String,
    },
    /// A stored tensor with one text per class.
    Texts {
        /// Its name.
        tensor: String,
    },
    /// A declared shape that may not hold any more.
    Undeclared {
        /// Index of the declaration.
        value: usize,
    },
    /// Values behind the head that are rounded to whole numbers and made real again.
    Rounding {
        /// The node that rounds.
        quantise: usize,
        /// The nodes that make them real.
        dequantise: Vec<usize>,
    },
    /// Shapes that model-local functions state for their values, some of which count the classes.
    FunctionShapes,
    /// A constant with one value per class.
    Values(Operand),
}

impl Operand {
    /// A stored tensor that is edited where it is.
    pub(crate) fn stored(tensor: &str, info: &TensorInfo, axis: usize) -> Self {
        Self { tensor: tensor.to_owned(), info: info.clone(), axis, source: Source::Stored }
    }

    /// A part of a stored tensor, of this shape, behind so many elements.
    pub(crate) fn part(tensor: &str, info: TensorInfo, first: usize) -> Self {
        Self { tensor: tensor.to_owned(), info, axis: 0, source: Source::Part { first } }
    }

    /// Where its bytes are among those of the stored tensor, once of so many classes so many are left: the parts in
    /// front of it are shorter then, too.
    pub(crate) fn stored_at(&self, classes: usize, left: usize) -> Range<usize> {
        let size = self.info.dtype.bits() / 8;
        let first = if let Source::Part { first } = self.source { first } else { 0 };
        // Where nothing goes, what lies in front need be no rows of classes.
        let now = |elements: usize| {
            if left == classes { elements * size } else { elements / classes.max(1) * left * size }
        };
        now(first)..now(first.saturating_add(self.info.elements()))
    }

    /// Its bytes in a model, where they are stored as they are read.
    pub(crate) fn stored_in(&self, artifact: &Artifact) -> Result<Vec<u8>, FormatError> {
        let whole = artifact.read_tensor(&self.tensor)?;
        match self.source {
            Source::Part { .. } => {
                Ok(whole.get(self.stored_at(1, 1)).map(<[u8]>::to_vec).unwrap_or_default())
            }
            _ => Ok(whole),
        }
    }

    /// Elements of one class.
    pub(crate) fn width(&self) -> usize {
        self.outer() * self.inner()
    }

    /// Where the elements of one class lie, in the order of the embedding.
    pub(crate) fn row(&self, class: usize, classes: usize) -> impl Iterator<Item = usize> + use<> {
        let (outer, inner) = (self.outer(), self.inner());
        (0..outer).flat_map(move |block| (0..inner).map(move |at| (block * classes + class) * inner + at))
    }

    fn outer(&self) -> usize {
        self.info.shape.iter().take(self.axis).product()
    }

    fn inner(&self) -> usize {
        self.info.shape.iter().skip(self.axis + 1).product()
    }
}
