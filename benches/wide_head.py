"""Makes a folder with nothing but a head of many classes with a realistic class structure, in the layout of a linear probe.

    wide_head.py FOLDER [--classes 1000] [--width 2048] [--seed 0]

Rows have norm 1 give or take 10 %, classes come in groups of ten that resemble each other (cosine about 0.4), rows sum to
zero, biases spread by 0.05: some classes then get a hundred times fewer standard normal draws than others.
"""

import argparse
import json
from pathlib import Path

import numpy
from safetensors.numpy import save_file

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", type=Path)
parser.add_argument("--classes", type=int, default=1000)
parser.add_argument("--width", type=int, default=2048)
parser.add_argument("--seed", type=int, default=0)
given = parser.parse_args()

random = numpy.random.default_rng(given.seed)
classes, width = given.classes, given.width
groups = random.standard_normal((classes // 10 + 1, width))
rows = random.standard_normal((classes, width)) + 0.8 * groups[numpy.arange(classes) // 10]
rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)
rows *= numpy.clip(1 + 0.1 * random.standard_normal((classes, 1)), 0.6, 1.4)
rows -= rows.mean(axis=0)
bias = 0.05 * random.standard_normal(classes)

given.folder.mkdir(parents=True, exist_ok=True)
tensors = {"classifier.weight": rows.astype(numpy.float32), "classifier.bias": bias.astype(numpy.float32)}
save_file(tensors, given.folder / "model.safetensors", metadata={"format": "pt"})
labels = {str(i): f"class {i}" for i in range(classes)}
config = {"architectures": ["LinearProbe"], "id2label": labels, "label2id": {name: int(i) for i, name in labels.items()}}
(given.folder / "config.json").write_text(json.dumps(config))
