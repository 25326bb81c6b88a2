//! Where the values of an ONNX tensor lie: in one range of a file, or spread over typed fields.

use std::ops::Range;

use super::{
    element::{self, DATA_FIELDS, RAW_DATA, STRING_DATA, element_type, wire_of},
    scalars::{MAX_TEXT, entries, scalar},
    tree::{Field, Message},
    wire::Wire,
};
use crate::{
    Dtype, FormatError, Problem, RelPath, TensorInfo, folder::Folder, pieces::read_range, reader::Reader,
};

/// The form in which values are stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Storage {
    /// A range of another file.
    External { file: RelPath, range: Range<u64> },
    /// A range of the model file that holds exactly the elements: `raw_data`, or a packed field of floats.
    Plain(Range<u64>),
    /// A typed field in another form; also an attribute of a `Constant` that holds numbers.
    Typed,
}

/// What reading a tensor needs.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) folder: &'a Folder,
    pub(super) model: &'a RelPath,
    pub(super) file: &'a Reader,
}

impl Source<'_> {
    /// An error about the model file.
    pub(super) fn fail(self, problem: Problem) -> FormatError {
        FormatError::new(self.folder.locate(self.model), problem)
    }
}

/// Type, shape and storage of a tensor message; its data was checked to have the right length.
pub(super) fn locate(
    source: Source<'_>,
    tensor: &Message,
    name: &str,
) -> Result<(TensorInfo, Storage), FormatError> {
    let fail = |problem| source.fail(problem);
    let (info, typed) = declaration(source.file, tensor, name).map_err(fail)?;
    let needed = info.checked_byte_len().ok_or_else(|| fail(wrong(name, "its shape is too large")))?;
    let filled: Vec<&Field> = DATA_FIELDS
        .iter()
        .flat_map(|number| tensor.all(*number))
        .map(|(_, field)| field)
        .filter(|field| field.end > field.body && field.number != STRING_DATA)
        .collect();
    if scalar(source.file, tensor, DATA_LOCATION).map_err(fail)? == Some(EXTERNAL) {
        if !filled.is_empty() {
            return Err(fail(wrong(name, "it has data both inside and outside the file")));
        }
        return external(source, tensor, name, needed).map(|storage| (info, storage));
    }
    let storage = match filled.as_slice() {
        [] => Storage::Plain(0..0),
        [field] if field.wire == Wire::Delimited && wire_of(field.number) != Wire::Varint => {
            Storage::Plain(field.body())
        }
        [..] => Storage::Typed,
    };
    if filled.iter().any(|field| field.number != typed && field.number != RAW_DATA)
        || filled.windows(2).any(|pair| matches!(pair, [a, b] if a.number != b.number))
    {
        return Err(fail(wrong(name, "its data is in a field for another element type")));
    }
    let found = match &storage {
        Storage::Plain(range) => range.end - range.start,
        _ => typed_data(source.file, tensor, &info, name).map_err(fail)?.len() as u64,
    };
    if found != needed {
        return Err(fail(Problem::DataLength { tensor: name.to_owned(), found, needed }));
    }
    Ok((info, storage))
}

/// Row-major little-endian bytes of a tensor message that was located.
pub(super) fn read(
    source: Source<'_>,
    tensor: &Message,
    info: &TensorInfo,
    storage: &Storage,
    name: &str,
) -> Result<Vec<u8>, FormatError> {
    let (shown, bytes) = match storage {
        Storage::External { file, range } => {
            (file, read_range(&source.folder.open_file(file)?.0, range.clone()).map_err(Problem::from))
        }
        Storage::Plain(range) => {
            let bytes = read_range(source.file, range.clone());
            (source.model, bytes.map_err(Problem::from))
        }
        Storage::Typed => (source.model, typed_data(source.file, tensor, info, name)),
    };
    bytes.map_err(|problem| FormatError::new(source.folder.locate(shown), problem))
}

/// Row-major little-endian values from the typed fields of a tensor message.
fn typed_data(file: &Reader, tensor: &Message, info: &TensorInfo, name: &str) -> Result<Vec<u8>, Problem> {
    let most = (info.elements() as u64).saturating_add(1).saturating_mul(MAX_ENTRY);
    let mut data = Vec::new();
    for (_, field) in DATA_FIELDS.iter().flat_map(|number| tensor.all(*number)) {
        // Far too much data is not worth decoding to find that out.
        if field.end - field.start > most {
            let (found, needed) = (field.end - field.start, info.byte_len() as u64);
            return Err(Problem::DataLength { tensor: name.to_owned(), found, needed });
        }
        data.extend(decode(file, field, wire_of(field.number), info.dtype, name)?);
    }
    Ok(data)
}

