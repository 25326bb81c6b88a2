//! Classifiers whose head is stored where or how it cannot be edited, each called what it is.

use declass_formats::Artifact;

use super::{refusal, refuse::architectures};
use crate::error::Error;

/// Heads of other libraries, pickled beside an encoder.
const PICKLED_HEADS: [&str; 3] = ["model_head.joblib", "model_head.pkl", "model_head.pickle"];
/// Parts that only detectors have, of which the names of the tensors tell.
const DETECTORS: [&str; 2] = [".anchors", ".dfl.conv.weight"];

/// Refuses a head that is not in the weights, or not as a matrix with one row per class.
pub(super) fn check(artifact: &Artifact) -> Result<(), Error> {
    pickled(artifact)?;
    let names = || artifact.tensors().keys().map(String::as_str);
    if let Some(name) = names().find(|name| DETECTORS.iter().any(|end| name.ends_with(end))) {
        return Err(refusal(
            format!("it detects objects (tensor `{name}`)"),
            "supply a model that gives one logit per class for the whole input",
        ));
    }
    let matrix = |end: &str| {
        let is_matrix = |shape: &[usize]| shape.len() == 2;
        artifact
            .tensors()
            .iter()
            .find(|(name, info)| name.ends_with(end) && is_matrix(&info.shape))
            .map(|(name, _)| name.as_str())
    };
    if matrix(".weight").is_some() {
        return Ok(());
    }
    if let Some(name) = matrix(".kernel") {
        return Err(refusal(
            format!("the weights are laid out as Flax does: `{name}` is stored as [features, classes]"),
            "store the matrices as PyTorch does: [classes, features], under names that end in `.weight`",
        ));
    }
    if let Some(name) = matrix(".parametrizations.weight.original1").or_else(|| matrix(".weight_v")) {
        return Err(refusal(
            format!(
                "the head is weight-normalised: its matrix is computed from `{name}` and a length per row"
            ),
            "take the normalisation out before saving, such as by `torch.nn.utils.parametrize.remove_parametrizations`",
        ));
    }
    Ok(())
}

/// An encoder beside which the head lies as a pickle, as SetFit writes it.
fn pickled(artifact: &Artifact) -> Result<(), Error> {
    let is_classifier =
        artifact.config().is_some_and(|config| architectures(config).iter().any(|it| it.contains("Classif")));
    let head = artifact.left_out().iter().find(|path| PICKLED_HEADS.contains(&path.as_str()));
    match head.filter(|_| !is_classifier) {
        Some(head) => Err(refusal(
            format!(
                "the weights are those of the encoder alone; its head is `{head}`, a pickle (as SetFit writes it), and \
                     reading a pickle can run code"
            ),
            "load the head where you trust it and convert it with skl2onnx; the ONNX file of a linear head can be unlearned",
        )),
        None => Ok(()),
    }
}
