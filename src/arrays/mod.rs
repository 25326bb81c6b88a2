//! Arrays by name in a safetensors file or a NumPy `.npz`: read as hostile input, and written.

mod npy;
mod npz;
mod safetensors;
mod write;

use std::{borrow::Cow, fs::File, io::Read, path::Path};

use declass_formats::TensorInfo;

use crate::error::Error;
use npz::Archive;
use safetensors::Tensors;

pub(crate) use write::{Container, write};

/// Most bytes of a file, and of all that is unpacked of it.
const MAX_BYTES: u64 = 4 << 30;

/// An array as it is stored, row-major and little end first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array<'a> {
    /// Type of its elements and its extents.
    pub(crate) info: TensorInfo,
    /// Its elements, as many as the extents ask for.
    pub(crate) bytes: Cow<'a, [u8]>,
}

/// What is wrong in a file, and what helps.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) reason: String,
    pub(crate) hint: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(reason: impl Into<String>, hint: impl Into<Option<&'static str>>) -> Self {
        Self { reason: reason.into(), hint: hint.into() }
    }

    pub(crate) fn at(self, path: &Path) -> Error {
        Error::Embeddings { path: path.to_owned(), reason: self.reason, hint: self.hint.map(str::to_owned) }
    }
}

/// A file of arrays whose names and shapes are known, and whose elements wait.
pub(crate) enum Arrays<'a> {
    Npz(Archive<'a>),
    Safetensors(Tensors<'a>),
}

impl<'a> Arrays<'a> {
    /// Looks at the names; what kind of file it is, its first bytes say.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Problem> {
        if bytes.starts_with(b"PK") {
            Archive::open(bytes).map(Self::Npz)
        } else if bytes.starts_with(npy::MAGIC) {
            Err(Problem::new("it is a single array without a name", "save it with `numpy.savez`"))
        } else {
            Tensors::open(bytes).map(Self::Safetensors)
        }
    }

    /// The names of all arrays, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = match self {
            Self::Npz(archive) => archive.names(),
            Self::Safetensors(tensors) => tensors.names(),
        };
        names.sort_unstable();
        names
    }

    /// Type and extents of an array.
    pub(crate) fn info(&mut self, name: &str) -> Result<TensorInfo, Problem> {
        match self {
            Self::Npz(archive) => archive.info(name),
            Self::Safetensors(tensors) => tensors.info(name),
        }
    }

    /// Some arrays; nothing is unpacked unless all of them together are within bounds.
    pub(crate) fn read(&mut self, names: &[&str]) -> Result<Vec<Array<'a>>, Problem> {
        match self {
            Self::Npz(archive) => archive.read(names),
            Self::Safetensors(tensors) => names.iter().map(|name| tensors.read(name)).collect(),
        }
    }
}

const FEWER: &str = "a part of the rows, or f16 instead of f32, will do";

/// All bytes of a file of arrays, unless it is too large.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let metadata = path.metadata().map_err(Error::io(path))?;
    if !metadata.is_file() {
        return Err(Problem::new("it is not a file", "a safetensors file or an npz is needed").at(path));
    }
    let too_large = || Problem::new(format!("it has more than {} GiB", MAX_BYTES >> 30), FEWER).at(path);
    if metadata.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    reserve(&mut bytes, metadata.len()).map_err(|problem| problem.at(path))?;
    let file = File::open(path).map_err(Error::io(path))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large()) } else { Ok(bytes) }
}

/// Makes room for so many bytes, or says that there is none.
fn reserve(bytes: &mut Vec<u8>, needed: u64) -> Result<(), Problem> {
    let room = usize::try_from(needed).ok().and_then(|needed| bytes.try_reserve_exact(needed).ok());
    room.ok_or_else(|| Problem::new(format!("{needed} bytes are more than there is memory for"), FEWER))
}
