"""Judges an ONNX model from which classes were removed against its original, with onnx.checker and onnxruntime.

    onnx_pair.py ORIGINAL OUT --forget 5 --slot drop --images fmnist-images.npz --model resnet
    onnx_pair.py ORIGINAL OUT --forget 5 --slot keep --random 200 [--dim sequence=12] [--output probabilities]

Prints one JSON object (see compare.py) with `checker` (null, or what it complained about) for both files,
and exits 0 if it could judge. Whether the numbers are good is for the caller to say.
"""

import argparse
import re

import numpy as np
import onnx
import onnxruntime as ort

import feeds
import speak
from compare import compare


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original")
    parser.add_argument("out")
    speak.removal_arguments(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--images", metavar="NPZ")
    source.add_argument("--random", type=int, metavar="N")
    parser.add_argument("--model", choices=["resnet", "vit", "swin"], help="whose preprocessing the images need")
    parser.add_argument("--dim", action="append", default=[], metavar="NAME=LENGTH", help="length of a named axis")
    parser.add_argument("--output", help="name of the output with the class scores")
    return parser.parse_args()


def judge(given):
    verdict = {"checker": {"original": complaint(given.original), "out": complaint(given.out)}}
    original, out = session(given.original), session(given.out)
    verdict["same_inputs"] = signature(original.get_inputs()) == signature(out.get_inputs())
    verdict["same_output_names"] = [o.name for o in original.get_outputs()] == [o.name for o in out.get_outputs()]
    name = given.output or pick_output(original)
    verdict["output"] = name
    declared = {side: next((o.shape for o in s.get_outputs() if o.name == name), None) for side, s in [("original", original), ("out", out)]}
    verdict["declared_shapes"] = declared
    runs, labels = inputs(given, original)
    keys = {side: map_keys(path, name) for side, path in [("original", given.original), ("out", given.out)]}
    if keys["original"]:
        verdict["map_keys"] = keys
    before, after = scores(original, name, runs, keys["original"]), scores(out, name, runs, keys["out"])
    return verdict | compare(before, after, given.forget, given.slot, labels)


def complaint(path):
    """What onnx.checker says against the file at this path, external data and shape inference included."""
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:
        return f"{type(error).__name__}: {error}".strip()
    return None


def session(path):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def signature(values):
    return [(value.name, value.type, value.shape) for value in values]


def pick_output(run):
    """The output with the class scores: by name, then a float matrix, then the first."""
    def rank(value):
        named = bool(re.search("logit|prob|score", value.name, re.I))
        other = bool(re.search("hidden|embed|aux|label", value.name, re.I))
        return (named and not other, not other, "float" in value.type or "map" in value.type)
    return max(run.get_outputs(), key=rank).name


def inputs(given, original):
    """The feeds of every run, and the labels if there are any."""
    if given.random is not None:
        sizes = {name: int(length) for name, length in (dim.split("=") for dim in given.dim)}
        return feeds.random(original, given.original, given.random, given.seed, sizes), None
    if not given.model:
        raise ValueError("--images needs --model")
    pixels, labels = feeds.images(given.images, given.model)
    name = original.get_inputs()[0].name
    step = feeds.fixed_batch(original) or 250
    return [{name: pixels[i : i + step]} for i in range(0, len(pixels), step)], labels


def map_keys(path, output):
    """The labels in column order if a ZipMap makes this output: a map read back from the runtime has lost its order."""
    for node in onnx.load(path, load_external_data=False).graph.node:
        if node.op_type == "ZipMap" and output in node.output:
            values = onnx.helper.get_attribute_value(node.attribute[0])
            return [value.decode() if isinstance(value, bytes) else value for value in values]
    return None


def scores(run, name, feeds_, keys):
    """Scores of all runs as a matrix with one column per class."""
    parts = [run.run([name], feed)[0] for feed in feeds_]
    if keys:
        return np.array([[row[key] for key in keys] for part in parts for row in part])
    matrix = np.concatenate(parts)
    if matrix.ndim > 2 and all(axis == 1 for axis in matrix.shape[2:]):
        matrix = matrix.reshape(matrix.shape[:2])
    if matrix.ndim > 2:
        raise ValueError(f"output `{name}` has shape {list(matrix.shape)}: not one score per class")
    return matrix


if __name__ == "__main__":
    speak.run(judge, arguments())
