//! An opened model, whatever its format.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    FormatError, Problem, RelPath, Skipped, TensorInfo,
    folder::Folder,
    onnx::Graph,
    weights::{Twin, Weights},
};

/// Text files are read up to this size.
pub(crate) const MAX_TEXT: u64 = 64 << 20;

/// A model on disk: its files, its tensors by name, and what describes them. Opening reads headers and
/// structure only; tensors are read one by one.
#[derive(Clone, Debug)]
pub struct Artifact {
    pub(crate) path: PathBuf,
    pub(crate) folder: Folder,
    pub(crate) files: Vec<ModelFile>,
    pub(crate) beside: Beside,
    pub(crate) tensors: BTreeMap<String, TensorInfo>,
    pub(crate) config: Option<Value>,
    pub(crate) weights: Weights,
    pub(crate) twins: Vec<Twin>,
}

/// How the weights are stored.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Format {
    /// A protobuf graph with its weights inside or beside it.
    Onnx,
    /// One or several safetensors files.
    Safetensors,
}

/// What a file of a model is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// The model card, `README.md`.
    Card,
    /// Any other file that belongs to the model, such as a preprocessor's settings.
    Companion,
    /// `config.json`.
    Config,
    /// Tensors, or the index that says where they are.
    Weights,
}

/// One file of a model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModelFile {
    /// Where it is in the model's folder.
    pub path: RelPath,
    /// Its size in bytes.
    pub size: u64,
    /// What it is for.
    pub role: Role,
}

/// What lies in a model's folder beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    pub(crate) left_out: Vec<RelPath>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Artifact {
    /// The path as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that the files' paths are relative to.
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// How the weights are stored.
    pub fn format(&self) -> Format {
        match self.weights {
            Weights::Onnx(_) => Format::Onnx,
            Weights::Safetensors(_) => Format::Safetensors,
        }
    }

    /// What a copy of the model consists of, ordered by path components.
    pub fn files(&self) -> &[ModelFile] {
        &self.files
    }

    /// Files of the folder that a copy leaves behind, since they may still hold what was removed or promise
    /// what no longer holds: weights in other formats and whatever is not known to be text or a picture,
    /// signatures and claims of an earlier release.
    pub fn left_out(&self) -> &[RelPath] {
        &self.beside.left_out
    }

    /// Git's own files and folders at the top of the folder: no part of a model, neither read nor copied,
    /// only counted.
    pub fn skipped(&self) -> &[Skipped] {
        &self.beside.skipped
    }

    /// Every stored tensor: safetensors entries, ONNX initializers and the outputs of `Constant` nodes.
    pub fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    /// Type and shape of one tensor.
    pub fn tensor(&self, name: &str) -> Result<&TensorInfo, FormatError> {
        self.tensors
            .get(name)
            .ok_or_else(|| FormatError::new(&self.path, Problem::UnknownTensor { tensor: name.to_owned() }))
    }

    /// Row-major little-endian bytes of one tensor, whatever its storage; none of a tensor of strings.
    pub fn read_tensor(&self, name: &str) -> Result<Vec<u8>, FormatError> {
        self.tensor(name)?;
        self.weights.read(&self.folder, name)
    }

    /// The elements of an ONNX tensor of texts, row-major; `None` if it holds numbers, or not as many texts as
    /// its shape says.
    pub fn read_strings(&self, name: &str) -> Result<Option<Vec<Vec<u8>>>, FormatError> {
        let info = self.tensor(name)?;
        match &self.weights {
            Weights::Onnx(onnx) if info.dtype.is_text() => {
                let strings = onnx.read_strings(&self.folder, name)?;
                Ok(Some(strings).filter(|strings| strings.len() == info.elements()))
            }
            _ => Ok(None),
        }
    }

    /// The parsed `config.json`, which is an object with its keys in the file's order.
    pub fn config(&self) -> Option<&Value> {
        self.config.as_ref()
    }

    /// The graph of an ONNX model.
    pub fn graph(&self) -> Option<&Graph> {
        self.weights.graph()
    }

    /// The whole of any file in the folder, of at most 64 MB.
    pub fn read_file(&self, path: &RelPath) -> Result<Vec<u8>, FormatError> {
        self.folder.read(path, MAX_TEXT)
    }

    /// Whether a file of this path belongs to the model.
    pub(crate) fn has(&self, path: &RelPath) -> bool {
        self.files.iter().any(|file| file.path == *path)
    }

    /// The file and the range in it that hold exactly a tensor's elements, if there is such a range.
    pub(crate) fn place(&self, name: &str) -> Option<(&RelPath, Range<u64>)> {
        self.weights.place(name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Onnx => "ONNX",
            Self::Safetensors => "safetensors",
        })
    }
}
