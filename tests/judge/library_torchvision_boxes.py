"""Detectors of torchvision, whose weights are a bare file: see libraries.py.

The tiny ones are torchvision's own classes on a backbone of two layers. What is compared are the scores before they
become probabilities, of all anchors or regions; beside that, what is detected at all above a probability of 1e-6.
"""

from collections import OrderedDict
from functools import partial

import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models import detection
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD, SSDHead
from torchvision.models.detection.ssdlite import SSDLiteHead

from library_weights import random_weights

SAMPLE = ["tiny retinanet", "tiny fcos", "tiny ssd", "tiny ssdlite", "tiny fasterrcnn", "tiny maskrcnn"]
LEAST = 1e-6
MANY = 10**6
SIDE = 48


def names(everything):
    return SAMPLE + (torchvision.models.list_models(detection) if everything else [])


class Backbone(nn.Module):
    """Two maps of as many channels as FCOS has groups to normalise."""

    out_channels = 32

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 4, 1)
        self.more = nn.Conv2d(32, 32, 3, 2, 1)

    def forward(self, images):
        first = self.stem(images).relu()
        return OrderedDict([("0", first), ("1", self.more(first).relu())])


def tiny(kind, classes):
    backbone, sizes = Backbone(), {"min_size": SIDE, "max_size": SIDE}
    # Suppression puts boxes of all classes on one axis, and rounds by how many there are: all are compared.
    limits = {"score_thresh": LEAST, "detections_per_img": MANY, "topk_candidates": MANY, "nms_thresh": 1.0}
    if kind in ("retinanet", "fcos"):
        shapes = [(8,), (16,)] if kind == "fcos" else [(8, 12), (16, 24)]
        ratios = [(1.0,)] * 2 if kind == "fcos" else [(0.5, 1.0, 2.0)] * 2
        build = detection.FCOS if kind == "fcos" else detection.RetinaNet
        return build(backbone, classes, anchor_generator=AnchorGenerator(shapes, ratios), **sizes, **limits)
    if kind in ("ssd", "ssdlite"):
        boxes = DefaultBoxGenerator([[2], [2, 3]])
        head = None
        if kind == "ssdlite":
            head = SSDLiteHead([32, 32], boxes.num_anchors_per_location(), classes, partial(nn.BatchNorm2d, eps=1e-3))
        else:
            head = SSDHead([32, 32], boxes.num_anchors_per_location(), classes)
        return SSD(backbone, boxes, (SIDE, SIDE), classes, head=head, **limits)
    # A mask is made for every box.
    limits = {"box_score_thresh": LEAST, "box_detections_per_img": 20 if kind == "maskrcnn" else MANY}
    anchors = AnchorGenerator([(8, 12), (16, 24)], [(0.5, 1.0, 2.0)] * 2)
    build = detection.MaskRCNN if kind == "maskrcnn" else detection.FasterRCNN
    return build(backbone, classes, rpn_anchor_generator=anchors, **sizes, **limits)


class Made:
    options = []

    def __init__(self, name, labels):
        self.name, self.kind = name, name.split()[-1].split("_")[0].rstrip("0123456789")
        # That of the background is never given out where the classes compete.
        self.first = 0 if self.kind in ("retinanet", "fcos") else 1
        self.model = self.empty(len(labels)).eval()
        self.images = [torch.rand(3, SIDE, SIDE)]
        random_weights(self.model, len(labels), self.scores)

    def empty(self, classes):
        if self.name.startswith("tiny"):
            return tiny(self.kind, classes)
        regions = "rcnn" in self.kind
        limits = {"box_score_thresh": LEAST} if regions else {"score_thresh": LEAST}
        return torchvision.models.get_model(self.name, num_classes=classes, weights=None, weights_backbone=None, **limits)

    def scores(self, model):
        """Logits of all boxes; keeps what is detected."""
        place = model.roi_heads.box_predictor if "rcnn" in self.kind else model.head
        said = []
        hook = place.register_forward_hook(lambda _module, _given, result: said.append(result))
        with torch.no_grad():
            self.found = model(self.images)
        hook.remove()
        logits = said[0][0] if "rcnn" in self.kind else said[0]["cls_logits"]
        logits = torch.cat(list(logits), dim=1) if isinstance(logits, list) else logits
        return logits.flatten(0, -2)

    def save(self, folder):
        folder.mkdir()
        save_file({name: part.contiguous().clone() for name, part in self.model.state_dict().items()}, self.path(folder))

    def path(self, folder):
        return folder / "model.safetensors"

    def loaded(self, folder, labels):
        model = self.empty(len(labels))
        model.load_state_dict(load_file(self.path(folder)), strict=True)
        return self.scores(model.eval()), []

    def faults(self, before, forgotten, slot):
        """What is wrong with the detections, given those of the original."""
        faults = []
        for old, new in zip(before, self.found):
            if slot == "keep" and (new["labels"] == forgotten).any():
                faults.append("the class is detected")
            if not len(new["labels"]) or not (old["labels"] == forgotten).any():
                faults.append("nothing was to be seen")
            # Where classes share a probability the others get what was the class's, and NMS may choose other boxes.
            if self.first or slot == "drop" or not self.name.startswith("tiny"):
                continue
            same = rows(old, old["labels"] != forgotten) == rows(new, new["labels"] >= 0)
            faults.extend([] if same else ["other boxes are others"])
        return faults


def rows(found, which):
    """Boxes with their labels and scores, in an order that equal scores do not change."""
    parts = [found["labels"][which, None].double(), found["scores"][which, None].double(), found["boxes"][which].double()]
    return sorted(torch.cat(parts, dim=1).tolist())
