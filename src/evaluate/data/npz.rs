//! A NumPy `.npz`: a zip archive of arrays, stored as they are or deflated.

use std::{
    borrow::Cow,
    io::{Cursor, Read},
};

use zip::ZipArchive;

use super::{Array, LAYOUT, MAX_BYTES, Part, Problem, extents, npy, reserve};

/// Most bytes that an archive may unpack to, by byte of its own: embeddings that are mostly zeros stay far
/// below, while a few megabytes of deflated nothing could fill any memory.
const MAX_RATIO: u64 = 32;
/// What an archive may unpack to in any case.
const SMALL: u64 = 64 << 20;

/// Finds the two arrays and unpacks them. Both headers are read first: nothing is unpacked that does not fit
/// together, and never more than the headers ask for.
pub(super) fn unpack(bytes: &[u8], part: Part) -> Result<[Array<'static>; 2], Problem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let members: Vec<String> = archive.file_names().filter_map(Result::ok).map(Cow::into_owned).collect();
    let names: Vec<String> =
        members.iter().filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect();
    let [embeddings, labels] = part.choose(&names)?;
    let headers = [header(&mut archive, embeddings)?, header(&mut archive, labels)?];
    extents([&headers[0].shape, &headers[1].shape], part)?;
    let needed = headers.each_ref().map(|header| header.byte_len().unwrap_or(u64::MAX));
    let limit = SMALL.max(MAX_RATIO.saturating_mul(bytes.len() as u64)).min(MAX_BYTES);
    if needed[0].saturating_add(needed[1]) > limit {
        let reason = format!(
            "the shapes {:?} and {:?} ask for more than {} MiB, the limit for a file of its size",
            headers[0].shape,
            headers[1].shape,
            limit >> 20
        );
        return Err(Problem::new(reason, "use `numpy.savez`, which does not compress, or fewer rows"));
    }
    let labels = array(&mut archive, labels, needed[1])?;
    Ok([array(&mut archive, embeddings, needed[0])?, labels])
}

fn header(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<npy::Header, Problem> {
    let mut member = archive.by_name(&format!("{name}.npy")).map_err(|error| within(name, broken(&error)))?;
    npy::Header::read(&mut member).map_err(|problem| within(name, problem))
}

fn array(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    needed: u64,
) -> Result<Array<'static>, Problem> {
    let mut member = archive.by_name(&format!("{name}.npy")).map_err(|error| within(name, broken(&error)))?;
    let header = npy::Header::read(&mut member).map_err(|problem| within(name, problem))?;
    let mut data = Vec::new();
    reserve(&mut data, needed)?;
    member.take(needed + 1).read_to_end(&mut data).map_err(|error| within(name, broken(&error)))?;
    if data.len() as u64 != needed {
        let more = if data.len() as u64 > needed { " or more" } else { "" };
        let reason = format!("it has {}{more} bytes of data, its shape needs {needed}", data.len());
        return Err(within(name, Problem::new(reason, None)));
    }
    Ok(Array { dtype: header.dtype, shape: header.shape, bytes: Cow::Owned(data) })
}

fn within(name: &str, problem: Problem) -> Problem {
    Problem { reason: format!("array `{name}`: {}", problem.reason), ..problem }
}

fn broken(error: &dyn std::error::Error) -> Problem {
    Problem::new(format!("it is not a readable npz ({error})"), LAYOUT)
}
