//! What is not a classifier that can be treated, told from the folder and its configuration.

use declass_formats::Artifact;
use serde_json::Value;

use super::refusal;
use crate::error::Error;

/// How an architecture's name gives away what it is.
enum Mark {
    Contains(&'static str),
    Ends(&'static str),
    Is(&'static str),
}

use Mark::{Contains, Ends, Is};

const TOKENS: &str = "it is generative: its outputs are tokens, not classes";
const DETECTOR: &str = "it detects objects";
const DENSE: &str = "it predicts for every pixel or point";
const OTHER_HEAD: &str = "it has no head with one logit per class";
const PROMPTS: &str = "its classes are text prompts, not weights";

/// Architectures that have no class axis in a head, or one per token, pixel or box.
const ARCHITECTURES: &[(Mark, &str)] = &[
    (Ends("ForTokenClassification"), "it decides for every token"),
    (Ends("ForAudioFrameClassification"), "it decides for every frame"),
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

/// Refuses what the configuration or the names of the tensors show to be something else.
pub(super) fn check(artifact: &Artifact) -> Result<(), Error> {
    if let Some(config) = artifact.config() {
        check_architecture(config)?;
        check_settings(config)?;
    }
    check_names(artifact)
}

/// Whether an architecture classifies whole inputs.
pub(super) fn classifies(architecture: &str) -> bool {
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
    let Some(first) = names.first().filter(|_| !names.iter().any(|name| classifies(name))) else {
        return Ok(());
    };
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
    if config.get("model_type").is_some() && !names.iter().any(|name| name.contains("Classif")) {
        let what = if first.ends_with("Model") {
            "is a backbone or embedding model without a classifier head"
        } else {
            "is not known to be a classifier of whole inputs"
        };
        return Err(refusal(
            format!("`{first}` {what}"),
            "supply the fine-tuned classifier, whose architecture ends in `...Classification`",
        ));
    }
    Ok(())
}

fn check_settings(config: &Value) -> Result<(), Error> {
    if config.get("problem_type").and_then(Value::as_str) == Some("regression") {
        return Err(refusal(
            "it is a regression head (`problem_type` is `regression`)",
            "there is no class to remove",
        ));
    }
    match config.get("quantization_config") {
        None | Some(Value::Null) => Ok(()),
        Some(quantisation) => {
            let method = quantisation.get("quant_method").and_then(Value::as_str).unwrap_or("unknown method");
            Err(quantised(&format!("`quantization_config` ({method})")))
        }
    }
}

fn check_names(artifact: &Artifact) -> Result<(), Error> {
    let names = || artifact.tensors().keys().map(String::as_str);
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let decoder = |name: &&str| {
        DENSE_MODULES.contains(&first(name).as_str())
            || name.starts_with("head.classification_head.")
            || name.starts_with("head.regression_head.")
    };
    let behind_backbone = |name: &&str| {
        let rest = name.strip_prefix("classifier.").unwrap_or_default();
        let numbered = rest.strip_suffix(".weight").is_some_and(|index| index.parse::<usize>().is_ok());
        numbered || rest.starts_with("low_") || rest.starts_with("high_")
    };
    let has_backbone = names().any(|name| name.starts_with("backbone."));
    if let Some(name) =
        names().find(decoder).or_else(|| names().find(behind_backbone).filter(|_| has_backbone))
    {
        return Err(refusal(
            format!("tensor `{name}` belongs to a segmentation or detection model"),
            "supply a model that gives one logit per class for the whole input",
        ));
    }
    let is_quantised = |name: &&str| {
        name.contains(".quant_state.")
            || name.rsplit_once('.').is_some_and(|(_, last)| QUANTISED.contains(&last))
    };
    names().find(is_quantised).map_or(Ok(()), |name| Err(quantised(&format!("tensor `{name}`"))))
}

fn quantised(what: &str) -> Error {
    refusal(
        format!("the checkpoint is quantised: {what}"),
        "dequantise it first, or supply the original weights",
    )
}
