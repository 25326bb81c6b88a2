//! Protobuf's wire format: reading it from a file through a small window, and writing it.

use crate::{Problem, reader::Reader};

/// How a field's value is encoded. The two kinds of group (3 and 4) are left out on purpose: ONNX has none,
/// and nested ones make the parser behind us overflow its stack.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wire {
    Delimited,
    Fixed32,
    Fixed64,
    Varint,
}

/// A file's bytes, read through a window, so that skipping a payload costs nothing.
pub(super) struct Window<'f> {
    file: &'f Reader,
    len: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl<'f> Window<'f> {
    pub(super) fn new(file: &'f Reader, len: u64) -> Self {
        Self { file, len, start: 0, bytes: Vec::new() }
    }

    /// The tag at `at`: field number and encoding. Moves `at` behind it.
    pub(super) fn tag(&mut self, at: &mut u64, end: u64) -> Result<(u32, Wire), Problem> {
        let offset = *at;
        let tag = self.varint(at, end)?;
        let wire = match tag & 7 {
            0 => Wire::Varint,
            1 => Wire::Fixed64,
            2 => Wire::Delimited,
            3 | 4 => return Err(malformed(offset, "a group, which ONNX does not have")),
            5 => Wire::Fixed32,
            _ => return Err(malformed(offset, "an unknown wire type")),
        };
        match u32::try_from(tag >> 3) {
            Ok(number @ 1..=MAX_FIELD) => Ok((number, wire)),
            _ => Err(malformed(offset, "a field number that is not allowed")),
        }
    }

    /// Moves `at` over a value that is no message and returns where its bytes begin.
    pub(super) fn skip(&mut self, wire: Wire, at: &mut u64, end: u64) -> Result<u64, Problem> {
        let offset = *at;
        let len = match wire {
            Wire::Delimited => self.varint(at, end)?,
            Wire::Fixed32 => 4,
            Wire::Fixed64 => 8,
            Wire::Varint => {
                self.varint(at, end)?;
                return Ok(offset);
            }
        };
        let start = *at;
        *at = match start.checked_add(len) {
            Some(next) if next <= end => next,
            _ => {
                return Err(malformed(offset, "a length that reaches past the end of its message"));
            }
        };
        Ok(start)
    }

    /// A variable-length integer. Moves `at` behind it.
    pub(super) fn varint(&mut self, at: &mut u64, end: u64) -> Result<u64, Problem> {
        let offset = *at;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            if *at >= end {
                return Err(malformed(offset, "a number that is cut short"));
            }
            let byte = self.byte(*at)?;
            *at += 1;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(malformed(offset, "a number of more than 64 bits"))
    }

    fn byte(&mut self, at: u64) -> Result<u8, Problem> {
        let inside = |start: u64| usize::try_from(at.checked_sub(start)?).ok();
        if let Some(byte) = inside(self.start).and_then(|index| self.bytes.get(index)) {
            return Ok(*byte);
        }
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(WINDOW);
        self.bytes.resize(left.min(WINDOW), 0);
        self.start = at;
        self.file.read_exact_at(&mut self.bytes, at)?;
        self.bytes.first().copied().ok_or_else(|| malformed(at, "the file is cut short"))
    }
}

/// A varint at the head of `bytes`, and the rest.
pub(super) fn split_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let len = bytes.iter().take(10).position(|byte| *byte < 0x80)? + 1;
    let (head, rest) = bytes.split_at_checked(len)?;
    let value = head.iter().rev().fold(0u64, |value, byte| value << 7 | u64::from(byte & 0x7f));
    Some((value, rest))
}

pub(super) fn put_varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// A tag, and the length behind it, of a delimited field.
pub(super) fn delimited_head(number: u32, len: u64) -> Vec<u8> {
    let mut head = Vec::new();
    put_varint(&mut head, u64::from(number) << 3 | 2);
    put_varint(&mut head, len);
    head
}

/// A whole delimited field.
pub(super) fn delimited(number: u32, body: &[u8]) -> Vec<u8> {
    let mut field = delimited_head(number, body.len() as u64);
    field.extend_from_slice(body);
    field
}

/// A whole varint field.
pub(super) fn varint_field(number: u32, value: u64) -> Vec<u8> {
    let mut field = Vec::new();
    put_varint(&mut field, u64::from(number) << 3);
    put_varint(&mut field, value);
    field
}

pub(super) fn malformed(offset: u64, what: &'static str) -> Problem {
    Problem::Protobuf { offset, what }
}

/// The largest field number protobuf has.
const MAX_FIELD: u32 = (1 << 29) - 1;
const WINDOW: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_round_trip() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            bytes.push(9);
            assert_eq!(split_varint(&bytes), Some((value, [9].as_slice())));
        }
        assert_eq!(split_varint(&[0x80; 11]), None);
    }
}
