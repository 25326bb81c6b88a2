//! The messages of ONNX, as far as walking them needs: which fields hold what.

use super::wire::Wire;

/// A message type of onnx.proto.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Annotation,
    Attribute,
    DeviceConfiguration,
    Dimension,
    Entry,
    Function,
    Graph,
    IntList,
    MapType,
    Model,
    Node,
    NodeDevices,
    OpaqueType,
    OperatorSet,
    Segment,
    SequenceType,
    Shape,
    ShardedDim,
    ShardingSpec,
    SimpleShardedDim,
    SparseTensor,
    Tensor,
    TensorType,
    Training,
    Type,
    ValueInfo,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Holds {
    /// Text or bytes.
    Bytes,
    Message(Kind),
    /// Numbers of this encoding, packed or not.
    Numbers(Wire),
    /// One number.
    Scalar(Wire),
}

/// What a field holds and whether it may occur more than once; `None` for one that ONNX does not define,
/// whose content then means nothing to any reader.
pub(super) fn field(kind: Kind, number: u32) -> Option<(Holds, bool)> {
    let rows = fields(kind);
    let (_, holds, many) = rows.iter().find(|(row, ..)| *row == number)?;
    Some((*holds, *many))
}

fn fields(kind: Kind) -> &'static [(u32, Holds, bool)] {
    match kind {
        Kind::Attribute => ATTRIBUTE,
        Kind::DeviceConfiguration => &[(1, TEXT, ONE), (2, INT, ONE), (3, TEXT, MANY)],
        Kind::Dimension => &[(1, INT, ONE), (2, TEXT, ONE), (3, TEXT, ONE)],
        Kind::Entry => &[(1, TEXT, ONE), (2, TEXT, ONE)],
        Kind::Function => FUNCTION,
        Kind::Graph => GRAPH,
        Kind::IntList => &[(1, INT, ONE), (2, INTS, MANY)],
        Kind::Model => MODEL,
        Kind::Node => NODE,
        Kind::Tensor => TENSOR,
        Kind::Annotation => &[(1, TEXT, ONE), (2, Holds::Message(Kind::Entry), MANY)],
        Kind::MapType => &[(1, INT, ONE), (2, Holds::Message(Kind::Type), ONE)],
        Kind::NodeDevices => &[(1, TEXT, ONE), (2, Holds::Message(Kind::ShardingSpec), MANY), (3, INT, ONE)],
        Kind::OpaqueType => &[(1, TEXT, ONE), (2, TEXT, ONE)],
        Kind::OperatorSet => &[(1, TEXT, ONE), (2, INT, ONE)],
        Kind::Segment => &[(1, INT, ONE), (2, INT, ONE)],
        Kind::SequenceType => &[(1, Holds::Message(Kind::Type), ONE)],
        Kind::Shape => &[(1, Holds::Message(Kind::Dimension), MANY)],
        Kind::ShardedDim => &[(1, INT, ONE), (2, Holds::Message(Kind::SimpleShardedDim), MANY)],
        Kind::ShardingSpec => SHARDING_SPEC,
        Kind::SimpleShardedDim => &[(1, INT, ONE), (2, TEXT, ONE), (3, INT, ONE)],
        Kind::SparseTensor => SPARSE_TENSOR,
        Kind::TensorType => &[(1, INT, ONE), (2, Holds::Message(Kind::Shape), ONE)],
        Kind::Training => TRAINING,
        Kind::Type => TYPE,
        Kind::ValueInfo => {
            &[(1, TEXT, ONE), (2, Holds::Message(Kind::Type), ONE), (3, TEXT, ONE), (4, ENTRY, MANY)]
        }
    }
}

const ONE: bool = false;
const MANY: bool = true;
const TEXT: Holds = Holds::Bytes;
const INT: Holds = Holds::Scalar(Wire::Varint);
const INTS: Holds = Holds::Numbers(Wire::Varint);
const FLOATS: Holds = Holds::Numbers(Wire::Fixed32);
const ENTRY: Holds = Holds::Message(Kind::Entry);

const MODEL: &[(u32, Holds, bool)] = &[
    (1, INT, ONE),
    (2, TEXT, ONE),
    (3, TEXT, ONE),
    (4, TEXT, ONE),
    (5, INT, ONE),
    (6, TEXT, ONE),
    (7, Holds::Message(Kind::Graph), ONE),
    (8, Holds::Message(Kind::OperatorSet), MANY),
    (14, ENTRY, MANY),
    (20, Holds::Message(Kind::Training), MANY),
    (25, Holds::Message(Kind::Function), MANY),
    (26, Holds::Message(Kind::DeviceConfiguration), MANY),
];

