//! The header of a NumPy array: a Python dictionary with exactly three keys, parsed as just that.

use std::io::Read;

use declass_formats::{Dtype, TensorInfo};

use super::Problem;

/// The first bytes of every `.npy`.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header that is read; real ones have 128 bytes.
const MAX_HEADER: usize = 1 << 16;

/// Type and shape of an array in row-major order.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
}

impl Header {
    /// Reads the header and leaves the reader at the data.
    pub(super) fn read(reader: &mut impl Read) -> Result<Self, Problem> {
        let mut fill = |length: usize| -> Result<Vec<u8>, Problem> {
            let mut bytes = vec![0; length];
            let read = reader.read_exact(&mut bytes);
            read.map(|()| bytes)
                .map_err(|error| Problem::new(format!("its header cannot be read ({error})"), None))
        };
        let start = fill(MAGIC.len() + 2)?;
        let length = match start.strip_prefix(MAGIC) {
            Some([1, _]) => fill(2)?,
            Some([2 | 3, _]) => fill(4)?,
            _ => return Err(Problem::new("it is not a NumPy array of version 1 to 3", None)),
        };
        let length = length.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        if length > MAX_HEADER {
            return Err(Problem::new(format!("its header claims {length} bytes"), None));
        }
        let text = fill(length)?;
        let text = std::str::from_utf8(&text).map_err(|_| Problem::new("its header is not text", None))?;
        Self::parse(text)
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        let entries = Scanner(text)
            .dictionary()
            .ok_or_else(|| Problem::new(format!("its header is `{}`", text.trim()), None))?;
        let value = |name: &str| entries.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        match (value("descr"), value("fortran_order"), value("shape")) {
            (Some(Value::Text(name)), Some(Value::Truth(false)), Some(Value::Sizes(shape))) => {
                let dtype = dtype(name).ok_or_else(|| {
                    let hint = "store little-endian numbers: embeddings as f2, f4 or f8, labels as integers";
                    Problem::new(format!("its element type is `{name}`"), hint)
                })?;
                Ok(Self { dtype, shape: shape.clone() })
            }
            (_, Some(Value::Truth(true)), _) => Err(Problem::new(
                "it is stored column by column",
                "pass it through `numpy.ascontiguousarray`",
            )),
            _ => Err(Problem::new("its header lacks `descr`, `fortran_order` or `shape`", None)),
        }
    }
}

/// NumPy's names of the types of elements that there are names for.
const NAMES: [(&str, Dtype); 12] = [
    ("<f2", Dtype::F16),
    ("<f4", Dtype::F32),
    ("<f8", Dtype::F64),
    ("<i2", Dtype::I16),
    ("<i4", Dtype::I32),
    ("<i8", Dtype::I64),
    ("<u2", Dtype::U16),
    ("<u4", Dtype::U32),
    ("<u8", Dtype::U64),
    ("|b1", Dtype::Bool),
    ("|i1", Dtype::I8),
    ("|u1", Dtype::U8),
];

fn dtype(name: &str) -> Option<Dtype> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, dtype)| *dtype)
}

/// The header of an array, as NumPy writes it; none if NumPy has no such type.
pub(super) fn header(info: &TensorInfo) -> Option<Vec<u8>> {
    /// Data begin at a multiple of this.
    const ALIGNMENT: usize = 64;
    let (name, _) = NAMES.iter().find(|(_, dtype)| *dtype == info.dtype)?;
    let sizes: String = info.shape.iter().map(|size| format!("{size}, ")).collect();
    let sizes = if info.shape.len() > 1 { sizes.trim_end_matches(", ") } else { sizes.trim_end() };
    let text = format!("{{'descr': '{name}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let length = (MAGIC.len() + 4 + text.len() + 1).next_multiple_of(ALIGNMENT) - MAGIC.len() - 4;
    let mut header = [MAGIC, &[1, 0]].concat();
    header.extend(u16::try_from(length).ok()?.to_le_bytes());
    header.extend(format!("{text:<width$}\n", width = length - 1).bytes());
    Some(header)
}

/// The values that such a dictionary has.
enum Value<'a> {
    Sizes(Vec<usize>),
    Text(&'a str),
    Truth(bool),
}

/// What is left of the text.
struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    fn dictionary(mut self) -> Option<Vec<(&'a str, Value<'a>)>> {
        self.take("{")?;
        let mut entries = Vec::new();
        while self.take("}").is_none() {
            let key = self.text()?;
            self.take(":")?;
            entries.push((key, self.value()?));
            if self.take(",").is_none() {
                self.take("}")?;
                break;
            }
        }
        self.0.trim().is_empty().then_some(entries)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        if self.take("True").is_some() {
            return Some(Value::Truth(true));
        }
        if self.take("False").is_some() {
            return Some(Value::Truth(false));
        }
        if self.take("(").is_some() {
            return self.sizes().map(Value::Sizes);
        }
        self.text().map(Value::Text)
    }

    /// The numbers of a tuple whose bracket is open.
    fn sizes(&mut self) -> Option<Vec<usize>> {
        let mut sizes = Vec::new();
        while self.take(")").is_none() {
            let rest = self.0.trim_start();
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            sizes.push(rest[..end].parse().ok()?);
            self.0 = &rest[end..];
            if self.take(",").is_none() {
                self.take(")")?;
                break;
            }
        }
        Some(sizes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let quote = if self.take("'").is_some() { '\'' } else { self.take("\"").map(|()| '"')? };
        let (text, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        Some(text)
    }

    fn take(&mut self, token: &str) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(token)?;
        Some(())
    }
}
