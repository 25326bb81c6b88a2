//! The ONNX graph as plain values; no protobuf type leaves this folder.

use std::collections::BTreeMap;

use crate::{NewTensor, TensorInfo};

/// The main graph of an ONNX model, without the contents of its large tensors.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Nodes in file order (which need not be topological).
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
}

/// An attribute's value, as far as locating a classifier head needs it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Attribute {
    Float(f32),
    Floats(Vec<f32>),
    Int(i64),
    Ints(Vec<i64>),
    /// Subgraphs, sparse tensors, type protos.
    Other,
    String(Vec<u8>),
    Strings(Vec<Vec<u8>>),
    /// A dense tensor; of a `Constant` node its value is read by [`crate::Artifact::read_tensor`] under
    /// the name of the node's output. Elsewhere (`ConstantOfShape.value`) small data is carried inline.
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

/// One change of the main graph. Nodes are named by their index in [`Graph::nodes`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GraphEdit {
    /// A new initializer. Also raises `ir_version` to 4 where it is lower, since older files must list
    /// initializers among the inputs.
    AddInitializer { name: String, tensor: NewTensor },
    /// Drop every `value_info` (intermediate shapes are inferred again by whoever loads the file).
    ClearValueInfo,
    /// Take an initializer away (and its entry in `graph.input`, if there is one).
    RemoveInitializer { name: String },
    /// Take a node away (a `Constant` whose value nobody reads any more).
    RemoveNode { node: usize },
    /// Replace an attribute's value by one of the same kind.
    SetAttribute { node: usize, name: String, value: Attribute },
    /// Let a node read another value.
    SetInput { node: usize, index: usize, value: String },
    /// Replace the value of a `metadata_props` entry.
    SetMetadata { key: String, value: String },
    /// Replace a fixed dimension of a declared graph output.
    SetOutputDim { output: usize, axis: usize, extent: i64 },
}
