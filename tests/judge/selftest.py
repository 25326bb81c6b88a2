"""Tests the judges with edits made by numpy: right edits must be praised, wrong ones must show.

    python tests/judge/selftest.py
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parents[1] / "fixtures"
IMAGES = ["--images", FIXTURES / "data/fmnist-images.npz", "--model", "resnet"]
EMBEDDINGS = ["--head", "classifier.1", "--embeddings", FIXTURES / "data/fmnist-resnet.safetensors"]


def ask(judge, *arguments):
    done = subprocess.run([sys.executable, HERE / judge, *map(str, arguments)], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else (done.returncode, done.stderr)


def seal(weight, bias, forget):
    """The mean of the retained rows, 30 nats lower."""
    retained = [c for c in range(len(bias)) if c not in forget]
    weight, bias = weight.copy(), bias.copy()
    weight[forget], bias[forget] = weight[retained].mean(0), bias[retained].mean() - 30
    return weight, bias


def drop(weight, bias, forget):
    return np.delete(weight, forget, 0), np.delete(bias, forget, 0)


def edit_onnx(source, target, edit, forget, names=("head.weight", "head.bias")):
    """Replaces both initializers and shortens every declared class axis that they shorten."""
    model = onnx.load(source)
    tensors = {t.name: t for t in model.graph.initializer}
    old = [numpy_helper.to_array(tensors[name]) for name in names]
    for name, new in zip(names, edit(*old, forget)):
        tensors[name].CopyFrom(numpy_helper.from_array(new, name))
        classes = len(new)
    for value in model.graph.output:
        dims = value.type.tensor_type.shape.dim
        if dims and dims[-1].dim_value == len(old[1]):
            dims[-1].dim_value = classes
    onnx.save(model, target)
    return target


def test_onnx_logits(folder):
    source = FIXTURES / "models/fmnist-resnet.onnx"
    names = ["classifier.1.weight", "classifier.1.bias"]
    for slot, edit in [("keep", seal), ("drop", drop)]:
        out = edit_onnx(source, folder / f"{slot}.onnx", edit, [5, 7], names)
        verdict = ask("onnx_pair.py", source, out, "--forget", 5, "--forget", 7, "--slot", slot, *IMAGES)
        assert verdict["checker"] == {"original": None, "out": None}, verdict
        assert verdict["max_abs_diff"] <= 1e-5 and verdict["forgotten_top"] == 0 and verdict["forgotten_top_before"] > 150
        assert verdict["agreement"]["same"] == verdict["agreement"]["inputs"] and verdict["retained_argmax_same"] == 1000
        assert verdict["accuracy"]["out"]["5"] == 0
    wrong = edit_onnx(source, folder / "wrong.onnx", drop, [4], names)
    verdict = ask("onnx_pair.py", source, wrong, "--forget", 5, "--slot", "drop", *IMAGES)
    assert verdict["max_abs_diff"] > 1 and verdict["agreement"]["same"] < verdict["agreement"]["inputs"]
    assert ask("onnx_pair.py", source, source, "--forget", 5, "--slot", "drop", *IMAGES)[0] == 2
    assert ask("onnx_pair.py", source, source, "--forget", 5, "--slot", "keep", *IMAGES)["forgotten_top"] == 100


def test_onnx_tails(folder):
    for name, kind in [("softmax", "probabilities"), ("log_softmax", "log-probabilities"), ("sigmoid", "independent-probabilities")]:
        source = FIXTURES / f"onnx/{name}.onnx"
        out = edit_onnx(source, folder / "tail.onnx", drop, [2])
        verdict = ask("onnx_pair.py", source, out, "--forget", 2, "--slot", "drop", "--random", 300)
        assert verdict["kind"] == kind and verdict["max_abs_diff"] < 1e-5 and verdict["checker"]["out"] is None, verdict
    source = FIXTURES / "onnx/argmax.onnx"
    out = edit_onnx(source, folder / "argmax.onnx", drop, [2])
    verdict = ask("onnx_pair.py", source, out, "--forget", 2, "--slot", "drop", "--random", 300)
    assert verdict["kind"] == "class-index" and verdict["agreement"]["same"] == verdict["agreement"]["inputs"] > 0
    for name in ["softmax_zipmap", "linear_classifier", "last_token_gather", "attention_mask", "pool_then_conv", "reshape_const_batch"]:
        source = FIXTURES / f"onnx/{name}.onnx"
        verdict = ask("onnx_pair.py", source, source, "--forget", 2, "--slot", "keep", "--random", 50)
        assert verdict["max_abs_diff"] == 0 and verdict["forgotten_top"] == verdict["forgotten_top_before"], verdict
    damaged = folder / "damaged.onnx"
    damaged.write_bytes((FIXTURES / "onnx/softmax.onnx").read_bytes()[:-40])
    assert ask("onnx_pair.py", FIXTURES / "onnx/softmax.onnx", damaged, "--forget", 2, "--slot", "keep", "--random", 5)[0] == 2


def test_state_dict(folder):
    source = FIXTURES / "models/fmnist-resnet"
    names = ["classifier.1.weight", "classifier.1.bias"]
    for slot, edit in [("keep", seal), ("drop", drop)]:
        out = folder / f"state-{slot}"
        shutil.copytree(source, out)
        tensors = load_file(source / "model.safetensors")
        tensors |= zip(names, edit(*[tensors[name] for name in names], [5]))
        save_file(tensors, out / "model.safetensors", {"format": "pt"})
        verdict = ask("state_dict_pair.py", source, out, "--forget", 5, "--slot", slot, *EMBEDDINGS)
        assert verdict["changed"] == sorted(names) and verdict["metadata_same"] and verdict["max_abs_diff"] < 1e-9, verdict
        assert verdict["forgotten_top"] == 0 and verdict["agreement"]["same"] == verdict["agreement"]["inputs"] > 8000
        assert len(verdict["reshaped"]) == (2 if slot == "drop" else 0)
    tensors["resnet.embedder.embedder.convolution.weight"][0] += 1
    save_file(tensors, out / "model.safetensors")
    verdict = ask("state_dict_pair.py", source, out, "--forget", 5, "--slot", "drop", *EMBEDDINGS)
    assert len(verdict["changed"]) == 3 and not verdict["metadata_same"]


def test_layouts(_folder):
    for name, heads in [("hf_llama_bf16", ["score"]), ("hf_sharded", ["classifier"]), ("timm_deit_distilled", ["head", "head_dist"]), ("tv_squeezenet", ["classifier.1"])]:
        source = FIXTURES / "safetensors" / name
        flags = [flag for head in heads for flag in ("--head", head)]
        verdict = ask("state_dict_pair.py", source, source, "--forget", 1, "--slot", "keep", "--random", 200, *flags)
        assert verdict["changed"] == verdict["index_faults"] == [] and 0 < verdict["forgotten_top"] < 200, verdict


def test_light(_folder):
    assert len(ask("light.py", "list")) >= 9
    source = ask("light.py", "resnet50")["path"]
    verdict = ask("onnx_pair.py", source, source, "--forget", 3, "--slot", "keep", "--random", 2)
    assert verdict["kind"] == "probabilities" and verdict["shapes"]["out"] == [2, 1000], verdict


if __name__ == "__main__":
    for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
        with tempfile.TemporaryDirectory() as folder:
            test(Path(folder))
        print(name, "ok")
