"""What to feed an ONNX model: preprocessed images, or random values of the declared shapes and types."""

import json
from pathlib import Path

import numpy as np
import onnx

MODELS = Path(__file__).resolve().parents[2] / "fixtures" / "models"
FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8}


def images(path, model):
    """Images `[N, channels, 28, 28]` as `preprocessor_config.json` of fmnist-MODEL wants them, and labels `[N]`."""
    config = json.loads((MODELS / f"fmnist-{model}" / "preprocessor_config.json").read_text())
    data = np.load(path)
    raw = data["images"]
    if list(raw.shape[1:]) != [config["size"]["height"], config["size"]["width"]]:
        raise ValueError(f"images are {raw.shape[1:]}, the model wants {config['size']}; this judge does not resize")
    mean, std = (np.array(config[key], np.float32)[None, :, None, None] for key in ("image_mean", "image_std"))
    pixels = raw.astype(np.float32)[:, None] * np.float32(config["rescale_factor"])
    return ((pixels - mean) / std).astype(np.float32), data["labels"]


def random(session, path, count, seed, sizes):
    """`count` random samples: a list of feeds, one per run, as a fixed batch may need several."""
    rng = np.random.default_rng(seed)
    batch = fixed_batch(session)
    runs = -(-count // batch) if batch else 1
    rows = vocabulary(path)
    make = lambda value: draw(value, rng, batch or count, sizes, rows.get(value.name, 100))  # noqa: E731
    return [{value.name: make(value) for value in session.get_inputs()} for _ in range(runs)]


def fixed_batch(session):
    """The first axis of the first input if the file fixes it, else 0."""
    shape = session.get_inputs()[0].shape
    return shape[0] if shape and isinstance(shape[0], int) else 0


def draw(value, rng, batch, sizes, vocabulary_rows):
    """Values of one input. An axis of unknown length is the batch if it is the first, else 8 or what --dim says."""
    shape = [axis if isinstance(axis, int) else sizes.get(axis, batch if i == 0 else 8) for i, axis in enumerate(value.shape)]
    if value.type in FLOATS:
        return rng.normal(size=shape).astype(FLOATS[value.type])
    if value.type == "tensor(bool)":
        return np.ones(shape, bool)
    if value.type not in INTEGERS:
        raise ValueError(f"input `{value.name}` is {value.type}: no random values for it")
    if "mask" in value.name:
        return np.ones(shape, INTEGERS[value.type])
    if "type_ids" in value.name:
        return np.zeros(shape, INTEGERS[value.type])
    return rng.integers(min(1, vocabulary_rows - 1), vocabulary_rows, shape).astype(INTEGERS[value.type])


def vocabulary(path):
    """For each graph input that indexes a stored table: the rows of the smallest such table."""
    graph = onnx.load(path, load_external_data=False).graph
    rows = {tensor.name: tensor.dims[0] for tensor in graph.initializer if tensor.dims}
    origin = {value.name: value.name for value in graph.input}
    found = {}
    for node in graph.node:
        if node.op_type in ("Cast", "Identity", "Reshape", "Unsqueeze", "Squeeze") and node.input[0] in origin:
            origin[node.output[0]] = origin[node.input[0]]
        if node.op_type == "Gather" and node.input[0] in rows and node.input[1] in origin:
            name = origin[node.input[1]]
            found[name] = min(found.get(name, rows[node.input[0]]), rows[node.input[0]])
    return found
