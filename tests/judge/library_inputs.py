"""Random inputs for the classifiers of transformers."""

import torch

BATCH, TOKENS = 6, 16
ENDED = ("Bart", "T5", "Mvp", "BigBirdPegasus")


def inputs(name, config, model):
    main = model.main_input_name
    if name.startswith("Perceiver"):
        if "Image" not in name:
            return {"inputs": torch.randint(3, 100, (BATCH, TOKENS))}
        return {"inputs" if "Learned" in name else "pixel_values": torch.randn(2, 3, size(config) if "Learned" in name else 224, size(config) if "Learned" in name else 224)}
    if name.endswith("VideoClassification"):
        return video(name, config)
    if main == "pixel_values":
        return siglip2(config) if "Siglip2" in name else {main: torch.randn(4, 3, size(config), size(config))}
    if main == "input_values":
        shape = (4, config.max_length, config.num_mel_bins) if name.startswith("AST") else (4, 4000)
        return {main: torch.randn(*shape)}
    if main == "input_features":
        whisper = name.startswith("Whisper")
        shape = (config.num_mel_bins, config.max_source_positions * 2) if whisper else (40, config.feature_projection_input_dim)
        return {main: torch.randn(4, *shape)}
    return tokens(name, config)


def tokens(name, config):
    ids = torch.randint(4, 100, (BATCH, TOKENS))
    if any(kind in name for kind in ENDED):
        ids[:, -1] = config.eos_token_id
    said = {"input_ids": ids}
    if name.startswith("Bros"):
        said["bbox"] = torch.zeros(BATCH, TOKENS, 8)
    if name.startswith("Vilt"):
        said["pixel_values"] = torch.randn(BATCH, 3, size(config), size(config))
    if name.startswith(("LayoutLM", "Lilt")):
        said["bbox"] = torch.zeros(BATCH, TOKENS, 4, dtype=torch.long)
    return said


def size(config):
    inner = getattr(config, "vision_config", None)
    found = (getattr(config, "image_size", None) or getattr(inner, "image_size", None) or getattr(config, "crop_size", None) or 64)
    return found[0] if isinstance(found, (list, tuple)) else found


def video(name, config):
    frames = getattr(config, "num_frames", None) or getattr(config, "frames_per_clip", 2)
    shape = (3, frames, 3, size(config), size(config))
    return {"pixel_values_videos" if name.startswith(("VJEPA", "VideoPrism")) else "pixel_values": torch.randn(*shape)}


def siglip2(config):
    vision = config.vision_config
    side = int(vision.num_patches**0.5)
    return {
        "pixel_values": torch.randn(BATCH, side * side, 3 * vision.patch_size**2),
        "pixel_attention_mask": torch.ones(BATCH, side * side, dtype=torch.long),
        "spatial_shapes": torch.tensor([[side, side]] * BATCH),
    }
