//! Further files of the same model, such as an export beside the tensors that it was made of: copied and edited
//! together with it.

use std::collections::BTreeSet;

use crate::{
    Artifact, FormatError, ModelFile, Problem, RelPath, Role,
    artifact::Beside,
    onnx::Onnx,
    safetensors::Safetensors,
    weights::{Twin, Weights},
};

impl Artifact {
    /// The files of the folder that may be the same model once more: graphs and tensors that a copy leaves out.
    pub fn possible_twins(&self) -> impl Iterator<Item = &RelPath> {
        self.left_out().iter().filter(|path| is_possible_twin(path))
    }

    /// The same model with these files of its folder, which it left out before: a copy has them too, with their
    /// external data.
    ///
    /// Of a single file nothing else belongs to the model. It is an error if a file is not there, is no model, or
    /// has data that belong to another one.
    pub fn with_twins(&self, paths: &[RelPath]) -> Result<Self, FormatError> {
        let mut artifact = self.clone();
        for path in paths {
            let weights = if is_onnx(path) {
                Weights::Onnx(Box::new(Onnx::open(&self.folder, path.clone())?))
            } else {
                Weights::Safetensors(Safetensors::open_file(&self.folder, path.clone())?)
            };
            let own: Vec<RelPath> = weights.files().into_iter().cloned().collect();
            for file in own {
                let size = self.folder.open_file(&file)?.1;
                if artifact.has(&file) {
                    let problem = Problem::SharedFile { name: file.to_string() };
                    return Err(FormatError::new(self.folder.locate(path), problem));
                }
                artifact.beside.left_out.retain(|left| *left != file);
                artifact.files.push(ModelFile { path: file, size, role: Role::Weights });
            }
            artifact.twins.push(Twin { path: path.clone(), weights });
        }
        artifact.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(artifact)
    }

    /// The further files of the model, each by the one that is opened.
    pub fn twins(&self) -> impl Iterator<Item = &RelPath> {
        self.twins.iter().map(|twin| &twin.path)
    }

    /// One of them as a model of its own, with the configuration of this one.
    pub fn twin(&self, path: &RelPath) -> Result<Self, FormatError> {
        let shown = self.folder.locate(path);
        let twin = self.twins.iter().find(|twin| twin.path == *path);
        let twin = twin.ok_or_else(|| FormatError::new(&shown, Problem::NotAModelFile))?;
        let own: BTreeSet<&RelPath> = twin.weights.files();
        let is_part = |file: &&ModelFile| own.contains(&file.path) || file.role == Role::Config;
        Ok(Self {
            path: shown,
            folder: self.folder.clone(),
            files: self.files.iter().filter(is_part).cloned().collect(),
            beside: Beside::default(),
            tensors: twin.weights.tensors(),
            config: self.config.clone(),
            weights: twin.weights.clone(),
            twins: Vec::new(),
        })
    }
}

/// Whether a file beside a model may be the same model once more, by its name: a graph, or tensors of a whole model.
#[must_use]
pub fn is_possible_twin(path: &RelPath) -> bool {
    is_onnx(path) || is_tensors(path)
}

fn is_onnx(path: &RelPath) -> bool {
    has_ending(path, ".onnx")
}

/// Tensors of a whole model: neither those of an adapter nor a part of several.
fn is_tensors(path: &RelPath) -> bool {
    let name = path.file_name();
    has_ending(path, ".safetensors") && !name.starts_with("adapter_") && !name.contains("-of-")
}

fn has_ending(path: &RelPath, ending: &str) -> bool {
    path.file_name().to_ascii_lowercase().ends_with(ending)
}
