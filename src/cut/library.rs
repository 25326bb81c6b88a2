//! What classes of the transformers library call their heads.

pub(super) mod boxes;
pub(super) mod masks;
pub(super) mod places;
pub(super) mod served;
pub(super) mod timm;
pub(super) mod torchvision;
pub(super) mod types;

/// The names of the heads that the library's own code of these classes reads its logits from; of several, the
/// logits are the mean. Nothing else in a file is loaded behind the encoder.
#[rustfmt::skip]
const HEADS: [(&[&str], &[&str]); 17] = [
    (
        &["classification_head.out_proj"],
        &[
            "BartForSequenceClassification", "BigBirdPegasusForSequenceClassification",
            "MBartForSequenceClassification", "MT5ForSequenceClassification",
            "MvpForSequenceClassification", "PLBartForSequenceClassification",
            "T5ForSequenceClassification", "UMT5ForSequenceClassification",
        ],
    ),
    (
        &["classifier"],
        &[
            "AlbertForSequenceClassification", "BeitForImageClassification",
            "BertForSequenceClassification", "CLIPForImageClassification", "CTRLForSequenceClassification",
            "CanineForSequenceClassification", "ConvNextForImageClassification",
            "ConvNextV2ForImageClassification", "CvtForImageClassification",
            "Data2VecAudioForSequenceClassification", "Data2VecVisionForImageClassification",
            "DebertaForSequenceClassification", "DebertaV2ForSequenceClassification",
            "DeiTForImageClassification", "DinatForImageClassification", "Dinov2ForImageClassification",
            "Dinov2WithRegistersForImageClassification", "DistilBertForSequenceClassification",
            "DonutSwinForImageClassification", "EfficientNetForImageClassification",
            "ErnieForSequenceClassification", "EuroBertForSequenceClassification",
            "FNetForSequenceClassification", "FocalNetForImageClassification",
            "GteForSequenceClassification", "HieraForImageClassification",
            "HubertForSequenceClassification", "IJepaForImageClassification",
            "LayoutLMForSequenceClassification", "LayoutLMv2ForSequenceClassification",
            "LukeForSequenceClassification", "MarkupLMForSequenceClassification",
            "MegatronBertForSequenceClassification", "MetaClip2ForImageClassification",
            "MobileBertForSequenceClassification", "MobileNetV1ForImageClassification",
            "MobileNetV2ForImageClassification", "MobileViTForImageClassification",
            "MobileViTV2ForImageClassification", "ModernBertDecoderForSequenceClassification",
            "ModernBertForSequenceClassification", "ModernVBertForSequenceClassification",
            "NomicBertForSequenceClassification", "PoolFormerForImageClassification",
            "PvtForImageClassification", "PvtV2ForImageClassification", "RemBertForSequenceClassification",
            "RoCBertForSequenceClassification", "SEWDForSequenceClassification",
            "SEWForSequenceClassification", "SegformerForImageClassification",
            "Siglip2ForImageClassification", "SiglipForImageClassification",
            "SqueezeBertForSequenceClassification", "SwinForImageClassification",
            "Swinv2ForImageClassification", "TapasForSequenceClassification",
            "TimesformerForVideoClassification", "UltraVBertForSequenceClassification",
            "UltrabertForSequenceClassification", "UniSpeechForSequenceClassification",
            "UniSpeechSatForSequenceClassification", "VJEPA2ForVideoClassification",
            "ViTForImageClassification", "ViTMSNForImageClassification", "VideoMAEForVideoClassification",
            "VideoPrismForVideoClassification", "VivitForVideoClassification",
            "Wav2Vec2BertForSequenceClassification", "Wav2Vec2ConformerForSequenceClassification",
            "Wav2Vec2ForSequenceClassification", "WavLMForSequenceClassification",
            "WhisperForAudioClassification",
        ],
    ),
    (
        &["classifier.1"],
        &[
            "BitForImageClassification", "RegNetForImageClassification", "ResNetForImageClassification",
        ],
    ),
    (
        &["classifier.dense"],
        &[
            "ASTForAudioClassification",
        ],
    ),
    (
        &["classifier.linear"],
        &[
            "LevitForImageClassification",
        ],
    ),
    (
        &["classifier.linear", "classifier_distill.linear"],
        &[
            "LevitForImageClassificationWithTeacher",
        ],
    ),
    (
        &["classifier.linear_out"],
        &[
            "FunnelForSequenceClassification",
        ],
    ),
    (
        &["classifier.out_proj"],
        &[
            "BigBirdForSequenceClassification", "CamembertForSequenceClassification",
            "ConvBertForSequenceClassification", "Data2VecTextForSequenceClassification",
            "ElectraForSequenceClassification", "EsmForSequenceClassification",
            "EsmcForSequenceClassification", "IBertForSequenceClassification",
            "JinaEmbeddingsV3ForSequenceClassification", "LayoutLMv3ForSequenceClassification",
            "LiltForSequenceClassification", "LongformerForSequenceClassification",
            "MPNetForSequenceClassification", "MraForSequenceClassification",
            "NystromformerForSequenceClassification", "ReformerForSequenceClassification",
            "RoFormerForSequenceClassification", "RobertaForSequenceClassification",
            "RobertaPreLayerNormForSequenceClassification", "XLMRobertaForSequenceClassification",
            "XLMRobertaXLForSequenceClassification", "XmodForSequenceClassification",
            "YosoForSequenceClassification",
        ],
    ),
    (
        &["cls_classifier", "distillation_classifier"],
        &[
            "DeiTForImageClassificationWithTeacher",
        ],
    ),
    (
        &["fc"],
        &[
            "HGNetV2ForImageClassification", "TextNetForImageClassification",
        ],
    ),
    (
        &["head"],
        &[
            "PPLCNetForImageClassification",
        ],
    ),
    (
        &["head", "dist_head"],
        &[
            "SwiftFormerForImageClassification",
        ],
    ),
    (
        &["logits_proj"],
        &[
            "XLNetForSequenceClassification",
        ],
    ),
    (
        &["perceiver.decoder.decoder.final_layer"],
        &[
            "PerceiverForImageClassificationConvProcessing", "PerceiverForImageClassificationFourier",
            "PerceiverForImageClassificationLearned", "PerceiverForSequenceClassification",
        ],
    ),
    (
        &["score"],
        &[
            "AXK1ForSequenceClassification", "AXK2ForSequenceClassification",
            "ArceeForSequenceClassification", "BioGptForSequenceClassification",
            "BloomForSequenceClassification", "DeepseekV2ForSequenceClassification",
            "DeepseekV3ForSequenceClassification", "DiffLlamaForSequenceClassification",
            "DogeForSequenceClassification", "Exaone4ForSequenceClassification",
            "FalconForSequenceClassification", "GPT2ForSequenceClassification",
            "GPTBigCodeForSequenceClassification", "GPTJForSequenceClassification",
            "GPTNeoForSequenceClassification", "GPTNeoXForSequenceClassification",
            "Gemma2ForSequenceClassification", "Gemma3ForSequenceClassification",
            "Gemma3TextForSequenceClassification", "GemmaForSequenceClassification",
            "Glm4ForSequenceClassification", "GlmForSequenceClassification",
            "GptOssForSequenceClassification", "HeliumForSequenceClassification",
            "HunYuanDenseV1ForSequenceClassification", "HunYuanMoEV1ForSequenceClassification",
            "ImageGPTForImageClassification", "JambaForSequenceClassification",
            "JetMoeForSequenceClassification", "LlamaForSequenceClassification",
            "MiniCPM3ForSequenceClassification", "MiniMaxForSequenceClassification",
            "Ministral3ForSequenceClassification", "MinistralForSequenceClassification",
            "Mistral4ForSequenceClassification", "MistralForSequenceClassification",
            "MixtralForSequenceClassification", "MptForSequenceClassification",
            "NemotronForSequenceClassification", "OPTForSequenceClassification",
            "Olmo2ForSequenceClassification", "Olmo3ForSequenceClassification",
            "OlmoForSequenceClassification", "OpenAIGPTForSequenceClassification",
            "PersimmonForSequenceClassification", "Phi3ForSequenceClassification",
            "PhiForSequenceClassification", "PhimoeForSequenceClassification",
            "Qwen2ForSequenceClassification", "Qwen2MoeForSequenceClassification",
            "Qwen3ForSequenceClassification", "Qwen3MoeForSequenceClassification",
            "Qwen3NextForSequenceClassification", "Qwen3_5ForSequenceClassification",
            "Qwen3_5TextForSequenceClassification", "SeedOssForSequenceClassification",
            "SmolLM3ForSequenceClassification", "StableLmForSequenceClassification",
            "Starcoder2ForSequenceClassification", "Zamba2ForSequenceClassification",
            "ZambaForSequenceClassification",
        ],
    ),
    (
        &["score.out_proj"],
        &[
            "T5Gemma2ForSequenceClassification", "T5GemmaForSequenceClassification",
        ],
    ),
    (
        &["sequence_summary.summary"],
        &[
            "FlaubertForSequenceClassification", "XLMForSequenceClassification",
        ],
    ),
];

/// The head of a class of the library, or its heads.
pub(super) fn heads(class: &str) -> Option<&'static [&'static str]> {
    let whole = HEADS.iter().find(|(_, classes)| classes.contains(&class)).map(|(heads, _)| *heads);
    whole.or_else(|| places::heads(class))
}

/// Whether the library's class or type has no bias at these heads; a bias in a file is then left out when it is loaded.
pub(super) fn is_without_bias(kind: &str, heads: &[&str]) -> bool {
    let others = [
        "CTRLForSequenceClassification",
        "ModernBertDecoderForSequenceClassification",
        "ctrl",
        "modernbert-decoder",
    ];
    let every_token = places::place(kind).is_some();
    (heads == ["score"] && !every_token) || kind == "Qwen3ASRForTokenClassification" || others.contains(&kind)
}

/// Tensors that the library's classes have beside encoder and head, and that count something else than classes.
pub(super) const OWN: &[&str] = &["layer_weights"];
