//! New messages and fields, as bytes.

use super::{
    Attribute, Node,
    element::{RAW_DATA, element_number},
    places::ATTRIBUTE,
    schema::Kind,
    storage::{self, DATA_TYPE, DIMS},
    tree::{Content, Message},
    wire::{delimited, put_varint, varint_field},
};
use crate::NewTensor;

/// A tensor message with its data in `raw_data`; `None` for an element type that ONNX does not have.
pub(super) fn tensor_message(name: &str, tensor: &NewTensor) -> Option<Message> {
    let mut message = Message { kind: Kind::Tensor, fields: Vec::new() };
    message.push(DIMS, Content::Verbatim(dims(&tensor.info.shape)));
    message.push(DATA_TYPE, Content::Verbatim(varint_field(DATA_TYPE, element_number(tensor.info.dtype)?)));
    message.push(storage::NAME, Content::Body(name.into()));
    message.push(RAW_DATA, Content::Body(tensor.data.clone()));
    Some(message)
}

/// A node message; `None` if an attribute of it cannot be written.
pub(super) fn node_message(node: &Node) -> Option<Message> {
    let mut message = Message { kind: Kind::Node, fields: Vec::new() };
    let mut text = |number: u32, text: &String| message.push(number, Content::Body(text.as_bytes().to_vec()));
    node.inputs.iter().for_each(|name| text(1, name));
    node.outputs.iter().for_each(|name| text(2, name));
    [(3, &node.name), (4, &node.op_type), (7, &node.domain)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .for_each(|(number, value)| text(number, value));
    for (name, value) in &node.attributes {
        let (number, bytes) = attribute_fields(value)?;
        let mut attribute = Message { kind: Kind::Attribute, fields: Vec::new() };
        attribute.push(1, Content::Body(name.as_bytes().to_vec()));
        attribute.push(number, Content::Verbatim(bytes));
        attribute.push(ATTRIBUTE_TYPE, Content::Verbatim(varint_field(ATTRIBUTE_TYPE, kind_of(value)?)));
        message.push(ATTRIBUTE, Content::Message(Box::new(attribute)));
    }
    Some(message)
}

/// The number of an attribute's kind.
fn kind_of(value: &Attribute) -> Option<u64> {
    Some(match value {
        Attribute::Float(_) => 1,
        Attribute::Int(_) => 2,
        Attribute::String(_) => 3,
        Attribute::Floats(_) => 6,
        Attribute::Ints(_) => 7,
        Attribute::Strings(_) => 8,
        Attribute::Other | Attribute::Tensor(_) => return None,
    })
}

const ATTRIBUTE_TYPE: u32 = 20;

/// The `dims` of a tensor message, one field each, as ONNX's own writers have them.
pub(super) fn dims(shape: &[usize]) -> Vec<u8> {
    shape.iter().flat_map(|extent| varint_field(DIMS, *extent as u64)).collect()
}

/// The field that holds an attribute's value, by its number and its bytes; `None` for tensors and for what
/// cannot be set.
pub(super) fn attribute_fields(value: &Attribute) -> Option<(u32, Vec<u8>)> {
    Some(match value {
        Attribute::Float(value) => (2, float_field(2, *value)),
        Attribute::Floats(values) => {
            let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (7, delimited(7, &packed))
        }
        Attribute::Int(value) => (3, varint_field(3, *value as u64)),
        Attribute::Ints(values) => {
            let mut packed = Vec::new();
            values.iter().for_each(|value| put_varint(&mut packed, *value as u64));
            (8, delimited(8, &packed))
        }
        Attribute::String(value) => (4, delimited(4, value)),
        Attribute::Strings(values) => (9, values.iter().flat_map(|value| delimited(9, value)).collect()),
        Attribute::Other | Attribute::Tensor(_) => return None,
    })
}

/// A whole field of one `f32`.
pub(super) fn float_field(number: u32, value: f32) -> Vec<u8> {
    let mut field = Vec::new();
    put_varint(&mut field, u64::from(number) << 3 | 5);
    field.extend(value.to_le_bytes());
    field
}
