//! Arrays as a safetensors file or an npz, the same bytes for the same arrays.

use std::{collections::BTreeMap, io::Cursor, io::Write as _, path::Path};

use safetensors::{serialize, tensor::TensorView};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{Array, Problem, npy};

/// A kind of file for arrays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Container {
    /// NumPy's archive of arrays.
    Npz,
    /// One safetensors file.
    Safetensors,
}

impl Container {
    /// The kind that a file's name asks for, by its ending.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "npz" => Some(Self::Npz),
            "safetensors" => Some(Self::Safetensors),
            _ => None,
        }
    }
}

/// The bytes of a file with these arrays.
pub(crate) fn write(arrays: &BTreeMap<String, Array<'_>>, container: Container) -> Result<Vec<u8>, Problem> {
    match container {
        Container::Npz => npz(arrays),
        Container::Safetensors => tensors(arrays),
    }
}

fn tensors(arrays: &BTreeMap<String, Array<'_>>) -> Result<Vec<u8>, Problem> {
    let view = |(name, array): (&String, &Array<'_>)| -> Result<(String, Vec<usize>, _), Problem> {
        let dtype = array.info.dtype.stored().ok_or_else(|| no_type(name, array))?;
        Ok((name.clone(), array.info.shape.clone(), dtype))
    };
    let headers = arrays.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    let views = headers.into_iter().zip(arrays.values()).map(|((name, shape, dtype), array)| {
        TensorView::new(dtype, shape, &array.bytes).map(|view| (name, view))
    });
    let failed = |error: safetensors::SafeTensorError| Problem::new(error.to_string(), None);
    serialize(views.collect::<Result<Vec<_>, _>>().map_err(failed)?, None).map_err(failed)
}

fn npz(arrays: &BTreeMap<String, Array<'_>>) -> Result<Vec<u8>, Problem> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // NumPy does not compress either; a fixed time makes equal arrays equal files.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, array) in arrays {
        let header = npy::header(&array.info).ok_or_else(|| no_type(name, array))?;
        let failed = |error: &dyn std::error::Error| Problem::new(error.to_string(), None);
        archive.start_file(format!("{name}.npy"), options).map_err(|error| failed(&error))?;
        archive.write_all(&header).map_err(|error| failed(&error))?;
        archive.write_all(&array.bytes).map_err(|error| failed(&error))?;
    }
    let finished = archive.finish().map_err(|error| Problem::new(error.to_string(), None))?;
    Ok(finished.into_inner())
}

fn no_type(name: &str, array: &Array<'_>) -> Problem {
    let reason =
        format!("`{}` is {}, which the file has no type for", name.escape_debug(), array.info.dtype.name());
    Problem::new(reason, "the other kind of file (.npz, .safetensors) may have one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrays::Arrays;
    use declass_formats::{Dtype, TensorInfo};

    #[test]
    fn what_is_written_is_read_again_and_is_the_same_twice() {
        let floats = Array {
            info: TensorInfo { dtype: Dtype::F32, shape: vec![2, 1] },
            bytes: [1.5_f32.to_le_bytes(), (-2.0_f32).to_le_bytes()].concat().into(),
        };
        let truth =
            Array { info: TensorInfo { dtype: Dtype::Bool, shape: vec![3] }, bytes: vec![0, 1, 1].into() };
        let number =
            Array { info: TensorInfo { dtype: Dtype::I64, shape: vec![] }, bytes: vec![7; 8].into() };
        let arrays: BTreeMap<String, Array<'_>> =
            [("a".into(), floats), ("b c".into(), truth), ("n".into(), number)].into();
        for container in [Container::Npz, Container::Safetensors] {
            let bytes = write(&arrays, container).unwrap();
            assert_eq!(bytes, write(&arrays, container).unwrap());
            let mut file = Arrays::open(&bytes).unwrap();
            assert_eq!(file.names(), ["a", "b c", "n"]);
            assert_eq!(file.read(&["a", "b c", "n"]).unwrap(), arrays.values().cloned().collect::<Vec<_>>());
        }
    }
}
