"""Reads safetensors files and config.json, and says which bytes of two models differ."""

import json
from pathlib import Path

import numpy as np
from safetensors import deserialize, safe_open

NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1", "BOOL": "?"}
LABEL_KEYS = ["id2label", "label2id", "label_names", "label_descriptions", "num_classes", "num_labels"]


class Model:
    """All tensors of a safetensors file, or of every safetensors file of a folder."""

    def __init__(self, path):
        path = Path(path)
        self.files = [path] if path.is_file() else sorted(path.glob("*.safetensors"))
        if not self.files:
            raise ValueError(f"no safetensors file in {path}")
        self.entries, self.metadata, self.home = {}, {}, {}
        for file in self.files:
            with safe_open(file, framework="numpy") as opened:
                self.metadata[file.name] = opened.metadata()
            for name, entry in deserialize(file.read_bytes()):
                if name in self.entries:
                    raise ValueError(f"tensor {name} is in two files")
                self.entries[name], self.home[name] = entry, file.name
        self.index = path / "model.safetensors.index.json"

    def values(self, name):
        """A tensor as float64, whatever its stored dtype."""
        entry = self.entries[name]
        if entry["dtype"] == "BF16":
            bits = np.frombuffer(bytes(entry["data"]), "<u2").astype(np.uint32) << 16
            return bits.view(np.float32).astype(np.float64).reshape(entry["shape"])
        return np.frombuffer(bytes(entry["data"]), NUMPY[entry["dtype"]]).astype(np.float64).reshape(entry["shape"])

    def index_faults(self):
        """What model.safetensors.index.json says wrongly; empty without shards."""
        if not self.index.is_file():
            return []
        index = json.loads(self.index.read_text())
        faults = []
        if index["weight_map"] != self.home:
            faults.append("weight_map")
        counted = {
            "total_size": sum(len(entry["data"]) for entry in self.entries.values()),
            "total_parameters": sum(int(np.prod(entry["shape"])) for entry in self.entries.values()),
        }
        return faults + [key for key, n in counted.items() if key in index.get("metadata", {}) and index["metadata"][key] != n]


def differences(original, out):
    """Names of tensors that differ in bytes, shape or dtype, and what became of the metadata and the index."""
    both = [name for name in original.entries if name in out.entries]
    pairs = {name: (original.entries[name], out.entries[name]) for name in both}
    return {
        "tensors": len(original.entries),
        "changed": sorted(name for name, (a, b) in pairs.items() if (a["dtype"], a["shape"], a["data"]) != (b["dtype"], b["shape"], b["data"])),
        "reshaped": {name: [a["shape"], b["shape"]] for name, (a, b) in pairs.items() if a["shape"] != b["shape"]},
        "retyped": {name: [a["dtype"], b["dtype"]] for name, (a, b) in pairs.items() if a["dtype"] != b["dtype"]},
        "missing": sorted(set(original.entries) - set(out.entries)),
        "added": sorted(set(out.entries) - set(original.entries)),
        "metadata_same": original.metadata == out.metadata,
        "moved": sorted(name for name in both if original.home[name] != out.home[name]),
        "index_faults": out.index_faults(),
    }


def config_pair(original, out):
    """Labels before and after, in index order, and the other top-level keys of config.json that differ."""
    old, new = read_config(original), read_config(out)
    other = sorted(key for key in old.keys() | new.keys() if key not in LABEL_KEYS and old.get(key) != new.get(key))
    return {"labels": {"original": labels(old), "out": labels(new)}, "label2id_consistent": consistent(new), "other_changes": other}


def read_config(path):
    file = Path(path) / "config.json"
    return json.loads(file.read_text()) if file.is_file() else {}


def labels(config):
    for place in [config, config.get("text_config") or {}, config.get("vision_config") or {}]:
        if place.get("id2label"):
            return [place["id2label"][key] for key in sorted(place["id2label"], key=int)]
    return config.get("label_names")


def consistent(config):
    """Whether id2label counts from 0 without gaps, and label2id is its inverse. Null if there is none."""
    if "id2label" not in config:
        return None
    ids = {int(key): label for key, label in config["id2label"].items()}
    inverse = {label: i for i, label in ids.items()}
    return sorted(ids) == list(range(len(ids))) and config.get("label2id", inverse) == inverse
