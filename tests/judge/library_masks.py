"""Segmenters of transformers that propose masks, made tiny: see libraries.py.

What is compared are the scores of the classes at every query, without that of no object, which has to stay as well;
beside that, what the library's own post-processing makes of them: in no map, instance or segment is the class.
"""

import re
from types import SimpleNamespace

import torch
import transformers as t

from library_saved import Saved
from library_weights import random_weights

SAMPLE = ["MaskFormerForInstanceSegmentation", "Mask2FormerForUniversalSegmentation", "OneFormerForUniversalSegmentation"]
MORE = ["DetrForSegmentation", "EomtForUniversalSegmentation"]
LEAST = 1e-6
SIDE, QUERIES, WIDTH = 64, 40, 32
STAGES = ["stage1", "stage2", "stage3", "stage4"]
SWIN = {"image_size": SIDE, "patch_size": 4, "embed_dim": 16, "depths": [1] * 4, "num_heads": [1, 1, 2, 2], "window_size": 4}
DETR = {"d_model": WIDTH, "encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": WIDTH, "decoder_ffn_dim": WIDTH, "num_queries": QUERIES}
PIXELS = {"hidden_dim": WIDTH, "encoder_feedforward_dim": WIDTH, "encoder_layers": 1, "num_attention_heads": 2, "dim_feedforward": WIDTH}
t.logging.set_verbosity_error()


def names(everything):
    return SAMPLE + (MORE if everything else [])


def config(name, labels):
    said = {"id2label": dict(enumerate(labels)), "label2id": {label: at for at, label in enumerate(labels)}, "num_queries": QUERIES}
    if name.startswith("MaskFormer"):
        own = t.DetrConfig(**DETR, encoder_attention_heads=2, decoder_attention_heads=2)
        return t.MaskFormerConfig(
            fpn_feature_size=WIDTH, mask_feature_size=WIDTH, decoder_config=own, backbone_config=t.SwinConfig(**SWIN, out_features=STAGES), **said
        )
    if name.startswith("Mask2Former"):
        swin = t.SwinConfig(**SWIN, out_features=STAGES)
        return t.Mask2FormerConfig(backbone_config=swin, feature_size=WIDTH, mask_feature_size=WIDTH, decoder_layers=2, **PIXELS, **said)
    if name.startswith("OneFormer"):
        text = {"text_encoder_width": 16, "text_encoder_num_layers": 1, "text_encoder_vocab_size": 100, "query_dec_layers": 1}
        swin = t.SwinConfig(**SWIN, out_features=STAGES)
        return t.OneFormerConfig(backbone_config=swin, conv_dim=WIDTH, mask_dim=WIDTH, decoder_layers=3, **PIXELS, **text, **said)
    if name.startswith("Eomt"):
        small = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": WIDTH, "num_blocks": 1}
        return t.EomtConfig(**small, image_size=SIDE, patch_size=16, num_upscale_blocks=1, num_register_tokens=1, **said)
    maps = t.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 16, 32], depths=[1] * 4, out_features=STAGES)
    heads = {"encoder_attention_heads": 8, "decoder_attention_heads": 8, "use_timm_backbone": False, "use_pretrained_backbone": False}
    return t.DetrConfig(**DETR, **heads, backbone=None, backbone_config=maps, **{key: said[key] for key in ("id2label", "label2id")})


class Made(Saved):
    options = []

    def __init__(self, name, labels):
        self.name, self.kind = name, getattr(t, name)
        # Its processor lists the classes in a file of its own.
        self.slots = ["keep"] if name.startswith("OneFormer") else ["keep", "drop"]
        self.model = self.kind(config(name, labels)).eval()
        self.inputs = {"pixel_values": torch.randn(2, 3, SIDE, SIDE)}
        if name.startswith("OneFormer"):
            self.inputs["task_inputs"] = torch.randint(0, 99, (2, 77))
        # As many classes as labels, and no object.
        random_weights(self.model, len(labels) + 1, self.scores)

    def scores(self, model):
        with torch.no_grad():
            self.outputs = model(**self.inputs)
        self.found = found(self.name, self.outputs)
        logits = getattr(self.outputs, "class_queries_logits", None)
        logits = self.outputs.logits if logits is None else logits
        self.rest = logits[..., -1], self.outputs.pred_masks if "pred_masks" in self.outputs else self.outputs.masks_queries_logits
        return logits[..., :-1].flatten(0, -2)

    def faults(self, before, forgotten, slot):
        """What is wrong with the maps and segments, given those of the original."""
        faults = [] if any(forgotten in labels for labels in before) else ["nothing was to be seen"]
        # Fewer rows may be multiplied in another order.
        same = torch.equal if slot == "keep" else lambda one, other: torch.allclose(one, other, rtol=1e-5, atol=1e-4)
        faults.extend([] if all(map(same, self.original, self.rest)) else ["no object, or masks, are others"])
        for way, labels in enumerate(self.found):
            if slot == "keep" and forgotten in labels:
                faults.append(f"the class comes out in way {way}")
        return faults


def found(name, outputs):
    """The labels that come out as maps, as instances and as segments."""
    sizes = [(SIDE, SIDE)] * 2
    least = {"target_sizes": sizes, "threshold": LEAST}
    if name.startswith("Detr"):
        ways = t.DetrImageProcessor()
        outputs.class_queries_logits, outputs.masks_queries_logits = outputs.logits, outputs.pred_masks
    elif name.startswith("OneFormer"):
        own = SimpleNamespace(class_info_file="", metadata={"thing_ids": list(range(outputs.class_queries_logits.shape[-1] - 1))})
        kind = t.OneFormerImageProcessor
        maps = kind.post_process_semantic_segmentation(own, outputs, target_sizes=sizes)
        things = kind.post_process_instance_segmentation(own, outputs, **least)
        return labels(maps, things, kind.post_process_panoptic_segmentation(own, outputs, **least))
    else:
        ways = getattr(t, re.sub("For(Instance|Universal).*", "ImageProcessor", name))(size={"height": SIDE, "width": SIDE})
    if name.startswith("Eomt"):
        outputs.patch_offsets = None
        own = {"size": {"shortest_edge": SIDE, "longest_edge": SIDE}}
        maps = ways.post_process_semantic_segmentation(outputs, target_sizes=sizes, **own)
        things = ways.post_process_instance_segmentation(outputs, **least, **own)
        return labels(maps, things, ways.post_process_panoptic_segmentation(outputs, **least, **own))
    maps = ways.post_process_semantic_segmentation(outputs, target_sizes=sizes)
    things = ways.post_process_instance_segmentation(outputs, **least)
    return labels(maps, things, ways.post_process_panoptic_segmentation(outputs, **least))


def labels(maps, *segments):
    listed = [{info["label_id"] for one in way for info in one["segments_info"]} for way in segments]
    return [{int(label) for one in maps for label in one.unique()}, *listed]
