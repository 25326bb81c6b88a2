//! What the transformers library calls the heads of its types of models (`model_type` of a configuration).

/// The names of the heads that one of the classes loads which the library itself chooses for these types; of
/// several, the logits are the mean. A type may be in several entries.
#[rustfmt::skip]
const HEADS: &[(&[&str], &[&str])] = &[
    (
        &["classification_head.out_proj"],
        &[
            "bart", "bigbird_pegasus", "mbart", "mt5", "mvp", "plbart", "t5", "umt5",
        ],
    ),
    (
        &["classifier"],
        &[
            "albert", "beit", "bert", "canine", "clip", "convnext", "convnextv2", "ctrl", "cvt",
            "data2vec-audio", "data2vec-vision", "deberta", "deberta-v2", "deit", "dinat", "dinov2",
            "dinov2_with_registers", "distilbert", "donut-swin", "efficientnet", "ernie", "eurobert", "fnet",
            "focalnet", "gte", "hiera", "hubert", "ijepa", "layoutlm", "layoutlmv2", "luke", "markuplm",
            "megatron-bert", "metaclip_2", "mobilebert", "mobilenet_v1", "mobilenet_v2", "mobilevit",
            "mobilevitv2", "modernbert", "modernbert-decoder", "modernvbert", "nomic_bert", "poolformer",
            "pvt", "pvt_v2", "rembert", "roc_bert", "segformer", "sew", "sew-d", "siglip", "siglip2",
            "squeezebert", "swin", "swinv2", "tapas", "timesformer", "ultrabert", "ultravbert", "unispeech",
            "unispeech-sat", "videomae", "videoprism_vision_model", "vit", "vit_msn", "vivit", "vjepa2",
            "wav2vec2", "wav2vec2-bert", "wav2vec2-conformer", "wavlm", "whisper",
        ],
    ),
    (
        &["classifier.1"],
        &[
            "bit", "regnet", "resnet",
        ],
    ),
    (
        &["classifier.dense"],
        &[
            "audio-spectrogram-transformer",
        ],
    ),
    (
        &["classifier.linear"],
        &[
            "levit",
        ],
    ),
    (
        &["classifier.linear", "classifier_distill.linear"],
        &[
            "levit",
        ],
    ),
    (
        &["classifier.linear_out"],
        &[
            "funnel",
        ],
    ),
    (
        &["classifier.out_proj"],
        &[
            "big_bird", "camembert", "convbert", "data2vec-text", "electra", "esm", "esmc", "ibert",
            "jina_embeddings_v3", "layoutlmv3", "lilt", "longformer", "mpnet", "mra", "nystromformer",
            "reformer", "roberta", "roberta-prelayernorm", "roformer", "xlm-roberta", "xlm-roberta-xl",
            "xmod", "yoso",
        ],
    ),
    (
        &["cls_classifier", "distillation_classifier"],
        &[
            "deit",
        ],
    ),
    (
        &["fc"],
        &[
            "hgnet_v2", "textnet",
        ],
    ),
    (
        &["head"],
        &[
            "pp_lcnet",
        ],
    ),
    (
        &["head", "dist_head"],
        &[
            "swiftformer",
        ],
    ),
    (
        &["logits_proj"],
        &[
            "xlnet",
        ],
    ),
    (
        &["perceiver.decoder.decoder.final_layer"],
        &[
            "perceiver",
        ],
    ),
    (
        &["score"],
        &[
            "arcee", "axk1", "axk2", "biogpt", "bloom", "deepseek_v2", "deepseek_v3", "diffllama", "doge",
            "exaone4", "falcon", "gemma", "gemma2", "gemma3", "gemma3_text", "glm", "glm4", "gpt-sw3", "gpt2",
            "gpt_bigcode", "gpt_neo", "gpt_neox", "gpt_oss", "gptj", "helium", "hunyuan_v1_dense",
            "hunyuan_v1_moe", "imagegpt", "jamba", "jetmoe", "llama", "minicpm3", "minimax", "ministral",
            "ministral3", "mistral", "mistral4", "mixtral", "mpt", "nemotron", "olmo", "olmo2", "olmo3",
            "openai-gpt", "opt", "persimmon", "phi", "phi3", "phimoe", "qwen2", "qwen2_moe", "qwen3",
            "qwen3_5", "qwen3_5_text", "qwen3_moe", "qwen3_next", "seed_oss", "smollm3", "stablelm",
            "starcoder2", "zamba", "zamba2",
        ],
    ),
    (
        &["score.out_proj"],
        &[
            "t5gemma", "t5gemma2",
        ],
    ),
    (
        &["sequence_summary.summary"],
        &[
            "flaubert", "xlm",
        ],
    ),
];

/// The head of a type, or its heads; `None` if it is not known, or depends on the class.
pub(in crate::cut) fn heads(model_type: &str) -> Option<&'static [&'static str]> {
    let mut known = HEADS.iter().filter(|(_, types)| types.contains(&model_type)).map(|(heads, _)| *heads);
    known.next().filter(|_| known.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_with_several_classes_of_their_own_heads_is_not_known() {
        assert_eq!(heads("bert"), Some(&["classifier"][..]));
        assert_eq!((heads("levit"), heads("x")), (None, None));
    }
}
