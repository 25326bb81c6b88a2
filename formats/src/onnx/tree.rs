//! The guard: walks every message of an ONNX file before any parser sees it, and keeps where each field
//! lies.
//!
//! The result is the file's structure without its payloads. Everything else works on it: the skeleton that
//! is parsed, the places of tensors, edits (which replace fields of a copy of the tree), comparisons.
//! Hostile input it stops: groups, lengths that leave their message, endless numbers, nesting that would
//! overflow a stack, more messages than fit into memory, and a single-valued field given twice, of which two
//! readers might see different ones.

use std::ops::Range;

use super::{
    schema::{self, Holds, Kind},
    wire::{Window, Wire, malformed},
};
use crate::{Problem, pieces::read_range, reader::Reader};

/// One message: its fields in file order.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) fields: Vec<Field>,
}

/// One field, or a run of unpacked numbers of one field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) wire: Wire,
    /// Where its tag begins.
    pub(super) start: u64,
    /// Where its value begins, behind tag and length (of a run: the first value).
    pub(super) body: u64,
    pub(super) end: u64,
    pub(super) content: Content,
}

/// What a field holds, or shall hold after an edit.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A new value of a delimited field.
    Body(Vec<u8>),
    /// Another message, whose fields may be edited.
    Message(Box<Message>),
    /// Nothing any more; the entry stays so that the numbering of the others does.
    Removed,
    /// What the file holds there.
    Source,
    /// New bytes for the whole field, tag included.
    Verbatim(Vec<u8>),
}

/// Walks a whole file.
pub(super) fn walk(file: &Reader, len: u64) -> Result<Message, Problem> {
    if len > MAX_MODEL {
        return Err(Problem::TooLarge { size: len });
    }
    let mut walker = Walker { window: Window::new(file, len), messages: 0, fields: 0 };
    walker.message(Kind::Model, 0..len, 0)
}

impl Message {
    /// Fields of this number that are still there, with their positions.
    pub(super) fn all(&self, number: u32) -> impl Iterator<Item = (usize, &Field)> {
        let present =
            move |field: &Field| field.number == number && !matches!(field.content, Content::Removed);
        self.fields.iter().enumerate().filter(move |(_, field)| present(field))
    }

    /// The single field of this number.
    pub(super) fn one(&self, number: u32) -> Option<(usize, &Field)> {
        self.all(number).next()
    }

    /// The message in a field.
    pub(super) fn child(&self, number: u32) -> Option<&Self> {
        self.one(number)?.1.message()
    }

    /// The message reached by positions of fields.
    pub(super) fn at(&self, path: &[usize]) -> Option<&Self> {
        path.iter().try_fold(self, |message, position| message.fields.get(*position)?.message())
    }

    pub(super) fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter().try_fold(self, |message, position| message.fields.get_mut(*position)?.message_mut())
    }

    /// The position of the `index`th field of this number; removed ones count, so that none shifts.
    pub(super) fn position(&self, number: u32, index: usize) -> Option<usize> {
        let positions = self.fields.iter().enumerate().filter(|(_, field)| field.number == number);
        positions.map(|(position, _)| position).nth(index)
    }

    pub(super) fn remove(&mut self, position: usize) {
        self.fields.get_mut(position).into_iter().for_each(|field| field.content = Content::Removed);
    }

    pub(super) fn remove_all(&mut self, number: u32) {
        let fields = self.fields.iter_mut().filter(|field| field.number == number);
        fields.for_each(|field| field.content = Content::Removed);
    }

    /// Replaces the `index`th field of this number; false if there is none.
    pub(super) fn replace(&mut self, number: u32, index: usize, content: Content) -> bool {
        let field = self.position(number, index).and_then(|position| self.fields.get_mut(position));
        field.map(|field| field.content = content).is_some()
    }

    /// Sets the single field of this number, which may not be there yet.
    pub(super) fn set_single(&mut self, number: u32, content: Content) {
        if !self.replace(number, 0, content.clone()) {
            self.push(number, content);
        }
    }

    /// Puts one content in the place of all fields of this number.
    pub(super) fn set_all(&mut self, number: u32, content: Content) {
        let first = self.position(number, 0);
        self.remove_all(number);
        match first.and_then(|position| self.fields.get_mut(position)) {
            Some(field) => field.content = content,
            None => self.push(number, content),
        }
    }

    /// Adds a field at the end.
    pub(super) fn push(&mut self, number: u32, content: Content) {
        self.fields.push(Field { number, wire: Wire::Delimited, start: 0, body: 0, end: 0, content });
    }

    /// Calls `visit` for every tensor message below this one, with the positions that lead to it.
    pub(super) fn visit_tensors<'m>(
        &'m self,
        path: &mut Vec<usize>,
        visit: &mut dyn FnMut(&[usize], &'m Self),
    ) {
        if self.kind == Kind::Tensor {
            visit(path, self);
        }
        for (position, field) in self.fields.iter().enumerate() {
            if let Content::Message(message) = &field.content {
                path.push(position);
                message.visit_tensors(path, visit);
                path.pop();
            }
        }
    }
}

