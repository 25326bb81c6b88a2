"""Configurations of transformers made small, as far as a model of them still works."""

HIDDEN, HEADS, LAYERS, INNER = 32, 4, 2, 48
NAMES = {
    HIDDEN: "hidden_size d_model dim n_embd embed_dim emb_dim embedding_size hidden_dim word_embed_proj_dim d_latents "
    "cross_attention_hidden_size pooler_hidden_size",
    HEADS: "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads num_experts "
    "num_local_experts n_routed_experts attention_lambda num_self_attention_heads num_cross_attention_heads",
    LAYERS: "num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers num_decoder_layers "
    "num_key_value_heads num_experts_per_tok type_vocab_size num_feat_extract_layers num_conv_pos_embedding_groups "
    "global_attn_every_n_layers num_frames frames_per_clip eos_token_id sep_token_id",
    INNER: "intermediate_size ffn_dim encoder_ffn_dim decoder_ffn_dim d_ff n_inner dff d_inner",
    8: "head_dim d_kv d_head patch_size qk_rope_head_dim qk_nope_head_dim v_head_dim rotary_dim block_size attention_window",
    16: "moe_intermediate_size shared_expert_intermediate_size kv_lora_rank q_lora_rank num_mel_bins sliding_window "
    "classifier_proj_size num_conv_pos_embeddings local_attention num_latents qk_channels v_channels",
    1: "n_group topk_group first_k_dense_replace num_random_blocks tubelet_size bos_token_id cls_token_id "
    "num_self_attends_per_block num_blocks",
    120: "vocab_size",
    128: "max_position_embeddings n_positions",
    50: "max_source_positions",
    0: "pad_token_id",
}
SMALL = {name: value for value, names in NAMES.items() for name in names.split()}
SMALL |= {"image_size": 32, "crop_size": 32, "conv_dim": [16, 16], "conv_stride": [5, 4], "conv_kernel": [10, 8]}
# What fits nothing else, or has to be said.
OWN = {
    "BeitForSem": {"num_hidden_layers": 4, "out_indices": [1, 2, 3, 4]},
    "Data2VecVisionForSem": {"num_hidden_layers": 4, "out_indices": [1, 2, 3, 4]},
    "DPTForSem": {"num_hidden_layers": 4, "backbone_out_indices": [0, 1, 2, 3], "neck_hidden_sizes": [8, 8, 16, 16], "fusion_hidden_size": 16},
    "DeepseekV2": {"num_key_value_heads": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1},
    "EfficientNet": {"hidden_dim": 1280, "width_coefficient": 1.0, "depth_coefficient": 1.0},
    "EsmFor": {"vocab_size": 120, "mask_token_id": 4},
    "GPTNeo": {"attention_types": [[["global", "local"], 1]]},
    "HunYuan": {"head_dim": 8},
    "Jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1},
    "Luke": {"entity_vocab_size": 50, "entity_emb_size": 16},
    "MiniCPM3": {"num_key_value_heads": 4},
    "MinistralFor": {"head_dim": 8, "num_key_value_heads": 2},
    "Nemotron": {"num_key_value_heads": 2, "head_dim": 8},
    "Perceiver": {"num_cross_attention_heads": 1, "num_self_attention_heads": 1},
    "T5For": {"decoder_start_token_id": 0},
    "Xmod": {"default_language": "en_XX"},
    "Zamba2": {"layers_block_type": ["mamba", "hybrid"]},
}
# Fewer and fewer of them: what is not changed fits what else the configuration says.
DEPTH = "vocab_size num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers pad_token_id eos_token_id"
WIDE = [name for name in SMALL if name == "pad_token_id" or "token" not in name and "head" not in name]
STEPS = [list(SMALL), WIDE, DEPTH.split(), ["pad_token_id"]]
LEVELS = len(STEPS)
WIDTHS = ["hidden_sizes", "embed_dims", "neck_hidden_sizes", "encoder_hidden_sizes"]
INSIDE = ["text_config", "vision_config", "encoder", "decoder", "backbone_config"]


def tiny(kind, name, level):
    """A small configuration of a kind for this class of models; what follows from other values is as it must be."""
    config, own = kind(), next((own for prefix, own in OWN.items() if name.startswith(prefix)), {})
    changed = shrink(config, level)
    for key, value in own.items():
        attempt(config, key, value)
    if any(hasattr(getattr(config, inner, None), "to_dict") for inner in INSIDE):
        return config
    try:
        return kind(**changed | own)
    except Exception:  # not everything that a configuration has can be said beforehand
        return config


def shrink(config, level):
    """Makes what a configuration has smaller, and says how; the last level leaves nearly everything as it is."""
    said, changed = config.to_dict(), {}
    for name in STEPS[level]:
        have, wanted = said.get(name), SMALL[name]
        same_kind = isinstance(have, list) == isinstance(wanted, list) and not isinstance(have, bool)
        if name == "pad_token_id" or have is not None and same_kind:
            changed[name] = wanted
    if level == 0:
        for name in WIDTHS:
            if all(isinstance(width, int) for width in said.get(name) or [None]):
                changed[name] = [max(16, width // 64 * 8) for width in said[name]]
    if level < 2 and isinstance(said.get("layer_types"), list):
        kinds = list(dict.fromkeys(said["layer_types"]))
        changed["layer_types"] = (kinds * LAYERS)[:LAYERS]
    for name, value in changed.items():
        attempt(config, name, value)
    for inner in INSIDE:
        part = getattr(config, inner, None)
        if hasattr(part, "to_dict"):
            shrink(part, level)
    return changed


def attempt(config, name, value):
    try:
        setattr(config, name, value)
    except Exception:  # some are computed from others
        pass
