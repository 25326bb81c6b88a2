//! What classes of the transformers library call their heads that decide for every token, or every pixel.

use declass_formats::Artifact;

use super::{super::names::unwrapped, boxes};
use crate::head::Place;

/// As the table of heads that decide for the whole input.
#[rustfmt::skip]
const HEADS: &[(&[&str], &[&str])] = &[
    (
        &["classifier"],
        &[
            "AlbertForTokenClassification", "BertForTokenClassification", "BigBirdForTokenClassification",
            "BioGptForTokenClassification", "BloomForTokenClassification", "BrosForTokenClassification",
            "CamembertForTokenClassification", "CanineForTokenClassification",
            "ConvBertForTokenClassification", "Data2VecTextForTokenClassification",
            "DebertaForTokenClassification", "DebertaV2ForTokenClassification",
            "DistilBertForTokenClassification", "ElectraForTokenClassification",
            "ErnieForTokenClassification", "EsmForTokenClassification", "EuroBertForTokenClassification",
            "FNetForTokenClassification", "FalconForTokenClassification", "FlaubertForTokenClassification",
            "FunnelForTokenClassification", "GPT2ForTokenClassification",
            "GPTBigCodeForTokenClassification", "GPTNeoForTokenClassification",
            "GPTNeoXForTokenClassification", "GteForTokenClassification", "IBertForTokenClassification",
            "JinaEmbeddingsV3ForTokenClassification", "LayoutLMForTokenClassification",
            "LayoutLMv2ForTokenClassification", "LiltForTokenClassification",
            "LongformerForTokenClassification", "LukeForTokenClassification", "MPNetForTokenClassification",
            "MT5ForTokenClassification", "MarkupLMForTokenClassification",
            "MegatronBertForTokenClassification", "MobileBertForTokenClassification",
            "ModernBertForTokenClassification", "ModernVBertForTokenClassification",
            "MptForTokenClassification", "MraForTokenClassification", "NomicBertForTokenClassification",
            "NystromformerForTokenClassification", "RemBertForTokenClassification",
            "RoCBertForTokenClassification", "RoFormerForTokenClassification",
            "RobertaForTokenClassification", "RobertaPreLayerNormForTokenClassification",
            "SqueezeBertForTokenClassification", "T5ForTokenClassification", "UMT5ForTokenClassification",
            "UltraVBertForTokenClassification", "UltrabertForTokenClassification",
            "ViltForTokenClassification", "XLMForTokenClassification", "XLMRobertaForTokenClassification",
            "XLMRobertaXLForTokenClassification", "XLNetForTokenClassification",
            "XmodForTokenClassification", "YosoForTokenClassification",
        ],
    ),
    (
        &["classifier"],
        &[
            "Data2VecAudioForAudioFrameClassification", "UniSpeechSatForAudioFrameClassification",
            "Wav2Vec2BertForAudioFrameClassification", "Wav2Vec2ConformerForAudioFrameClassification",
            "Wav2Vec2ForAudioFrameClassification", "WavLMForAudioFrameClassification",
        ],
    ),
    (
        &["classifier.out_proj"],
        &[
            "LayoutLMv3ForTokenClassification",
        ],
    ),
    (
        &["decode_head.classifier"],
        &[
            "BeitForSemanticSegmentation", "Data2VecVisionForSemanticSegmentation",
            "SegformerForSemanticSegmentation", "UperNetForSemanticSegmentation",
        ],
    ),
    (
        &["head.head.4"],
        &[
            "DPTForSemanticSegmentation",
        ],
    ),
    (
        &["segmentation_head.classifier.convolution"],
        &[
            "MobileNetV2ForSemanticSegmentation", "MobileViTForSemanticSegmentation",
            "MobileViTV2ForSemanticSegmentation",
        ],
    ),
    (
        &["score"],
        &[
            "AXK1ForTokenClassification", "AXK2ForTokenClassification", "ApertusForTokenClassification",
            "ArceeForTokenClassification", "BeamForTokenClassification", "DeepseekV3ForTokenClassification",
            "DiffLlamaForTokenClassification", "EsmcForTokenClassification",
            "Exaone4ForTokenClassification", "Gemma2ForTokenClassification", "GemmaForTokenClassification",
            "Glm4ForTokenClassification", "GlmForTokenClassification", "GptOssForTokenClassification",
            "HeliumForTokenClassification", "LlamaForTokenClassification", "MiniMaxForTokenClassification",
            "Ministral3ForTokenClassification", "MinistralForTokenClassification",
            "Mistral4ForTokenClassification", "MistralForTokenClassification",
            "MixtralForTokenClassification", "NemotronForTokenClassification",
            "OpenAIPrivacyFilterForTokenClassification", "PersimmonForTokenClassification",
            "Phi3ForTokenClassification", "PhiForTokenClassification", "Qwen2ForTokenClassification",
            "Qwen2MoeForTokenClassification", "Qwen3ASRForTokenClassification",
            "Qwen3ForTokenClassification", "Qwen3MoeForTokenClassification",
            "Qwen3NextForTokenClassification", "Qwen3_5ForTokenClassification",
            "SeedOssForTokenClassification", "SmolLM3ForTokenClassification",
            "StableLmForTokenClassification", "Starcoder2ForTokenClassification",
        ],
    ),
    (
        &["score.out_proj"],
        &[
            "T5Gemma2ForTokenClassification", "T5GemmaForTokenClassification",
        ],
    ),
];

