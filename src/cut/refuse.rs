//! What is not a classifier that can be treated, told from the folder and its configuration.

use declass_formats::{Artifact, ModelFile, TensorInfo};
use serde_json::Value;

use super::{
    candidate::Candidate,
    library::{
        self,
        boxes::{self, Detector, Scores},
        places,
    },
    not_this_head, refusal,
};
use crate::{error::Error, head::Place};

/// How an architecture's name gives away what it is.
enum Mark {
    Contains(&'static str),
    Ends(&'static str),
    Is(&'static str),
}

use Mark::{Contains, Ends, Is};

const TOKENS: &str = "it is generative: its outputs are tokens, not classes";
const DETECTOR: &str = "it detects objects";
const DENSE: &str = "it predicts for every pixel or point, and its head is not known";
const OTHER_HEAD: &str = "it has no head with one logit per class";
const PROMPTS: &str = "its classes are text prompts, not weights";

/// Architectures that have no class axis in a head, or none that is known.
const ARCHITECTURES: &[(Mark, &str)] = &[
    (Contains("Spade"), "its second head relates tokens to each other"),
    (Ends("ForAudioFrameClassification"), "it decides for every frame of a sound, and its head is not known"),
    (Contains("ObjectDetection"), DETECTOR),
    (Contains("Segmentation"), DENSE),
    (Ends("ForDepthEstimation"), DENSE),
    (Contains("ForKeypoint"), DENSE),
    (Ends("ForCausalLM"), TOKENS),
    (Ends("LMHeadModel"), TOKENS),
    (Ends("ForConditionalGeneration"), TOKENS),
    (Ends("ForMaskedLM"), TOKENS),
    (Ends("ForSeq2SeqLM"), TOKENS),
    (Ends("ForSpeechSeq2Seq"), TOKENS),
    (Ends("ForTextToWaveform"), TOKENS),
    (Ends("ForImageTextToText"), TOKENS),
    (Ends("ForCTC"), "its classes are characters"),
    (
        Ends("ForQuestionAnswering"),
        "it has no class axis: its two outputs are the start and the end of a span",
    ),
    (Ends("ForMultipleChoice"), "it has one score per choice"),
    (Ends("ForMaskedImageModeling"), OTHER_HEAD),
    (Ends("ForPreTraining"), OTHER_HEAD),
    (Ends("ForImageToImage"), OTHER_HEAD),
    (Ends("ForXVector"), OTHER_HEAD),
    (Contains("ZeroShot"), PROMPTS),
    (Is("CLIPModel"), PROMPTS),
    (Is("SiglipModel"), PROMPTS),
    (Is("Siglip2Model"), PROMPTS),
    (Is("AlignModel"), PROMPTS),
];

/// First components of tensor names in segmentation and detection checkpoints.
const DENSE_MODULES: &[&str] =
    &["aux_classifier", "bbox_embed", "decode_head", "mask_head", "roi_heads", "rpn"];

/// Last components of tensor names that only quantised checkpoints have.
const QUANTISED: &[&str] = &[
    "SCB",
    "absmax",
    "g_idx",
    "input_scale",
    "nested_absmax",
    "quant_map",
    "qweight",
    "qzeros",
    "scales",
    "weight_packed",
    "weight_scale",
    "weight_scale_inv",
    "weight_zero_point",
];

/// Refuses what the configuration or the names of the tensors show to be something else. What only names
/// suggest yields to a head that is named by hand.
pub(super) fn check(artifact: &Artifact, is_named: bool) -> Result<(), Error> {
    if let Some(config) = artifact.config() {
        check_architecture(config)?;
        check_settings(config)?;
    }
    check_adapter(artifact)?;
    let is_known = artifact.config().is_some_and(|config| {
        let class = architectures(config).first().copied();
        matches!(class.and_then(places::place), Some(Place::Box | Place::Pixel))
    });
    if is_named || is_known { Ok(()) } else { check_names(artifact) }
}

/// Whether the configuration says that several classes are right at once, by the class of the library that it names.
pub(super) fn is_independent(config: Option<&Value>) -> bool {
    let first = config.and_then(|config| architectures(config).first().copied());
    detector(config).is_some_and(|it| it.scores == Scores::Independent)
        || first.is_some_and(places::is_independent)
}

/// Whether a detector looks again where the scores of a first stage are largest, by its configuration.
pub(super) fn has_two_stages(config: Option<&Value>) -> bool {
    config.is_some_and(|config| {
        let may_have = architectures(config).contains(&"DeformableDetrForObjectDetection");
        may_have && config.get("two_stage").and_then(Value::as_bool) == Some(true)
    })
}

/// What is known of the detector that a configuration names.
pub(super) fn detector(config: Option<&Value>) -> Option<&'static Detector> {
    // Code that comes with a model may do anything under any name.
    match architectures(config.filter(|config| config.get("auto_map").is_none())?).as_slice() {
        [only] => boxes::detector(only),
        _ => None,
    }
}

/// What the model decides for, by its configuration or that of its adapter, where that is not the whole input.
pub(super) fn place(artifact: &Artifact) -> Result<Option<Place>, Error> {
    let first = artifact.config().and_then(|config| architectures(config).first().copied());
    if let Some(place) = first.and_then(places::place) {
        return Ok(Some(place));
    }
    Ok(adapter_task(artifact)?.filter(|task| task == "TOKEN_CLS").map(|_| Place::Token))
}

/// Whether an architecture classifies whole inputs, or their tokens, or the pixels with a head that is known.
pub(super) fn classifies(architecture: &str) -> bool {
    match places::place(architecture) {
        Some(Place::Frame | Place::Pixel) => return library::heads(architecture).is_some(),
        Some(_) => return true,
        None => {}
    }
    let stem = ["WithTeacher", "Learned", "Fourier", "ConvProcessing"]
        .iter()
        .find_map(|suffix| architecture.strip_suffix(suffix))
        .unwrap_or(architecture);
    [
        "ForImageClassification",
        "ForSequenceClassification",
        "ForAudioClassification",
        "ForVideoClassification",
    ]
    .iter()
    .any(|suffix| stem.ends_with(suffix) && !stem.contains("ZeroShot"))
}

pub(super) fn architectures(config: &Value) -> Vec<&str> {
    let list = config.get("architectures").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn check_architecture(config: &Value) -> Result<(), Error> {
    let names = architectures(config);
    if names.iter().any(|name| classifies(name)) {
        return Ok(());
    }
    for name in &names {
        let hit = ARCHITECTURES.iter().find(|(mark, _)| match mark {
            Contains(part) => name.contains(part),
            Ends(end) => name.ends_with(end),
            Is(whole) => name == whole,
        });
        if let Some((_, why)) = hit {
            return Err(refusal(format!("`{name}`: {why}"), "supply a model that gives one logit per class"));
        }
    }
    Ok(())
}

/// Why the configuration says that there is no head, if it does: its class is none that classifies. Whoever
/// writes a class of their own may call it as they like.
pub(super) fn backbone(artifact: &Artifact) -> Option<Error> {
    let config = artifact.config().filter(|config| config.get("model_type").is_some())?;
    let names = architectures(config);
    let first = names.first().filter(|_| !names.iter().any(|name| name.contains("Classif")))?;
    let what = if first.ends_with("Model") {
        "is a backbone or embedding model without a classifier head"
    } else {
        "is not known to be a classifier of whole inputs"
    };
    Some(refusal(
        format!("`{first}` {what}"),
        "supply the fine-tuned classifier, whose architecture ends in `...Classification`",
    ))
}

fn check_settings(config: &Value) -> Result<(), Error> {
    if config.get("problem_type").and_then(Value::as_str) == Some("regression") {
        return Err(refusal(
            "it is a regression head (`problem_type` is `regression`)",
            "there is no class to remove",
        ));
    }
    Ok(())
}

/// An adapter with a head of its own is one for classification.
fn check_adapter(artifact: &Artifact) -> Result<(), Error> {
    match adapter_task(artifact)?.as_deref() {
        Some("SEQ_CLS" | "TOKEN_CLS") | None => Ok(()),
        Some(other) => Err(refusal(
            format!("it is an adapter for another task than classification (`{}`)", other.escape_debug()),
            "merge it into its base model and save that as safetensors",
        )),
    }
}

/// What an adapter is for, by its configuration.
fn adapter_task(artifact: &Artifact) -> Result<Option<String>, Error> {
    let Some(file) = adapter(artifact) else { return Ok(None) };
    let config = declass_formats::parse_json(&artifact.read_file(&file.path)?).unwrap_or_default();
    Ok(config.get("task_type").and_then(Value::as_str).map(Into::into))
}

/// Whether the weights are changes to a base model that lies elsewhere.
pub(super) fn is_adapter(artifact: &Artifact) -> bool {
    adapter(artifact).is_some()
}

fn adapter(artifact: &Artifact) -> Option<&ModelFile> {
    artifact.files().iter().find(|file| file.path.as_str() == "adapter_config.json")
}

/// Whether the numbers of a head are stored as they are used.
pub(super) fn check_stored(artifact: &Artifact, head: &Candidate<'_>) -> Result<(), Error> {
    let path = head.bias_name.strip_suffix("bias").unwrap_or(&head.bias_name);
    let beside = || artifact.tensors().keys().filter_map(|name| name.strip_prefix(path));
    let is_changed = |name: &str| name.starts_with("lora_") || name.starts_with("weight_mask");
    if head.derived || path.ends_with(".base_layer.") || beside().any(is_changed) {
        return Err(refusal(
            format!(
                "the weight of the head `{}` is computed from several tensors (`{}` and others)",
                head.module, head.tensor
            ),
            "take weight normalisation, pruning or the adapter out of the head before the model is saved (in PyTorch \
             `remove_parametrizations`, `prune.remove`, `merge_and_unload`)",
        ));
    }
    if beside().any(|rest| rest.starts_with("quant_state.") || QUANTISED.contains(&rest)) {
        return Err(quantised_by(&format!("tensor `{}`", head.tensor)));
    }
    let integer = |info: &TensorInfo| !info.dtype.is_float();
    if integer(head.info) || head.bias.is_some_and(integer) {
        return Err(refusal(
            format!("the head `{}` is stored as {}", head.module, head.info.dtype.name()),
            "dequantise the model first",
        ));
    }
    Ok(())
}

fn check_names(artifact: &Artifact) -> Result<(), Error> {
    let names = || artifact.tensors().keys().map(String::as_str);
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let decoder = |name: &&str| {
        DENSE_MODULES.contains(&first(name).as_str())
            || name.starts_with("head.classification_head.")
            || name.starts_with("head.regression_head.")
    };
    // What stands behind a backbone for every pixel is made of convolutions.
    let behind_backbone = |name: &&str| {
        let is_convolution = artifact.tensors().get(*name).is_some_and(|info| info.shape.len() == 4);
        name.starts_with("classifier.") && is_convolution
    };
    let has_backbone = names().any(|name| name.starts_with("backbone."));
    if let Some(name) =
        names().find(decoder).or_else(|| names().find(behind_backbone).filter(|_| has_backbone))
    {
        return Err(not_this_head(format!(
            "tensor `{name}` belongs to a segmentation or detection model, which does not give one logit per class \
             for the whole input"
        )));
    }
    Ok(())
}

/// That a checkpoint is quantised, if something says so. What is not its head may be.
pub(super) fn quantised(artifact: &Artifact) -> Option<Error> {
    let setting = artifact.config().and_then(|config| config.get("quantization_config"));
    if let Some(setting) = setting.filter(|setting| !setting.is_null()) {
        let method = setting.get("quant_method").and_then(Value::as_str).unwrap_or("unknown method");
        return Some(quantised_by(&format!("`quantization_config` ({method})")));
    }
    let is_quantised = |name: &&String| {
        name.contains(".quant_state.")
            || name.rsplit_once('.').is_some_and(|(_, last)| QUANTISED.contains(&last))
    };
    artifact.tensors().keys().find(is_quantised).map(|name| quantised_by(&format!("tensor `{name}`")))
}

fn quantised_by(what: &str) -> Error {
    refusal(
        format!("the head is quantised, or hidden among quantised weights: {what}"),
        "dequantise it first, or supply the original weights",
    )
}
