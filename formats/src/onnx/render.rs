//! A message tree as the pieces of a file: what was not edited is a range of the source, and only messages
//! on the way to an edit get a new length.

use super::{
    tree::{Content, Field, Message},
    wire::{Wire, delimited_head},
};
use crate::pieces::{Piece, Pieces};

/// The fields of a message, one after the other.
pub(super) fn render(message: &Message) -> Pieces {
    let mut pieces = Pieces::default();
    message.fields.iter().for_each(|field| pieces.append(render_field(field)));
    pieces
}

pub(super) fn render_field(field: &Field) -> Pieces {
    let mut pieces = Pieces::default();
    match &field.content {
        Content::Body(bytes) => {
            pieces.push(head(field, bytes.len() as u64));
            pieces.push(Piece::Bytes(bytes.clone()));
        }
        Content::Message(message) => {
            let body = render(message);
            if body.as_source() == Some(field.body()) {
                pieces.push(Piece::Source(field.start..field.end));
            } else {
                pieces.push(head(field, body.len()));
                pieces.append(body);
            }
        }
        Content::Removed => {}
        Content::Source => pieces.push(Piece::Source(field.start..field.end)),
        Content::Verbatim(bytes) => pieces.push(Piece::Bytes(bytes.clone())),
    }
    pieces
}

/// Tag and length; those of the file where the length stays, since a writer may have padded them.
fn head(field: &Field, len: u64) -> Piece {
    if field.wire == Wire::Delimited && field.end > field.start && field.end - field.body == len {
        Piece::Source(field.start..field.body)
    } else {
        Piece::Bytes(delimited_head(field.number, len))
    }
}
