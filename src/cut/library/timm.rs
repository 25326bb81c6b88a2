//! What the timm library calls the heads of its models (`architecture` of a configuration).

/// Families of models, or single models, and the names of their heads; of several, the logits are the mean.
#[rustfmt::skip]
const HEADS: &[(&[&str], &[&str])] = &[
    (
        &["classif"],
        &[
            "inception_resnet_v2",
        ],
    ),
    (
        &["classifier"],
        &[
            "densenet", "densenetblur", "dpn", "efficientnet", "efficientnetv", "fasternet", "fbnetc",
            "fbnetv", "gc_efficientnetv", "ghostnet", "ghostnetv", "hardcorenas", "hrnet", "lcnet", "lcnetv",
            "lowformer", "mixnet", "mnasnet", "mobilenet", "mobilenetv", "repghostnet", "semnasnet",
            "spnasnet", "test_efficientnet", "test_efficientnet_evos", "test_efficientnet_gn",
            "test_efficientnet_ln", "tf_efficientnet", "tf_efficientnetv", "tf_mixnet", "tf_mobilenetv",
            "tinynet",
        ],
    ),
    (
        &["fc"],
        &[
            "dla", "ecaresnet", "ecaresnetlight", "ecaresnext", "inception_v3", "legacy_xception", "res2net",
            "res2next", "resnest", "resnet101", "resnet101c", "resnet101d", "resnet101s", "resnet10t",
            "resnet14t", "resnet152", "resnet152c", "resnet152d", "resnet152s", "resnet18", "resnet18d",
            "resnet200", "resnet200d", "resnet26", "resnet26d", "resnet26t", "resnet34", "resnet34d",
            "resnet50", "resnet50_gn", "resnet50c", "resnet50d", "resnet50s", "resnet50t", "resnetaa",
            "resnetblur", "resnetrs", "resnext101_32x16d", "resnext101_32x32d", "resnext101_32x4d",
            "resnext101_32x8d", "resnext101_64x4d", "resnext50_32x4d", "resnext50d_32x4d", "selecsls",
            "senet", "seresnet101", "seresnet152", "seresnet152d", "seresnet18", "seresnet200d",
            "seresnet269d", "seresnet34", "seresnet50", "seresnet50t", "seresnetaa", "seresnext101_32x4d",
            "seresnext101_32x8d", "seresnext101_64x4d", "seresnext101d_32x8d", "seresnext26d_32x4d",
            "seresnext26t_32x4d", "seresnext50_32x4d", "seresnextaa", "skresnet", "skresnext", "test_resnet",
            "wide_resnet",
        ],
    ),
    (
        &["head"],
        &[
            "aimv", "beit", "beitv", "cait", "coat", "convit", "convmixer", "deepseek_vit_412m",
            "deepseek_vit_412m_align", "deit3_base_patch16_224", "deit3_base_patch16_384",
            "deit3_huge_patch14_224", "deit3_large_patch16_224", "deit3_large_patch16_384",
            "deit3_medium_patch16_224", "deit3_small_patch16_224", "deit3_small_patch16_384",
            "deit_base_patch16_224", "deit_base_patch16_384", "deit_small_patch16_224",
            "deit_tiny_patch16_224", "eva", "flexivit", "gemma", "gmixer", "gmlp", "mixer", "naflexvit",
            "nest", "pit_b_224", "pit_s_224", "pit_ti_224", "pit_xs_224", "pvt", "qwen3_vit_306m",
            "qwen3_vit_306m_merge", "qwen3_vit_416m", "qwen3_vit_416m_merge", "qwen3_vit_88m",
            "qwen3_vit_88m_merge", "resmlp", "starnet", "test_vit", "test_vit2", "test_vit3", "test_vit4",
            "test_vit_relpos", "tnt", "twins", "visformer", "vit", "vitamin", "xcit",
        ],
    ),
    (
        &["head", "aux_head"],
        &[
            "volo",
        ],
    ),
    (
        &["head", "head_dist"],
        &[
            "deit_base_distilled_patch16_224", "deit_base_distilled_patch16_384",
            "deit_small_distilled_patch16_224", "deit_tiny_distilled_patch16_224", "efficientformer",
            "efficientformerv", "pit_b_distilled_224", "pit_s_distilled_224", "pit_ti_distilled_224",
            "pit_xs_distilled_224", "swiftformer",
        ],
    ),
    (
        &["head.0", "head.1"],
        &[
            "crossvit",
        ],
    ),
    (
        &["head.classifier.4"],
        &[
            "efficientvit_b0", "efficientvit_b1", "efficientvit_b2", "efficientvit_b3", "efficientvit_l1",
            "efficientvit_l2", "efficientvit_l3",
        ],
    ),
    (
        &["head.classifier.linear"],
        &[
            "cpubone",
        ],
    ),
    (
        &["head.fc"],
        &[
            "bat_resnext", "botnet", "coatnet", "coatnext", "convnext", "convnextv", "cs3darknet",
            "cs3edgenet", "cs3se", "cs3sedarknet", "csatv", "cspdarknet", "cspnext", "cspresnet",
            "cspresnext", "darknet", "darknetaa", "davit", "dm_nfnet", "eca_botnext", "eca_halonext",
            "eca_nfnet", "eca_resnet", "eca_resnext", "eca_vovnet", "edgenext", "ese_vovnet", "fastvit",
            "focalnet", "gcresnet", "gcresnext", "gcvit", "gernet", "halo2botnet", "halonet", "haloregnetz",
            "hgnet", "hgnetv", "hiera", "hieradet", "lambda_resnet", "lamhalobotnet", "mambaout", "maxvit",
            "maxxvit", "maxxvitv", "mobileone", "mobilevit", "mobilevitv", "mvitv", "nextvit", "nf_ecaresnet",
            "nf_regnet", "nf_resnet", "nf_seresnet", "nfnet", "poolformer", "poolformerv", "rdnet", "regnetv",
            "regnetx", "regnety", "regnetz", "repvgg", "resnet101_clip_gap", "resnet32ts", "resnet33ts",
            "resnet50_clip_gap", "resnet50_mlp", "resnet50x16_clip_gap", "resnet50x4_clip_gap",
            "resnet50x64_clip_gap", "resnet51q", "resnet61q", "resnetv", "resnext26ts", "rexnet", "rexnetr",
            "sam2_hiera", "samvit", "sebotnet", "sedarknet", "sehalonet", "sequencer", "seresnet33ts",
            "seresnext26ts", "swin", "swinv", "test_byobnet", "test_coatnet", "test_convnext",
            "test_convnext2", "test_convnext3", "test_mambaout", "test_maxvit", "test_nfnet", "tiny_vit",
            "tresnet", "vgg", "vovnet", "xception",
        ],
    ),
    (
        &["head.fc.fc2"],
        &[
            "caformer", "convformer",
        ],
    ),
    (
        &["head.fc2"],
        &[
            "inception_next_atto", "inception_next_base", "inception_next_small", "inception_next_tiny",
        ],
    ),
    (
        &["head.head.l"],
        &[
            "iformer_h", "iformer_l", "iformer_l2", "iformer_m", "iformer_s", "iformer_t",
        ],
    ),
    (
        &["head.head.l", "head.head_dist.l"],
        &[
            "iformer_l2_distilled", "iformer_l_distilled", "iformer_m_distilled", "repvit",
        ],
    ),
    (
        &["head.l"],
        &[
            "shvit",
        ],
    ),
    (
        &["head.linear"],
        &[
            "efficientvit_m0", "efficientvit_m1", "efficientvit_m2", "efficientvit_m3", "efficientvit_m4",
            "efficientvit_m5", "levit_256d", "levit_384_s8", "levit_512", "levit_512_s8", "levit_512d",
            "levit_conv_256d", "levit_conv_384_s8", "levit_conv_512", "levit_conv_512_s8", "levit_conv_512d",
        ],
    ),
    (
        &["head.linear", "head_dist.linear"],
        &[
            "levit_128", "levit_128s", "levit_192", "levit_256", "levit_384", "levit_conv_128",
            "levit_conv_128s", "levit_conv_192", "levit_conv_256", "levit_conv_384",
        ],
    ),
    (
        &["head.proj"],
        &[
            "resnet101_clip", "resnet50_clip", "resnet50x16_clip", "resnet50x4_clip", "resnet50x64_clip",
        ],
    ),
    (
        &["heads.0", "heads.1", "heads.2", "heads.3"],
        &[
            "efficientvim_m1", "efficientvim_m2", "efficientvim_m3", "efficientvim_m4",
        ],
    ),
    (
        &[
            "heads.0", "heads.1", "heads.2", "heads.3",
            "heads_dist.0", "heads_dist.1", "heads_dist.2", "heads_dist.3",
        ],
        &[
            "efficientvim_m1_dist", "efficientvim_m2_dist", "efficientvim_m3_dist", "efficientvim_m4_dist",
        ],
    ),
    (
        &["last_linear"],
        &[
            "inception_v4", "legacy_senet154", "legacy_seresnet101", "legacy_seresnet152",
            "legacy_seresnet18", "legacy_seresnet34", "legacy_seresnet50", "legacy_seresnext101_32x4d",
            "legacy_seresnext26_32x4d", "legacy_seresnext50_32x4d", "nasnetalarge", "pnasnet",
        ],
    ),
];

