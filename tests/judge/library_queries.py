"""Detectors of transformers, made tiny: see libraries.py.

What is compared are the logits of the classes at every query; boxes, and no object where there is a row of it, have to
stay as they are. The library's own post-processing must not name the class above a probability of 1e-6.
"""

import torch
import transformers as t

from library_saved import Saved
from library_weights import random_weights

SAMPLE = ["DFineForObjectDetection", "DeformableDetrForObjectDetection two stages", "RTDetrForObjectDetection"]
MORE = [
    "ConditionalDetrForObjectDetection",
    "DeformableDetrForObjectDetection",
    "DetrForObjectDetection",
    "RTDetrV2ForObjectDetection",
    "TableTransformerForObjectDetection",
    "YolosForObjectDetection",
]
LEAST = 1e-6
SIDE, QUERIES, WIDTH = 128, 20, 32
STAGES = ["stage1", "stage2", "stage3", "stage4"]
PLAIN = {"d_model": WIDTH, "encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": WIDTH, "decoder_ffn_dim": WIDTH, "num_queries": QUERIES}
HEADS = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
NO_TIMM = {"use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None}
REAL_TIME = {
    "d_model": WIDTH, "encoder_hidden_dim": WIDTH, "encoder_ffn_dim": WIDTH, "decoder_ffn_dim": WIDTH, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "decoder_in_channels": [WIDTH] * 3, "decoder_layers": 2, "num_queries": QUERIES, "num_denoising": 0,
}
FINE = {
    "stem_channels": [3, 8, 16], "stage_in_channels": [16] * 4, "stage_mid_channels": [8] * 4, "stage_out_channels": [16] * 4,
    "hidden_sizes": [16] * 4, "stage_num_blocks": [1] * 4, "stage_numb_of_layers": [1] * 4, "out_features": STAGES[1:],
}
t.logging.set_verbosity_error()


def names(everything):
    return SAMPLE + (MORE if everything else [])


def config(name, labels):
    said = {"id2label": dict(enumerate(labels)), "label2id": {label: at for at, label in enumerate(labels)}}
    maps = t.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 16, 32], depths=[1] * 4, out_features=STAGES[1:])
    kind = getattr(t, name.split()[0]).config_class
    if name.startswith("Yolos"):
        small = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": WIDTH}
        return kind(**small, image_size=[SIDE, SIDE], patch_size=16, num_detection_tokens=QUERIES, **said)
    if name.startswith("RTDetr"):
        maps = {"embedding_size": 16, "hidden_sizes": [16, 16, 32, 32], "depths": [1] * 4, "layer_type": "basic", "out_features": STAGES[1:]}
        return kind(backbone_config=t.RTDetrResNetConfig(**maps), encoder_in_channels=[16, 32, 32], **REAL_TIME, **said)
    if name.startswith("DFine"):
        return kind(backbone_config=t.HGNetV2Config(**FINE), encoder_in_channels=[16] * 3, **REAL_TIME, **said)
    if name.endswith("two stages"):
        said |= {"two_stage": True, "with_box_refine": True, "two_stage_num_proposals": QUERIES}
    if not name.startswith("Deformable"):
        maps.out_features = STAGES
    return kind(**PLAIN, **HEADS, **NO_TIMM, backbone_config=maps, **said)


class Made(Saved):
    options = []
    # What else counts the classes there is said by declass, or is a row that the library finds by the labels.
    slots = ["keep"]

    def __init__(self, name, labels):
        self.name, self.kind = name, getattr(t, name.split()[0])
        self.model = self.kind(config(name, labels)).eval()
        self.inputs, self.classes = {"pixel_values": torch.randn(2, 3, SIDE, SIDE)}, len(labels)
        with torch.no_grad():
            self.width = self.model(**self.inputs).logits.shape[-1]
        random_weights(self.model, self.width, self.scores)

    def scores(self, model):
        with torch.no_grad():
            outputs = model(**self.inputs)
        # The processors of all of these do one of two things.
        ways = t.DetrImageProcessor() if self.width > self.classes else t.RTDetrImageProcessor()
        found = ways.post_process_object_detection(outputs, threshold=LEAST, target_sizes=[(SIDE, SIDE)] * 2)
        self.found = [{int(label) for one in found for label in one["labels"]}]
        self.rest = outputs.logits[..., self.classes :], outputs.pred_boxes
        return outputs.logits[..., : self.classes].flatten(0, -2)

    def faults(self, before, forgotten, _slot):
        """What is wrong with the boxes, given those of the original."""
        faults = [] if forgotten in before[0] else ["nothing was to be seen"]
        faults.extend([] if all(map(torch.equal, self.original, self.rest)) else ["no object, or boxes, are others"])
        return faults + (["the class comes out"] if forgotten in self.found[0] else [])
