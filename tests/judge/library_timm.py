"""Models of timm, one of every kind: see libraries.py."""

import json

import timm
import torch
from timm.models._hub import save_for_hf

from library_timm_kinds import KINDS
from library_weights import random_weights

LARGEST = 32e6


def names(everything):
    return sorted(KINDS) if everything else ["test_vit"]


class Made:
    options = []

    def __init__(self, name, labels):
        with torch.device("meta"):
            size = sum(part.numel() for part in timm.create_model(name, num_classes=len(labels)).parameters())
        assert size <= LARGEST, "too large to be judged here"
        self.model = timm.create_model(name, num_classes=len(labels)).eval()
        self.labels = labels
        self.inputs = torch.randn(4, *self.model.pretrained_cfg["input_size"])
        random_weights(self.model, len(labels), self.scores)

    def scores(self, model):
        with torch.no_grad():
            return model(self.inputs)

    def save(self, folder):
        config = {"num_classes": len(self.labels), "label_names": self.labels}
        save_for_hf(self.model, folder, model_config=config, safe_serialization=True)

    def path(self, folder):
        return folder

    def loaded(self, folder, labels):
        """The scores of what is in a folder, loaded strictly, and what is wrong with its labels."""
        model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
        config = json.loads((folder / "config.json").read_text())
        faults = [f"labels {config['label_names']}"] if config["label_names"] != labels else []
        if config["num_classes"] != len(labels):
            faults.append(f"num_classes {config['num_classes']}")
        return self.scores(model), faults
