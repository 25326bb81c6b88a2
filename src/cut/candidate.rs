//! The matrices of a state dict.

use declass_formats::{Artifact, TensorInfo};

use super::names;

/// How many candidates a sentence lists.
pub(super) const LISTED: usize = 8;

/// A weight that could make classes.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) tensor: &'a str,
    /// Module path without wrappers.
    pub(super) module: String,
    pub(super) info: &'a TensorInfo,
    pub(super) bias_name: String,
    pub(super) bias: Option<&'a TensorInfo>,
    /// Whether the weight is computed from this tensor and others when the model runs.
    pub(super) derived: bool,
}

impl Candidate<'_> {
    pub(super) fn rows(&self) -> usize {
        self.info.shape[0]
    }

    pub(super) fn columns(&self) -> usize {
        self.info.shape[1]
    }

    /// Whether it makes as many results as it reads, as a layer behind the logits would.
    pub(super) fn is_square(&self) -> bool {
        self.rows() == self.columns()
    }

    /// Whether a name, of the module or the tensor, is this one's.
    pub(super) fn is(&self, name: &str) -> bool {
        let module = name.strip_suffix(".weight").unwrap_or(name);
        self.module == module || self.tensor == name || self.tensor.strip_suffix(".weight") == Some(module)
    }
}

/// How the weight of a module is stored where it is computed from several tensors.
const DERIVED: [&str; 4] =
    [".parametrizations.weight.original1", ".parametrizations.weight.original", ".weight_orig", ".weight_v"];

/// Every weight of rank 2, or of a convolution with unit kernel.
pub(super) fn matrices(artifact: &Artifact) -> Vec<Candidate<'_>> {
    let matrix =
        |shape: &[usize]| matches!(shape, [_, _, kernel @ ..] if kernel.iter().all(|extent| *extent == 1));
    artifact
        .tensors()
        .iter()
        .filter(|(_, info)| matrix(&info.shape) && info.shape.len() <= 5 && info.elements() > 0)
        .filter_map(|(tensor, info)| {
            let stored = tensor.strip_suffix(".weight");
            let derived = || DERIVED.iter().find_map(|suffix| tensor.strip_suffix(suffix));
            let path = stored.or_else(derived)?;
            let bias_name = format!("{path}.bias");
            let bias = artifact.tensors().get(&bias_name);
            let module = names::module(names::unwrapped(path));
            Some(Candidate { tensor, module, info, bias_name, bias, derived: stored.is_none() })
        })
        .collect()
}

/// All with their extents.
pub(super) fn described(candidates: &[Candidate<'_>]) -> Vec<String> {
    candidates.iter().map(|it| format!("{} {:?}", it.tensor, it.info.shape)).collect()
}

/// The first few with their extents.
pub(super) fn listed(candidates: &[Candidate<'_>]) -> Vec<String> {
    described(&candidates[..candidates.len().min(LISTED)])
}
