//! A NumPy `.npz`: a zip archive of arrays, stored as they are or deflated.

use std::{
    borrow::Cow,
    io::{Cursor, Read},
};

use zip::ZipArchive;

use super::{Array, LAYOUT, MAX_BYTES, Part, Problem, npy};

/// Finds the two arrays and unpacks them. What is unpacked grows only with what the archive really yields, and never
/// beyond what the array's own header asks for.
pub(super) fn unpack(bytes: &[u8], part: Part) -> Result<[Array<'static>; 2], Problem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let members: Vec<String> = archive.file_names().filter_map(Result::ok).map(Cow::into_owned).collect();
    let names: Vec<String> =
        members.iter().filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect();
    let [embeddings, labels] = part.choose(&names)?;
    Ok([array(&mut archive, embeddings)?, array(&mut archive, labels)?])
}

fn array(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Array<'static>, Problem> {
    let within =
        |problem: Problem| Problem { reason: format!("array `{name}`: {}", problem.reason), ..problem };
    let mut member = archive.by_name(&format!("{name}.npy")).map_err(|error| within(broken(&error)))?;
    let header = npy::Header::read(&mut member).map_err(within)?;
    let needed = header.byte_len().filter(|needed| *needed <= MAX_BYTES).ok_or_else(|| {
        within(Problem::new(
            format!("its shape {:?} asks for more than {} GiB", header.shape, MAX_BYTES >> 30),
            "",
        ))
    })?;
    let mut data = Vec::new();
    member.take(needed + 1).read_to_end(&mut data).map_err(|error| within(broken(&error)))?;
    if data.len() as u64 != needed {
        let more = if data.len() as u64 > needed { " or more" } else { "" };
        let reason = format!("it has {}{more} bytes of data, its shape needs {needed}", data.len());
        return Err(within(Problem::new(reason, "")));
    }
    Ok(Array { dtype: header.dtype, shape: header.shape, bytes: Cow::Owned(data) })
}

fn broken(error: &dyn std::error::Error) -> Problem {
    Problem::new(format!("it is not a readable npz ({error})"), LAYOUT)
}
