"""Judges a safetensors folder (or file) from which classes were removed against its original.

    state_dict_pair.py ORIGINAL OUT --forget 5 --slot drop --head classifier.1 --embeddings fmnist-resnet.safetensors
    state_dict_pair.py ORIGINAL OUT --forget 0 --slot keep --head head --head head_dist --random 500

Applies the heads (their mean if there are several) to the embeddings in float64 and prints one JSON object: see
compare.py for the scores and tensors.py for the bytes. Exits 0 if it could judge.
"""

import argparse

import numpy as np

import speak
import tensors
from compare import compare


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original")
    parser.add_argument("out")
    speak.removal_arguments(parser)
    parser.add_argument("--head", action="append", required=True, metavar="MODULE", help="repeatable")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--embeddings", metavar="SAFETENSORS", help="with test_embeddings and perhaps test_labels")
    source.add_argument("--random", type=int, metavar="N")
    return parser.parse_args()


def judge(given):
    original, out = tensors.Model(given.original), tensors.Model(given.out)
    width = original.values(f"{given.head[0]}.weight").shape[1]
    if given.embeddings:
        stored = tensors.Model(given.embeddings)
        embeddings = stored.values("test_embeddings")
        labels = stored.values("test_labels").astype(int) if "test_labels" in stored.entries else None
    else:
        embeddings, labels = np.random.default_rng(given.seed).normal(size=(given.random, width)), None
    before, after = (logits(model, given.head, embeddings) for model in (original, out))
    verdict = tensors.differences(original, out) | {"config": tensors.config_pair(given.original, given.out)}
    return verdict | compare(before, after, given.forget, given.slot, labels)


def logits(model, heads, embeddings):
    """Mean over the heads of `Z W^T + b`; a convolution head `[C, D, 1, 1]` is read as `[C, D]`."""
    total = 0
    for name in heads:
        weight = model.values(f"{name}.weight")
        weight = weight.reshape(weight.shape[:2])
        bias = model.values(f"{name}.bias") if f"{name}.bias" in model.entries else 0
        total = total + embeddings @ weight.T + bias
    return total / len(heads)


if __name__ == "__main__":
    speak.run(judge, arguments())
