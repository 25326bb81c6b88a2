//! The ONNX graph as plain values; no protobuf type leaves this folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::{NewTensor, TensorInfo};

/// The main graph of an ONNX model, without the contents of its large tensors. Where a node calls a
/// model-local function, its body stands in its place.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Nodes in file order (which need not be topological), bodies of functions in the places of their calls.
    pub nodes: Vec<Node>,
    /// `graph.input`, initializers that are listed there too included.
    pub inputs: Vec<Value>,
    /// `graph.output`.
    pub outputs: Vec<Value>,
    /// `graph.value_info`.
    pub value_info: Vec<Value>,
    /// Initializers by name; sparse ones are left out of this map and named in `sparse`.
    pub initializers: BTreeMap<String, TensorInfo>,
    /// Names of sparse initializers.
    pub sparse: Vec<String>,
    /// Values of the main graph that calls of model-local functions have as operands, whether the bodies read
    /// them or not.
    pub passed: BTreeSet<String>,
    /// Constants of a body that several calls share: one value in the file.
    pub repeated: BTreeSet<String>,
    /// Numbers that [`crate::Artifact::tensors`] does not have, as they are declared: tensors in bodies of
    /// If, Loop and Scan and of functions that no call is read as, in sparse tensors and attributes, and lists of
    /// floats in attributes.
    pub elsewhere: Vec<TensorInfo>,
    /// Key/value pairs of the model (`metadata_props`).
    pub metadata: Vec<(String, String)>,
    /// Operator set versions by domain (`""` is the default domain).
    pub opsets: BTreeMap<String, i64>,
    /// ONNX IR version.
    pub ir_version: i64,
    /// What wrote the file, as it says itself.
    pub producer: String,
}

/// One operator.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Name, often empty.
    pub name: String,
    /// Operator, such as `Gemm`.
    pub op_type: String,
    /// Operator domain; `""` and `ai.onnx` are the same, and always written `""` here.
    pub domain: String,
    /// Operands; `""` stands for an absent optional one.
    pub inputs: Vec<String>,
    /// Results; `""` stands for an unused optional one.
    pub outputs: Vec<String>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Outer values that bodies of If, Loop and Scan attributes read.
    pub captures: Vec<String>,
    /// The model-local function whose body it is a part of, or the branch of an `If`. The file has the body of a
    /// function once for all calls, so that it cannot be edited.
    pub function: Option<String>,
    /// Why it is not known what it does, if it calls a model-local function: then it is no operator, whatever
    /// its name.
    pub call: Option<&'static str>,
}

/// An attribute's value, as far as locating a classifier head needs it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Attribute {
    /// One number.
    Float(f32),
    /// A list of numbers.
    Floats(Vec<f32>),
    /// One integer.
    Int(i64),
    /// A list of integers.
    Ints(Vec<i64>),
    /// Subgraphs, sparse tensors, type protos, lists of tensors.
    Other,
    /// A text, which need not be Unicode.
    String(Vec<u8>),
    /// A list of texts.
    Strings(Vec<Vec<u8>>),
    /// A dense tensor. Up to 1024 bytes of data are carried here (`ConstantOfShape.value`); of a larger one
    /// `data` is empty. The value of a `Constant` node is read by [`crate::Artifact::read_tensor`] under
    /// the name of the node's output, whatever its size.
    Tensor(NewTensor),
}

/// A declared input, output or intermediate value.
#[derive(Clone, Debug, Default)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// ONNX element type number (1 = float, 7 = int64, ...); 0 if undeclared or not a tensor.
    pub elem_type: i32,
    /// Declared dimensions; `None` if the rank is undeclared.
    pub shape: Option<Vec<Dim>>,
}

/// A declared dimension.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Dim {
    /// A fixed extent.
    Fixed(i64),
    /// A named or anonymous extent (batch, sequence length).
    Symbolic(String),
}

/// One change of the main graph. Nodes and outputs are named by their index in the graph as it was opened,
/// whatever was removed since.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GraphEdit {
    /// A new initializer. Also raises `ir_version` to 4 where it is lower, since older files must list
    /// initializers among the inputs.
    AddInitializer {
        /// A name that no value of the graph has.
        name: String,
        /// Its value.
        tensor: NewTensor,
    },
    /// Drop every `value_info` of the model-local functions.
    ClearFunctionInfo,
    /// Drop every `value_info` (intermediate shapes are inferred again by whoever loads the file).
    ClearValueInfo,
    /// Take an initializer away (and its entry in `graph.input`, if there is one). External data of it is
    /// zeroed.
    RemoveInitializer {
        /// Its name.
        name: String,
    },
    /// Take a node away (a `Constant` whose value nobody reads any more).
    RemoveNode {
        /// Index in [`Graph::nodes`].
        node: usize,
    },
    /// Take one entry of `value_info` away, since it does not hold any more.
    RemoveValueInfo {
        /// Index in [`Graph::value_info`].
        value: usize,
    },
    /// Put another node in the place of one.
    ReplaceNode {
        /// Index in [`Graph::nodes`].
        node: usize,
        /// What stands there then, without bodies and tensors among its attributes.
        by: Node,
    },
    /// Replace an attribute's value by one of the same kind.
    SetAttribute {
        /// Index in [`Graph::nodes`].
        node: usize,
        /// The attribute.
        name: String,
        /// Its new value; a tensor keeps its element type.
        value: Attribute,
    },
    /// Let a node read another value.
    SetInput {
        /// Index in [`Graph::nodes`].
        node: usize,
        /// Which of its operands.
        index: usize,
        /// The value to read.
        value: String,
    },
    /// Replace the value of a `metadata_props` entry.
    SetMetadata {
        /// The entry's key.
        key: String,
        /// Its new value.
        value: String,
    },
    /// Replace a fixed dimension of a declared graph output.
    SetOutputDim {
        /// Index in [`Graph::outputs`].
        output: usize,
        /// Which of its dimensions.
        axis: usize,
        /// The new extent.
        extent: i64,
    },
    /// Give a stored tensor of texts (an initializer or the value of a `Constant` node) other ones.
    SetStrings {
        /// Its name.
        tensor: String,
        /// Its new shape.
        shape: Vec<usize>,
        /// Its new elements, row-major; as many as the shape says.
        values: Vec<Vec<u8>>,
    },
    /// Replace a fixed dimension of a declared intermediate value.
    SetValueInfoDim {
        /// Index in [`Graph::value_info`].
        value: usize,
        /// Which of its dimensions.
        axis: usize,
        /// The new extent.
        extent: i64,
    },
}
