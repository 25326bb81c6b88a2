"""Sequence classifiers with adapters of peft, head and all: see libraries.py."""

import copy
import json

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from library_tiny import shrink

# A class of transformers, and which of its layers are adapted.
KINDS = {
    "Bert": ["query", "value"],
    "DistilBert": ["q_lin", "v_lin"],
    "Gemma": ["q_proj", "v_proj"],
    "Llama": ["q_proj", "v_proj"],
    "Qwen2": ["q_proj", "v_proj"],
    "Roberta": ["query", "value"],
}
# The adapter alone, with the configuration of the base beside it as trainers leave it, and all tensors of the whole
# model, which keeps the head that the adapter has replaced; there also with two adapters.
ALONE, BESIDE, WHOLE, TWO = "", " with config.json", " whole", " whole, two adapters"
FORMS = {name + form: (name, form) for name in KINDS for form in (ALONE, BESIDE, WHOLE, TWO)}


def names(everything):
    return list(FORMS) if everything else ["Bert whole"]


class Made:
    options = []

    def __init__(self, name, labels):
        base, self.form = FORMS[name]
        self.kind, self.adapted, self.labels = getattr(transformers, f"{base}ForSequenceClassification"), KINDS[base], labels
        self.base = self.kind(self.config(labels)).eval()
        self.model = self.adapt(copy.deepcopy(self.base))
        for name, part in self.model.named_parameters():
            if any(kind in name for kind in ("lora", "modules_to_save", "original_module")):
                torch.nn.init.normal_(part, 0, 0.1 if "lora" in name else 1.0)
        self.inputs = torch.randint(4, 100, (6, 12))

    def adapt(self, base):
        lora = LoraConfig(task_type="SEQ_CLS", r=4, target_modules=self.adapted)
        model = get_peft_model(base, lora)
        if self.form == TWO:
            model.add_adapter("second", lora)
        return model.eval()

    def config(self, labels):
        config = self.kind.config_class()
        shrink(config, 0)
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: index for index, label in enumerate(labels)}
        config.architectures = [self.kind.__name__]
        return config

    def save(self, folder):
        if self.form in (ALONE, BESIDE):
            self.model.save_pretrained(folder)
        else:
            folder.mkdir()
            whole = {name: part.contiguous().clone() for name, part in self.model.state_dict().items()}
            save_file(whole, folder / "model.safetensors", {"format": "pt"})
        if self.form != ALONE:
            self.config(self.labels).save_pretrained(folder)

    def path(self, folder):
        return folder

    def loaded(self, folder, labels):
        faults = []
        if self.form != ALONE:
            ids = json.loads((folder / "config.json").read_text())["id2label"]
            faults = [f"id2label {ids}"] if list(ids.values()) != labels else []
        base = self.kind(self.config(labels))
        if self.form in (ALONE, BESIDE):
            own = {name: part for name, part in self.base.state_dict().items() if part.shape == base.state_dict()[name].shape}
            base.load_state_dict(own, strict=False)
            return self.scores(PeftModel.from_pretrained(base, folder).eval()), faults
        model = self.adapt(base)
        model.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
        with model.disable_adapter():
            every = [self.scores(model)]
        for adapter in list(model.peft_config):
            model.set_adapter(adapter)
            every.append(self.scores(model))
        return torch.cat(every), faults

    def scores(self, model):
        with torch.no_grad():
            return model(input_ids=self.inputs).logits
