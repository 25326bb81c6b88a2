//! Attributes that entries know.

use declass_formats::onnx::Attribute;

/// An attribute that an entry knows, and of which kind it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attr {
    Float(&'static str),
    Floats(&'static str),
    /// A body of other operators.
    Graph(&'static str),
    Int(&'static str),
    Ints(&'static str),
    /// The entry holds for this value only.
    Only(&'static str, i64),
    Tensor(&'static str),
    Text(&'static str),
    Texts(&'static str),
}

impl Attr {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Float(name)
            | Self::Floats(name)
            | Self::Graph(name)
            | Self::Int(name)
            | Self::Ints(name)
            | Self::Only(name, _)
            | Self::Tensor(name)
            | Self::Text(name)
            | Self::Texts(name) => name,
        }
    }

    /// Whether the value is of the kind that the entry expects.
    pub(super) fn takes(self, value: &Attribute) -> bool {
        match (self, value) {
            (Self::Float(_), Attribute::Float(_))
            | (Self::Floats(_), Attribute::Floats(_))
            | (Self::Graph(_), Attribute::Other)
            | (Self::Int(_), Attribute::Int(_))
            | (Self::Ints(_), Attribute::Ints(_))
            | (Self::Tensor(_), Attribute::Tensor(_))
            | (Self::Text(_), Attribute::String(_))
            | (Self::Texts(_), Attribute::Strings(_)) => true,
            (Self::Only(_, expected), Attribute::Int(found)) => expected == *found,
            // An empty list says nothing of what it is a list of.
            (Self::Floats(_) | Self::Ints(_) | Self::Texts(_), value) => is_empty(value),
            _ => false,
        }
    }
}

fn is_empty(list: &Attribute) -> bool {
    match list {
        Attribute::Floats(values) => values.is_empty(),
        Attribute::Ints(values) => values.is_empty(),
        Attribute::Strings(values) => values.is_empty(),
        _ => false,
    }
}
