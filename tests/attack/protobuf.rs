//! Protobuf messages taken apart and put together again, with whatever an attacker wants in them.

pub(super) const GRAPH: u64 = 7;
pub(super) const NODE: u64 = 1;
pub(super) const INITIALIZER: u64 = 5;
pub(super) const ATTRIBUTE: u64 = 5;
pub(super) const OUTPUT: u64 = 12;

/// A message: its fields in order.
#[derive(Clone, Debug)]
pub(super) struct Message(pub(super) Vec<Field>);

/// A field: its tag, and its value without the length that a delimited one has.
#[derive(Clone, Debug)]
pub(super) struct Field {
    tag: u64,
    value: Vec<u8>,
    /// Bytes by which the length is written longer than it need be.
    padding: usize,
}

impl Message {
    pub(super) fn parse(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let mut rest = bytes;
            let len = match tag & 7 {
                0 => {
                    varint(&mut rest);
                    bytes.len() - rest.len()
                }
                1 => 8,
                2 => {
                    let len = varint(&mut bytes);
                    usize::try_from(len).unwrap()
                }
                _ => 4,
            };
            let (value, rest) = bytes.split_at(len);
            fields.push(Field { tag, value: value.to_vec(), padding: 0 });
            bytes = rest;
        }
        Self(fields)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in &self.0 {
            put(&mut bytes, field.tag, 0);
            if field.tag & 7 == 2 {
                put(&mut bytes, field.value.len() as u64, field.padding);
            }
            bytes.extend(&field.value);
        }
        bytes
    }

    /// Adds a delimited field.
    pub(super) fn push(&mut self, number: u64, value: &[u8]) {
        self.0.push(Field { tag: number << 3 | 2, value: value.to_vec(), padding: 0 });
    }

    /// The `index`th field of this number.
    pub(super) fn field(&mut self, number: u64, index: usize) -> &mut Field {
        self.0.iter_mut().filter(|field| field.tag >> 3 == number).nth(index).unwrap()
    }

    /// Edits the message in the `index`th field of this number.
    pub(super) fn edit(&mut self, number: u64, index: usize, edit: impl FnOnce(&mut Self)) {
        let field = self.field(number, index);
        let mut message = Self::parse(&field.value);
        edit(&mut message);
        field.value = message.bytes();
    }
}

impl Field {
    /// Writes the length in a byte more than it needs.
    pub(super) fn pad(&mut self) {
        self.padding += 1;
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let len = bytes.iter().position(|byte| *byte < 0x80).unwrap() + 1;
    let (head, rest) = bytes.split_at(len);
    *bytes = rest;
    head.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f))
}

fn put(to: &mut Vec<u8>, mut value: u64, padding: usize) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
    for _ in 0..padding {
        *to.last_mut().unwrap() |= 0x80;
        to.push(0);
    }
}
