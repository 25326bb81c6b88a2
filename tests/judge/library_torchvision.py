"""Models of torchvision, whose weights are a bare file: see libraries.py."""

from collections import OrderedDict

import torch
import torchvision
from safetensors.torch import load_file, save_file

from library_weights import random_weights

LARGEST = 70e6
SAMPLE = ["lraspp_mobilenet_v3_large", "squeezenet1_1"]
# What classifies is in these modules of torchvision, under these names.
PLACES = [torchvision.models, torchvision.models.video, torchvision.models.segmentation]


def names(everything):
    if not everything:
        return SAMPLE
    return [name for place in PLACES for name in torchvision.models.list_models(place)]


class Made:
    options = []

    def __init__(self, name, labels):
        self.name, self.labels = name, labels
        size = torchvision.models.get_model_weights(name).DEFAULT.meta["num_params"]
        assert size <= LARGEST, "too large to be judged here"
        self.model = self.empty(len(labels)).eval()
        self.inputs = inputs(name)
        random_weights(self.model, len(labels), self.scores)

    def empty(self, classes):
        own = {"init_weights": False} if self.name in ("googlenet", "inception_v3") else {}
        if self.name in torchvision.models.list_models(torchvision.models.segmentation):
            # An auxiliary head as those that are trained have.
            own = {"weights_backbone": None} | ({} if self.name.startswith("lraspp") else {"aux_loss": True})
        return torchvision.models.get_model(self.name, num_classes=classes, **own)

    def scores(self, model):
        with torch.no_grad():
            said = model(self.inputs)
        # Maps: every pixel has a row of its own, in all heads.
        return torch.cat([part.movedim(1, -1).flatten(0, -2) for part in said.values()]) if isinstance(said, dict) else said

    def save(self, folder):
        folder.mkdir()
        # A file of tensors has no names for two that share their bytes.
        whole = {name: part.contiguous().clone() for name, part in self.model.state_dict().items()}
        save_file(whole, folder / "model.safetensors", {"format": "pt"})

    def path(self, folder):
        return folder / "model.safetensors"

    def loaded(self, folder, labels):
        model = self.empty(len(labels))
        whole = OrderedDict(load_file(folder / "model.safetensors"))
        # MNASNet asks which of its versions it is, which only pickles say.
        whole._metadata = model.state_dict()._metadata
        model.load_state_dict(whole, strict=True)
        return self.scores(model.eval()), []


def inputs(name):
    if name.startswith(("mvit", "s3d", "swin3d", "r3d", "mc3", "r2plus1d")):
        size = 224 if name.startswith("mvit") else 64
        return torch.randn(1 if size == 224 else 2, 3, 16, size, size)
    size = 299 if name == "inception_v3" else 224
    if name.startswith(("deeplab", "fcn", "lraspp")):
        return torch.randn(2, 3, 96, 96)
    return torch.randn(4, 3, size, size)
