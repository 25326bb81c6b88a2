//! What an architecture guarantees of every embedding, whatever the input: in exact arithmetic, and only
//! where it is certain.

use declass_formats::Artifact;
use serde_json::Value;

use super::Branch;
use crate::head::Bound;

/// Classes of the transformers library whose head reads tokens, or a mean of tokens, right behind the layer
/// normalisation of this name.
const NORMALISED: [(&str, &str); 9] = [
    ("ConvNextForImageClassification", "convnext.layernorm"),
    ("ConvNextV2ForImageClassification", "convnextv2.layernorm"),
    ("DeiTForImageClassification", "deit.layernorm"),
    ("IJepaForImageClassification", "ijepa.layernorm"),
    ("SwinForImageClassification", "swin.layernorm"),
    ("Swinv2ForImageClassification", "swinv2.layernorm"),
    ("ViTForImageClassification", "vit.layernorm"),
    ("ViTMSNForImageClassification", "vit.layernorm"),
    ("VivitForVideoClassification", "vivit.layernorm"),
];
/// Those whose head reads a mean of what `hidden_act` of the configuration makes.
const ACTIVATED: [&str; 2] = ["RegNetForImageClassification", "ResNetForImageClassification"];

/// What the configuration of a model folder guarantees of the embedding of its only head, if its architecture
/// is known, its code is the library's own, and head and normalisation have the names and extents they have
/// there.
pub(super) fn bound(artifact: &Artifact, branches: &[Branch]) -> Option<Bound> {
    let [branch] = branches else { return None };
    let config = artifact.config().filter(|config| config.get("auto_map").is_none())?;
    let architecture = match config.get("architectures")?.as_array()?.as_slice() {
        [Value::String(name)] => name.as_str(),
        _ => return None,
    };
    let head = branch.weight.tensor.as_str();
    if ACTIVATED.contains(&architecture) && head == "classifier.1.weight" {
        let rectified = config.get("hidden_act")?.as_str()? == "relu";
        let reason = "ReLU and average pooling, by `config.json`".to_owned();
        return rectified.then_some(Bound::NonNegative { reason });
    }
    let (_, module) = NORMALISED.iter().find(|(name, _)| *name == architecture)?;
    let epsilon = config.get("layer_norm_eps").map_or(Some(0.0), Value::as_f64)?;
    if head != "classifier.weight" || epsilon < 0.0 {
        return None;
    }
    let part = |part: &str| {
        let name = format!("{module}.{part}");
        let info = artifact.tensors().get(&name).filter(|info| info.shape == [branch.width])?;
        info.dtype.is_float().then(|| info.dtype.decode_f64(&artifact.read_tensor(&name).ok()?))?
    };
    Bound::layer_norm(&part("weight")?, &part("bias")?, module)
}