const GRAPH: &[(u32, Holds, bool)] = &[
    (1, Holds::Message(Kind::Node), MANY),
    (2, TEXT, ONE),
    (5, Holds::Message(Kind::Tensor), MANY),
    (10, TEXT, ONE),
    (11, Holds::Message(Kind::ValueInfo), MANY),
    (12, Holds::Message(Kind::ValueInfo), MANY),
    (13, Holds::Message(Kind::ValueInfo), MANY),
    (14, Holds::Message(Kind::Annotation), MANY),
    (15, Holds::Message(Kind::SparseTensor), MANY),
    (16, ENTRY, MANY),
];

const NODE: &[(u32, Holds, bool)] = &[
    (1, TEXT, MANY),
    (2, TEXT, MANY),
    (3, TEXT, ONE),
    (4, TEXT, ONE),
    (5, Holds::Message(Kind::Attribute), MANY),
    (6, TEXT, ONE),
    (7, TEXT, ONE),
    (8, TEXT, ONE),
    (9, ENTRY, MANY),
    (10, Holds::Message(Kind::NodeDevices), MANY),
];

const ATTRIBUTE: &[(u32, Holds, bool)] = &[
    (1, TEXT, ONE),
    (2, Holds::Scalar(Wire::Fixed32), ONE),
    (3, INT, ONE),
    (4, TEXT, ONE),
    (5, Holds::Message(Kind::Tensor), ONE),
    (6, Holds::Message(Kind::Graph), ONE),
    (7, FLOATS, MANY),
    (8, INTS, MANY),
    (9, TEXT, MANY),
    (10, Holds::Message(Kind::Tensor), MANY),
    (11, Holds::Message(Kind::Graph), MANY),
    (13, TEXT, ONE),
    (14, Holds::Message(Kind::Type), ONE),
    (15, Holds::Message(Kind::Type), MANY),
    (20, INT, ONE),
    (21, TEXT, ONE),
    (22, Holds::Message(Kind::SparseTensor), ONE),
    (23, Holds::Message(Kind::SparseTensor), MANY),
];

const TENSOR: &[(u32, Holds, bool)] = &[
    (1, INTS, MANY),
    (2, INT, ONE),
    (3, Holds::Message(Kind::Segment), ONE),
    (4, FLOATS, MANY),
    (5, INTS, MANY),
    (6, TEXT, MANY),
    (7, INTS, MANY),
    (8, TEXT, ONE),
    (9, TEXT, ONE),
    (10, Holds::Numbers(Wire::Fixed64), MANY),
    (11, INTS, MANY),
    (12, TEXT, ONE),
    (13, ENTRY, MANY),
    (14, INT, ONE),
    (16, ENTRY, MANY),
];

const SPARSE_TENSOR: &[(u32, Holds, bool)] =
    &[(1, Holds::Message(Kind::Tensor), ONE), (2, Holds::Message(Kind::Tensor), ONE), (3, INTS, MANY)];

const TYPE: &[(u32, Holds, bool)] = &[
    (1, Holds::Message(Kind::TensorType), ONE),
    (4, Holds::Message(Kind::SequenceType), ONE),
    (5, Holds::Message(Kind::MapType), ONE),
    (6, TEXT, ONE),
    (7, Holds::Message(Kind::OpaqueType), ONE),
    (8, Holds::Message(Kind::TensorType), ONE),
    (9, Holds::Message(Kind::SequenceType), ONE),
];

const FUNCTION: &[(u32, Holds, bool)] = &[
    (1, TEXT, ONE),
    (4, TEXT, MANY),
    (5, TEXT, MANY),
    (6, TEXT, MANY),
    (7, Holds::Message(Kind::Node), MANY),
    (8, TEXT, ONE),
    (9, Holds::Message(Kind::OperatorSet), MANY),
    (10, TEXT, ONE),
    (11, Holds::Message(Kind::Attribute), MANY),
    (12, Holds::Message(Kind::ValueInfo), MANY),
    (13, TEXT, ONE),
    (14, ENTRY, MANY),
];

const SHARDING_SPEC: &[(u32, Holds, bool)] = &[
    (1, TEXT, ONE),
    (2, INTS, MANY),
    (3, Holds::Message(Kind::IntList), MANY),
    (4, Holds::Message(Kind::ShardedDim), MANY),
];

const TRAINING: &[(u32, Holds, bool)] = &[
    (1, Holds::Message(Kind::Graph), ONE),
    (2, Holds::Message(Kind::Graph), ONE),
    (3, ENTRY, MANY),
    (4, ENTRY, MANY),
];