/// Values of one field of numbers, each of which is encoded as `single` says.
pub(super) fn decode(
    file: &Reader,
    field: &Field,
    single: Wire,
    dtype: Dtype,
    name: &str,
) -> Result<Vec<u8>, Problem> {
    let tagged = field.wire != Wire::Delimited;
    let bytes = field.read_numbers(file)?;
    let values = match (single, tagged) {
        (Wire::Varint, _) => {
            element::numbers(&bytes, tagged).and_then(|numbers| element::narrow(&numbers, dtype))
        }
        (_, false) => Some(bytes),
        (Wire::Fixed64, true) => untagged::<8>(&bytes),
        (_, true) => untagged::<4>(&bytes),
    };
    values.ok_or_else(|| wrong(name, "its data does not fit its element type"))
}

pub(super) fn declaration(file: &Reader, tensor: &Message, name: &str) -> Result<(TensorInfo, u32), Problem> {
    let number = scalar(file, tensor, DATA_TYPE)?.unwrap_or(0);
    let (dtype, typed) =
        element_type(number).ok_or_else(|| wrong(name, &format!("its element type {number} is unknown")))?;
    if tensor.one(SEGMENT).is_some() {
        return Err(wrong(name, "it is only a segment of a tensor"));
    }
    let mut shape = Vec::new();
    for (_, field) in tensor.all(DIMS) {
        if field.end - field.start > MAX_TEXT {
            return Err(wrong(name, "it has too many dimensions"));
        }
        let tagged = field.wire != Wire::Delimited;
        let bytes = field.read_numbers(file)?;
        let dims = element::numbers(&bytes, tagged).ok_or_else(|| wrong(name, "its shape is malformed"))?;
        for dim in dims {
            // A negative extent is a number beyond the signed ones.
            let extent = i64::try_from(dim).ok().and_then(|dim| usize::try_from(dim).ok());
            shape.push(extent.ok_or_else(|| wrong(name, "it has a negative dimension"))?);
        }
    }
    Ok((TensorInfo { dtype, shape }, typed))
}

fn external(source: Source<'_>, tensor: &Message, name: &str, needed: u64) -> Result<Storage, FormatError> {
    let fail = |problem| source.fail(problem);
    let file = external_file(source, tensor).map_err(fail)?;
    let entries = entries(source.file, tensor, EXTERNAL_DATA).map_err(fail)?;
    let number = |key: &str| match entries.get(key) {
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| fail(wrong(name, &format!("its external `{key}` is not a size")))),
        None => Ok(None),
    };
    let start = number("offset")?.unwrap_or(0);
    let found = number("length")?.unwrap_or(needed);
    if found != needed {
        return Err(fail(Problem::DataLength { tensor: name.to_owned(), found, needed }));
    }
    let (_, size) = source.folder.open_file(&file)?;
    match start.checked_add(needed) {
        Some(end) if end <= size => Ok(Storage::External { file, range: start..end }),
        _ => Err(FormatError::new(
            source.folder.locate(&file),
            wrong(
                name,
                &format!("its data would end at byte {}, the file has {size}", start.saturating_add(needed)),
            ),
        )),
    }
}

/// The file that a tensor with external data names.
pub(super) fn external_file(source: Source<'_>, tensor: &Message) -> Result<RelPath, Problem> {
    let entries = entries(source.file, tensor, EXTERNAL_DATA)?;
    let location = entries.get("location").map_or("", String::as_str);
    let file = source.model.sibling(location.strip_prefix("./").unwrap_or(location))?;
    if file == *source.model {
        let why = "names the model itself as external data";
        return Err(Problem::BadPath { path: location.to_owned(), why });
    }
    Ok(file)
}

/// Whether a tensor message says that its data is in another file.
pub(super) fn is_external(file: &Reader, tensor: &Message) -> Result<bool, Problem> {
    Ok(scalar(file, tensor, DATA_LOCATION)? == Some(EXTERNAL))
}

/// Numbers of a fixed width without the tag of one byte before each.
fn untagged<const N: usize>(bytes: &[u8]) -> Option<Vec<u8>> {
    let chunks = bytes.chunks(N + 1);
    let values = chunks.map(|chunk| chunk.get(1..).filter(|value| value.len() == N));
    values.collect::<Option<Vec<_>>>().map(|values| values.concat())
}

fn wrong(name: &str, what: &str) -> Problem {
    Problem::Tensor { tensor: name.to_owned(), what: what.to_owned() }
}

pub(super) const DATA_TYPE: u32 = 2;
pub(super) const DIMS: u32 = 1;
pub(super) const NAME: u32 = 8;
pub(super) const EXTERNAL_DATA: u32 = 13;
const SEGMENT: u32 = 3;
const DATA_LOCATION: u32 = 14;
const EXTERNAL: u64 = 1;
/// The longest varint with the tag before it.
const MAX_ENTRY: u64 = 17;