/// What a class decides for, where that is not the whole input.
pub(in crate::cut) fn place(class: &str) -> Option<Place> {
    if class.ends_with("ForTokenClassification") && !class.contains("Spade") {
        return Some(Place::Token);
    }
    if boxes::detector(class).is_some() {
        return Some(Place::Box);
    }
    if class.ends_with("ForAudioFrameClassification") {
        return Some(Place::Frame);
    }
    class.ends_with("ForSemanticSegmentation").then_some(Place::Pixel)
}

/// Whether several classes of a class of the library are right at once, as several speak in one frame of a sound.
pub(in crate::cut) fn is_independent(class: &str) -> bool {
    place(class) == Some(Place::Frame)
}

/// All heads that are known, with the classes that have them.
pub(super) fn all() -> impl Iterator<Item = (&'static [&'static str], &'static [&'static str])> {
    HEADS.iter().copied()
}

/// The head of a class of the library.
pub(super) fn heads(class: &str) -> Option<&'static [&'static str]> {
    HEADS.iter().find(|(_, classes)| classes.contains(&class)).map(|(heads, _)| *heads)
}

/// The heads of torchvision's segmentation models, whose files have no configuration: the sum of the results of both
/// where there are two. Told by the names of all tensors, and of what stands before the head.
pub(in crate::cut) fn torchvision(artifact: &Artifact) -> Option<&'static [&'static str]> {
    let names = || artifact.tensors().keys().map(|name| unwrapped(name));
    let is_part = |name: &str| {
        let part = name.split('.').next().unwrap_or_default();
        matches!(part, "aux_classifier" | "backbone" | "classifier")
    };
    let has = |wanted: &str| names().any(|name| name == wanted);
    if !names().all(is_part) || !names().any(|name| name.starts_with("backbone.")) {
        return None;
    }
    let fcn = has("classifier.0.weight") && has("classifier.1.running_mean") && !has("classifier.3.weight");
    let deeplab = has("classifier.0.convs.0.0.weight") && has("classifier.2.running_mean");
    if has("classifier.4.weight") && (fcn || deeplab) {
        return Some(&["classifier.4"]);
    }
    let lraspp = ["cbr.0", "scale.1", "low_classifier", "high_classifier"];
    let is_lraspp = lraspp.iter().all(|part| has(&format!("classifier.{part}.weight")));
    is_lraspp.then_some(&["classifier.low_classifier", "classifier.high_classifier"])
}

/// A head that a class has instead where there are fewer classes than this number.
pub(in crate::cut) fn instead(class: &str) -> Option<(&'static [&'static str], usize)> {
    (class == "LayoutLMv3ForTokenClassification").then_some((&["classifier"], 10))
}