/// The head of an architecture, or its heads; the longest entry that fits decides.
pub(in crate::cut) fn heads(architecture: &str) -> Option<&'static [&'static str]> {
    let fits = |entry: &&&str| {
        // A family is followed by a size or a variant, never by more letters; what ends in a number is whole.
        let rest = architecture.strip_prefix(**entry);
        let is_family = !entry.ends_with(|letter: char| letter.is_ascii_digit());
        rest.is_some_and(|rest| {
            rest.is_empty() || is_family && !rest.starts_with(|it: char| it.is_ascii_lowercase())
        })
    };
    let longest = |entries: &[&'static str]| entries.iter().filter(fits).map(|entry| entry.len()).max();
    let known = HEADS.iter().filter_map(|(heads, entries)| Some((longest(entries)?, *heads)));
    known.max_by_key(|(length, _)| *length).map(|(_, heads)| heads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_single_models_are_told_apart() {
        let known = [
            ("resnet18", "fc"),
            ("resnet50_clip", "head.proj"),
            ("resnet50_clip_gap", "head.fc"),
            ("vit_tiny_patch16_224", "head"),
            ("vitamin_small_224", "head"),
            ("tf_efficientnet_b0", "classifier"),
            ("convnextv2_atto", "head.fc"),
        ];
        for (architecture, head) in known {
            assert_eq!(heads(architecture), Some(&[head][..]), "{architecture}");
        }
        assert_eq!(heads("deit_tiny_distilled_patch16_224").map(<[&str]>::len), Some(2));
        for other in ["resnet", "resnet180", "vita_small", "net", ""] {
            assert_eq!(heads(other), None, "{other}");
        }
    }
}
