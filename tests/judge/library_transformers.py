"""Sequence, token, image, audio and video classifiers and segmenters of transformers, made tiny: see libraries.py."""

import json
import re

import torch
import transformers
import transformers.models.auto.modeling_auto as auto

from library_inputs import inputs
from library_tiny import LEVELS, tiny
from library_weights import random_weights

SAMPLE = [
    "BertForTokenClassification",
    "LlamaForSequenceClassification",
    "SegformerForSemanticSegmentation",
    "ViTForImageClassification",
]
NAMED = r"For((Image|Sequence|Token|Audio|AudioFrame|Video)Classification(WithTeacher|Learned|Fourier|ConvProcessing)?|SemanticSegmentation)$"
LARGEST = 40e6
transformers.logging.set_verbosity_error()


def names(everything):
    if not everything:
        return SAMPLE
    known = {name for name in dir(transformers) if re.search(NAMED, name)}
    for mapping in dir(auto):
        if mapping.startswith("MODEL_FOR") and mapping.endswith("CLASSIFICATION_MAPPING_NAMES"):
            if not any(other in mapping for other in ("ZERO", "FRAME")):
                listed = getattr(auto, mapping).values()
                known |= {name for entry in listed for name in ([entry] if isinstance(entry, str) else entry)}
    return sorted(name for name in known if not name.startswith(("Auto", "DataCollator")))


class Made:
    options = []

    def __init__(self, name, labels):
        self.kind = getattr(transformers, name)
        whys = []
        for level in range(LEVELS):
            config = self.config(name, labels, level)
            try:
                with torch.device("meta"):
                    size = sum(part.numel() for part in self.kind(config).parameters())
                assert size <= LARGEST, f"{size} parameters are too many to be judged here"
                self.model = self.kind(config).eval()
                self.inputs = inputs(name, config, self.model)
                self.scores(self.model)
            except Exception as error:
                whys.append(f"{type(error).__name__}: {error}"[:80])
                continue
            random_weights(self.model, len(labels), self.scores)
            return
        raise RuntimeError("; ".join(whys))

    def config(self, name, labels, level):
        config = tiny(self.kind.config_class, name, level)
        if name.startswith("Timm"):
            config.architecture = "test_resnet"
        for part in [config, *(getattr(config, inner, None) for inner in ("text_config", "vision_config"))]:
            if part is not None and hasattr(part, "num_labels"):
                part.num_labels = len(labels)
                part.id2label = dict(enumerate(labels))
                part.label2id = {label: index for index, label in enumerate(labels)}
        return config

    def scores(self, model):
        with torch.no_grad():
            said = model(**self.inputs)
        logits = said.logits if hasattr(said, "logits") else said.last_hidden_state
        if logits.dim() == 4:  # maps: every pixel has a row of its own
            logits = logits.movedim(1, -1)
        return logits.flatten(0, -2)

    def save(self, folder):
        self.model.save_pretrained(folder)

    def path(self, folder):
        return folder

    def loaded(self, folder, labels):
        model, said = self.kind.from_pretrained(folder, output_loading_info=True)
        faults = [f"{kind}: {list(said[kind])[:3]}" for kind in said if said[kind]]
        config = json.loads((folder / "config.json").read_text())
        for part in [config, *(config.get(inner) or {} for inner in ("text_config", "vision_config"))]:
            ids = part.get("id2label")
            if ids is not None and [ids.get(str(index)) for index in range(len(ids))] != labels:
                faults.append(f"id2label {ids}")
            if ids is not None and part.get("label2id") != {label: index for index, label in enumerate(labels)}:
                faults.append(f"label2id {part.get('label2id')}")
        return self.scores(model.eval()), faults
