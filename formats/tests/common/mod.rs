//! Small models, made on the spot.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub(crate) mod onnx;

use std::{
    fs,
    path::{Path, PathBuf},
};

use declass_formats::{Artifact, Diff, Dtype, Edits, NewTensor, RelPath, TensorInfo};

/// A file of the repository's fixtures.
pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures")).join(path)
}

pub(crate) fn rel(path: &str) -> RelPath {
    RelPath::try_from(path).unwrap()
}

pub(crate) fn info(dtype: Dtype, shape: &[usize]) -> TensorInfo {
    TensorInfo { dtype, shape: shape.to_vec() }
}

pub(crate) fn floats(shape: &[usize], values: &[f32]) -> NewTensor {
    let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    NewTensor { info: info(Dtype::F32, shape), data }
}

/// A safetensors file from its header and its data.
pub(crate) fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), data].concat()
}

/// Edits that only replace one tensor.
pub(crate) fn edit(name: &str, tensor: NewTensor) -> Edits {
    let mut edits = Edits::default();
    edits.tensors.insert(name.to_owned(), tensor);
    edits
}

/// Writes an edited copy, opens it again and compares the two.
pub(crate) fn rewrite(model: &Artifact, edits: &Edits, out: &Path) -> (Artifact, Diff) {
    model.write(edits, out, &|_| ()).unwrap_or_else(|error| panic!("{error}"));
    let copy = match model.path().is_dir() {
        true => Artifact::open(out),
        false => Artifact::open(&out.join(model.path().file_name().unwrap())),
    };
    let copy = copy.unwrap_or_else(|error| panic!("{error}"));
    let diff = Diff::between(model, &copy, &|_| ()).unwrap_or_else(|error| panic!("{error}"));
    (copy, diff)
}

/// Positions at which two files differ, which must have the same length.
pub(crate) fn differing_bytes(a: &Path, b: &Path) -> Vec<usize> {
    let (a, b) = (fs::read(a).unwrap(), fs::read(b).unwrap());
    assert_eq!(a.len(), b.len());
    (0..a.len()).filter(|at| a[*at] != b[*at]).collect()
}
