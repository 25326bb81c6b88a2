//! A NumPy `.npz`: a zip archive of arrays, stored as they are or deflated.

use std::{
    borrow::Cow,
    io::{Cursor, Read},
};

use declass_formats::TensorInfo;
use zip::ZipArchive;

use super::{Array, MAX_BYTES, Problem, npy, reserve};

/// Most bytes that an archive may unpack to, by byte of its own: embeddings that are mostly zeros stay far
/// below, while a few megabytes of deflated nothing could fill any memory.
const MAX_RATIO: u64 = 32;
/// What an archive may unpack to in any case.
const SMALL: u64 = 64 << 20;

/// An archive whose members are known by name.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    bytes: u64,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Problem> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        Ok(Self { zip, bytes: bytes.len() as u64 })
    }

    pub(super) fn names(&self) -> Vec<String> {
        let members = self.zip.file_names().filter_map(Result::ok).map(Cow::into_owned);
        members.filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect()
    }

    pub(super) fn info(&mut self, name: &str) -> Result<TensorInfo, Problem> {
        let mut member = self.member(name)?;
        let npy::Header { dtype, shape } =
            npy::Header::read(&mut member).map_err(|problem| within(name, problem))?;
        Ok(TensorInfo { dtype, shape })
    }

    /// Unpacks arrays, after all headers were read: never more than they ask for, and they ask for no more than
    /// is in proportion to the file.
    pub(super) fn read(&mut self, names: &[&str]) -> Result<Vec<Array<'static>>, Problem> {
        let infos = names.iter().map(|name| self.info(name)).collect::<Result<Vec<_>, _>>()?;
        let needed: Vec<u64> = infos.iter().map(|info| byte_len(info).unwrap_or(u64::MAX)).collect();
        let limit = SMALL.max(MAX_RATIO.saturating_mul(self.bytes)).min(MAX_BYTES);
        if needed.iter().fold(0_u64, |sum, needed| sum.saturating_add(*needed)) > limit {
            let shapes: Vec<String> = infos.iter().map(|info| format!("{:?}", info.shape)).collect();
            let reason = format!(
                "the shapes {} ask for more than {} MiB, the limit for a file of its size",
                shapes.join(" and "),
                limit >> 20
            );
            return Err(Problem::new(reason, "use `numpy.savez`, which does not compress, or fewer rows"));
        }
        names.iter().zip(needed).map(|(name, needed)| self.array(name, needed)).collect()
    }

    fn member(&mut self, name: &str) -> Result<impl Read + use<'_, 'a>, Problem> {
        self.zip.by_name(&format!("{name}.npy")).map_err(|error| within(name, broken(&error)))
    }

    fn array(&mut self, name: &str, needed: u64) -> Result<Array<'static>, Problem> {
        let mut member = self.member(name)?;
        let npy::Header { dtype, shape } =
            npy::Header::read(&mut member).map_err(|problem| within(name, problem))?;
        let mut data = Vec::new();
        reserve(&mut data, needed)?;
        member.take(needed + 1).read_to_end(&mut data).map_err(|error| within(name, broken(&error)))?;
        if data.len() as u64 != needed {
            let more = if data.len() as u64 > needed { " or more" } else { "" };
            let reason = format!("it has {}{more} bytes of data, its shape needs {needed}", data.len());
            return Err(within(name, Problem::new(reason, None)));
        }
        Ok(Array { info: TensorInfo { dtype, shape }, bytes: Cow::Owned(data) })
    }
}

/// Bytes of an array, if they can be counted.
fn byte_len(info: &TensorInfo) -> Option<u64> {
    let elements = info.shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size as u64))?;
    elements.checked_mul(info.dtype.bits() as u64 / 8)
}

fn within(name: &str, problem: Problem) -> Problem {
    Problem { reason: format!("array `{}`: {}", name.escape_debug(), problem.reason), ..problem }
}

fn broken(error: &dyn std::error::Error) -> Problem {
    Problem::new(format!("it is not a readable npz ({error})"), "`numpy.savez` makes one")
}
