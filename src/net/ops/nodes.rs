//! Nodes for graphs that are made here and not read from a file: one operator each, of operator set 20, without
//! operands and results.

use declass_formats::onnx::{Attribute, Node};

/// Version of the standard operator set that these nodes are of.
pub(crate) const VERSION: i64 = 20;

/// An operator without attributes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Plain {
    Add,
    CumulativeSum,
    Cosine,
    Division,
    Equal,
    Expand,
    Gelu,
    LessOrEqual,
    MatMul,
    Multiply,
    Negative,
    Not,
    Absolute,
    And,
    Pad,
    Range,
    Rectified,
    Reshape,
    Sigmoid,
    Sine,
    Slice,
    Squeeze,
    Subtract,
    Tangent,
    Unsqueeze,
    Where,
    GlobalMaximum,
}

impl Plain {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::CumulativeSum => "CumSum",
            Self::Cosine => "Cos",
            Self::Division => "Div",
            Self::Equal => "Equal",
            Self::Expand => "Expand",
            Self::Gelu => "Gelu",
            Self::LessOrEqual => "LessOrEqual",
            Self::MatMul => "MatMul",
            Self::Multiply => "Mul",
            Self::Negative => "Neg",
            Self::Not => "Not",
            Self::Absolute => "Abs",
            Self::And => "And",
            Self::Pad => "Pad",
            Self::Range => "Range",
            Self::Rectified => "Relu",
            Self::Reshape => "Reshape",
            Self::Sigmoid => "Sigmoid",
            Self::Sine => "Sin",
            Self::Slice => "Slice",
            Self::Squeeze => "Squeeze",
            Self::Subtract => "Sub",
            Self::Tangent => "Tanh",
            Self::Unsqueeze => "Unsqueeze",
            Self::Where => "Where",
            Self::GlobalMaximum => "GlobalMaxPool",
        }
    }
}

/// The node of an operator without attributes.
pub(crate) fn plain(what: Plain) -> Node {
    node(what.name(), [])
}

/// Gelu by its approximation with tanh.
pub(crate) fn gelu_by_tangent() -> Node {
    node("Gelu", [("approximate", Attribute::String(b"tanh".to_vec()))])
}

/// Everything between two bounds, which are operands 1 and 2.
pub(crate) fn clip() -> Node {
    node("Clip", [])
}

/// Element types by their ONNX numbers: 1 float, 7 int64, 9 bool.
pub(crate) fn cast(to: i64) -> Node {
    node("Cast", [("to", Attribute::Int(to))])
}

pub(crate) fn concatenate(axis: i64) -> Node {
    node("Concat", [("axis", Attribute::Int(axis))])
}

/// The extents of its operand from one axis on, to before another.
pub(crate) fn shape(start: i64, end: i64) -> Node {
    node("Shape", [("end", Attribute::Int(end)), ("start", Attribute::Int(start))])
}

pub(crate) fn gather(axis: i64) -> Node {
    node("Gather", [("axis", Attribute::Int(axis))])
}

/// One entry for each index, along an axis.
pub(crate) fn gather_elements(axis: i64) -> Node {
    node("GatherElements", [("axis", Attribute::Int(axis))])
}

/// Operand, weights `[out, in]` and bias.
pub(crate) fn linear() -> Node {
    node("Gemm", [("transB", Attribute::Int(1))])
}

pub(crate) fn transpose(order: &[i64]) -> Node {
    node("Transpose", [("perm", ints(order))])
}

pub(crate) fn softmax(axis: i64) -> Node {
    node("Softmax", [("axis", Attribute::Int(axis))])
}

/// Over the last axes from `axis` on.
pub(crate) fn layer_normalisation(axis: i64, epsilon: f32) -> Node {
    node("LayerNormalization", [("axis", Attribute::Int(axis)), ("epsilon", Attribute::Float(epsilon))])
}

pub(crate) fn batch_normalisation(epsilon: f32) -> Node {
    node("BatchNormalization", [("epsilon", Attribute::Float(epsilon))])
}

pub(crate) fn instance_normalisation(epsilon: f32) -> Node {
    node("InstanceNormalization", [("epsilon", Attribute::Float(epsilon))])
}

/// The mean over the axes that operand 1 lists.
pub(crate) fn mean(keeps: bool) -> Node {
    node("ReduceMean", [("keepdims", Attribute::Int(keeps.into()))])
}

/// The sum over the axes that operand 1 lists.
pub(crate) fn sum(keeps: bool) -> Node {
    node("ReduceSum", [("keepdims", Attribute::Int(keeps.into()))])
}

/// Root of the sum of squares over the axes that operand 1 lists.
pub(crate) fn norm(keeps: bool) -> Node {
    node("ReduceL2", [("keepdims", Attribute::Int(keeps.into()))])
}

/// Equal parts, as many as there are results.
pub(crate) fn split(axis: i64, parts: i64) -> Node {
    node("Split", [("axis", Attribute::Int(axis)), ("num_outputs", Attribute::Int(parts))])
}

/// To the sizes of operand 3, with cubic curves, as PyTorch has them.
pub(crate) fn resize_cubic() -> Node {
    let text = |text: &str| Attribute::String(text.as_bytes().to_vec());
    node(
        "Resize",
        [
            ("coordinate_transformation_mode", text("half_pixel")),
            ("cubic_coeff_a", Attribute::Float(-0.75)),
            ("mode", text("cubic")),
        ],
    )
}

/// To the sizes of operand 3, with straight lines, as PyTorch has them.
pub(crate) fn resize_linear() -> Node {
    let text = |text: &str| Attribute::String(text.as_bytes().to_vec());
    node("Resize", [("coordinate_transformation_mode", text("half_pixel")), ("mode", text("linear"))])
}

/// How a window moves over a map.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Window {
    /// Extents; empty for those of the weights.
    pub(crate) kernel: Vec<i64>,
    /// Steps along each axis.
    pub(crate) strides: Vec<i64>,
    /// Before each axis, then behind each; empty for as many as let the result be as large as what is read, over the
    /// steps, the odd one behind.
    pub(crate) pads: Vec<i64>,
    /// From one element of the window to the next; empty for 1.
    pub(crate) dilations: Vec<i64>,
    /// Convolutions side by side.
    pub(crate) groups: i64,
}

impl Window {
    fn attributes(&self) -> impl Iterator<Item = (&'static str, Attribute)> + use<> {
        let list = |name, list: &[i64]| (!list.is_empty()).then(|| (name, ints(list)));
        let auto = || Some(("auto_pad", Attribute::String(b"SAME_UPPER".to_vec())));
        let pads = list("pads", &self.pads).or_else(auto);
        let rest = [list("kernel_shape", &self.kernel), list("dilations", &self.dilations)];
        [Some(("strides", ints(&self.strides))), pads].into_iter().chain(rest).flatten()
    }
}

pub(crate) fn convolution(window: &Window) -> Node {
    node("Conv", window.attributes().chain([("group", Attribute::Int(window.groups))]))
}

pub(crate) fn largest(window: &Window) -> Node {
    node("MaxPool", window.attributes())
}

fn ints(values: &[i64]) -> Attribute {
    Attribute::Ints(values.to_vec())
}

fn node<'n>(op: &str, attributes: impl IntoIterator<Item = (&'n str, Attribute)>) -> Node {
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Node { op_type: op.to_owned(), attributes, ..Node::default() }
}
