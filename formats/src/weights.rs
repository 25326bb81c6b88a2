//! Weights in either of the two formats, behind one interface.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use crate::{
    Edits, FormatError, Problem, RelPath, TensorInfo,
    folder::Folder,
    onnx::{Graph, Onnx},
    part::Part,
    pieces::Pieces,
    safetensors::Safetensors,
};

/// The weights, by format.
#[derive(Clone, Debug)]
pub(crate) enum Weights {
    Onnx(Box<Onnx>),
    Safetensors(Safetensors),
}

/// Weights that belong to a model beside its own.
#[derive(Clone, Debug)]
pub(crate) struct Twin {
    pub(crate) path: RelPath,
    pub(crate) weights: Weights,
}

impl Weights {
    /// Every file that they are stored in.
    pub(crate) fn files(&self) -> BTreeSet<&RelPath> {
        match self {
            Self::Onnx(onnx) => onnx.files().collect(),
            Self::Safetensors(safetensors) => safetensors.files().collect(),
        }
    }

    /// Type and shape of every stored tensor.
    pub(crate) fn tensors(&self) -> BTreeMap<String, TensorInfo> {
        match self {
            Self::Onnx(onnx) => onnx.tensors(),
            Self::Safetensors(safetensors) => safetensors.tensors(),
        }
    }

    /// Row-major little-endian bytes of one tensor.
    pub(crate) fn read(&self, folder: &Folder, name: &str) -> Result<Vec<u8>, FormatError> {
        match self {
            Self::Onnx(onnx) => onnx.read(folder, name),
            Self::Safetensors(safetensors) => safetensors.read(folder, name),
        }
    }

    /// The file and the range in it that hold exactly a tensor's elements, if there is such a range.
    pub(crate) fn place(&self, name: &str) -> Option<(&RelPath, Range<u64>)> {
        match self {
            Self::Onnx(onnx) => onnx.place(name),
            Self::Safetensors(safetensors) => safetensors.place(name),
        }
    }

    /// The graph, where the format has one.
    pub(crate) fn graph(&self) -> Option<&Graph> {
        match self {
            Self::Onnx(onnx) => Some(onnx.graph()),
            Self::Safetensors(_) => None,
        }
    }

    /// Whether a tensor is a constant in the body of a function.
    pub(crate) fn is_in_function(&self, name: &str) -> bool {
        matches!(self, Self::Onnx(onnx) if onnx.is_in_function(name))
    }

    /// Whether a file is one of external data, of which no parser sees what lies between the tensors.
    pub(crate) fn is_external(&self, path: &RelPath) -> bool {
        match self {
            Self::Onnx(onnx) => onnx.is_external(path),
            Self::Safetensors(_) => false,
        }
    }

    /// Whether a byte of a file lies in front of all tensors.
    pub(crate) fn is_header(&self, path: &RelPath, at: u64) -> bool {
        match self {
            Self::Onnx(_) => false,
            Self::Safetensors(safetensors) => safetensors.data_start(path).is_some_and(|start| at < start),
        }
    }

    /// Everything besides the values of the tensors.
    pub(crate) fn parts(&self, folder: &Folder) -> Result<Vec<Part>, FormatError> {
        match self {
            Self::Onnx(onnx) => onnx.parts(folder),
            Self::Safetensors(safetensors) => Ok(safetensors.parts()),
        }
    }

    /// The files that some edits change, and how; `path` is the model's, for errors.
    pub(crate) fn edited(
        &self,
        path: &std::path::Path,
        folder: &Folder,
        edits: &Edits,
    ) -> Result<BTreeMap<RelPath, Pieces>, FormatError> {
        let fail = |problem| FormatError::new(path, problem);
        match self {
            Self::Onnx(onnx) => onnx.edited(folder, edits),
            Self::Safetensors(_) if !edits.graph.is_empty() => {
                Err(fail(Problem::GraphEdit { what: "safetensors files hold no graph".into() }))
            }
            Self::Safetensors(safetensors) => safetensors.edited(&edits.tensors).map_err(fail),
        }
    }
}