impl Field {
    pub(super) fn message(&self) -> Option<&Message> {
        match &self.content {
            Content::Message(message) => Some(message),
            _ => None,
        }
    }

    pub(super) fn message_mut(&mut self) -> Option<&mut Message> {
        match &mut self.content {
            Content::Message(message) => Some(message),
            _ => None,
        }
    }

    pub(super) fn body(&self) -> Range<u64> {
        self.body..self.end
    }

    /// The value's bytes, those of an edit or of the file; the caller knows that they are few enough.
    pub(super) fn read(&self, file: &Reader) -> Result<Vec<u8>, Problem> {
        match &self.content {
            Content::Body(bytes) => Ok(bytes.clone()),
            _ => Ok(read_range(file, self.body())?),
        }
    }

    /// The bytes of numbers: those of a packed field, or those of single ones with their tags.
    pub(super) fn read_numbers(&self, file: &Reader) -> Result<Vec<u8>, Problem> {
        let start = if self.wire == Wire::Delimited { self.body } else { self.start };
        Ok(read_range(file, start..self.end)?)
    }
}

struct Walker<'f> {
    window: Window<'f>,
    messages: usize,
    fields: usize,
}

impl Walker<'_> {
    fn message(&mut self, kind: Kind, range: Range<u64>, depth: usize) -> Result<Message, Problem> {
        self.messages += 1;
        if depth > MAX_DEPTH {
            return Err(malformed(range.start, "messages nested deeper than any model needs"));
        }
        if self.messages > MAX_MESSAGES {
            return Err(malformed(range.start, "more messages than any model needs"));
        }
        let mut fields: Vec<Field> = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let field = self.field(kind, &mut at, range.end, depth)?;
            match fields.last_mut() {
                Some(last) if last.is_run_with(&field, kind) => last.end = field.end,
                _ => {
                    check_single(kind, &fields, &field)?;
                    self.fields += 1;
                    fields.push(field);
                }
            }
            if self.fields > MAX_FIELDS {
                return Err(malformed(range.start, "more fields than any model needs"));
            }
        }
        fields.shrink_to_fit();
        Ok(Message { kind, fields })
    }

    fn field(&mut self, kind: Kind, at: &mut u64, end: u64, depth: usize) -> Result<Field, Problem> {
        let start = *at;
        let (number, wire) = self.window.tag(at, end)?;
        let holds = schema::field(kind, number).map(|(holds, _)| holds);
        if !fits(holds, wire) {
            return Err(malformed(start, "a field that is not encoded as ONNX defines it"));
        }
        let body = self.window.skip(wire, at, end)?;
        let content = match holds {
            Some(Holds::Message(kind)) => {
                Content::Message(Box::new(self.message(kind, body..*at, depth + 1)?))
            }
            _ => Content::Source,
        };
        Ok(Field { number, wire, start, body, end: *at, content })
    }
}

impl Field {
    /// Whether `next` goes on with a run of unpacked numbers, so that a million of them are one entry.
    fn is_run_with(&self, next: &Self, kind: Kind) -> bool {
        let repeated = matches!(schema::field(kind, self.number), Some((Holds::Numbers(_), _)));
        repeated && self.wire != Wire::Delimited && (self.number, self.wire) == (next.number, next.wire)
    }
}

fn fits(holds: Option<Holds>, wire: Wire) -> bool {
    match holds {
        Some(Holds::Bytes | Holds::Message(_)) => wire == Wire::Delimited,
        Some(Holds::Numbers(single)) => wire == single || wire == Wire::Delimited,
        Some(Holds::Scalar(single)) => wire == single,
        None => true,
    }
}

fn check_single(kind: Kind, before: &[Field], field: &Field) -> Result<(), Problem> {
    let single = matches!(schema::field(kind, field.number), Some((_, false)));
    if single && before.iter().any(|other| other.number == field.number) {
        return Err(malformed(field.start, "a field that may occur once occurs again"));
    }
    Ok(())
}

/// Protobuf's own limit on a file.
pub(super) const MAX_MODEL: u64 = (1 << 31) - 1;
const MAX_DEPTH: usize = 64;
const MAX_FIELDS: usize = 4_000_000;
const MAX_MESSAGES: usize = 1_000_000;
