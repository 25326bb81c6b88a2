//! The model without the bulk of its tensors, as the protobuf parser gets it.

use onnx_protobuf::{Message as _, ModelProto};

use super::{
    element::{DATA_FIELDS, STRING_DATA},
    render::render,
    tree::{Content, Message},
    wire::malformed,
};
use crate::{Problem, reader::Reader};

/// Parses a model that the guard has walked, without the data of its larger tensors.
pub(super) fn parse(file: &Reader, tree: &Message) -> Result<ModelProto, Problem> {
    let mut tree = tree.clone();
    elide(&mut tree, &|number, len| number == STRING_DATA || len > INLINE);
    let pieces = render(&tree);
    if pieces.len() > MAX_SKELETON {
        return Err(malformed(0, "more than tensors that is too large to read"));
    }
    let mut bytes = Vec::new();
    pieces.read(file, |portion| {
        bytes.extend_from_slice(portion);
        Ok(())
    })?;
    ModelProto::parse_from_bytes(&bytes).map_err(|error| Problem::ProtobufParser(Box::new(error)))
}

/// Takes the values out of every tensor message, where `bulky` says so of a data field and its length.
fn elide(message: &mut Message, bulky: &dyn Fn(u32, u64) -> bool) {
    let is_tensor = message.kind == super::schema::Kind::Tensor;
    for field in &mut message.fields {
        let len = field.end - field.start;
        if is_tensor && DATA_FIELDS.contains(&field.number) && bulky(field.number, len) {
            field.content = Content::Removed;
        } else if let Some(child) = field.message_mut() {
            elide(child, bulky);
        }
    }
}

/// Tensor data of at most so many bytes stays in the skeleton.
pub(super) const INLINE: u64 = 1024;
const MAX_SKELETON: u64 = 256 << 20;
