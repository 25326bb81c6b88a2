"""Removes every class of the trained fixtures with every method, and judges on their 10 000 test embeddings.

    fixtures.py DECLASS [--models FOLDER] [--peer CSV]        (needs numpy and safetensors)

`--models` names a folder with `resnet18-tv`, which is too large for this repository; `--peer` a table of runs of the
reference implementation on the same embeddings, whose AUS as returned and CPU seconds at learning rate 0.01 are set beside.

Prints a markdown table. All figures are means over ten runs, one per class, on real test inputs that the program
never saw. `written` counts the classes for which the program accepted its own result, sealed and unsealed; only they
enter the means. `worst change` is that of the retained accuracy, in points. AUS = (1 - (retained accuracy before -
after)) / (1 + forgotten accuracy after), of which more is better; the plain mask sets the class's logit to minus
infinity in the original. `worst to mask` is the least, over the classes, of AUS unsealed less that of the mask.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
HEADS = {"resnet": "classifier.1", "vit": "classifier", "swin": "classifier"}
PEERS = {
    "delete": "DELETE", "negative-gradient": "NG", "negative-gradient-plus": "NGFTW", "random-labels": "RL",
    "scar": "SCAR", "scrub": "SCRUB",
}  # fmt: skip
CLASSES = range(10)
MODELS = {
    name: (FIXTURES / "models" / f"fmnist-{name}", FIXTURES / "data" / f"fmnist-{name}.safetensors") for name in HEADS
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("declass", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--peer", type=Path)
    given = parser.parse_args()
    if given.models:
        folder = given.models / "resnet18-tv"
        MODELS["resnet18-tv"], HEADS["resnet18-tv"] = (folder, folder / "embeddings.safetensors"), "fc"
    peers = list(csv.DictReader(given.peer.open())) if given.peer else []
    listed = subprocess.run([given.declass, "methods", "--json"], check=True, capture_output=True).stdout
    methods = [method["name"] for method in json.loads(listed)]
    print("| model | method | written | retained before | after | worst change | forgotten before sealing | after | AUS unsealed | AUS | AUS of the mask | worst to mask | CPU seconds | reference: AUS | CPU seconds |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for model in HEADS:
        for row in judge_model(given.declass, model, methods):
            print("| " + " | ".join([*row, *peer(peers, model, row[1])]) + " |", flush=True)


def peer(rows, model, method):
    """The reference's mean AUS as returned, and its CPU seconds, over the classes it ran."""
    model = {"vit": "vit-small-hf", "resnet": "resnet-small-hf", "swin": "swin-small-hf"}.get(model, model)
    name = PEERS.get(method)
    own = [r for r in rows if r["model"] == model and r["method"] == name and r["noise"] == "gaussian" and r["lr"] == "0.01" and r["status"] == "ok"]
    if not own:
        return "", ""
    values = [float(r["returned_aus"]) for r in own]
    seconds = [float(r["run_cpu_s"]) for r in own]
    return f"{np.mean(values):.3f} (least {min(values):.3f} of {len(values)})", f"{np.median(seconds):.2f}"


def judge_model(declass, model, methods):
    folder, embeddings = MODELS[model]
    data = load_file(embeddings)
    inputs, labels = data["test_embeddings"].astype(np.float64), data["test_labels"]
    top = logits(folder, model, inputs)
    for method in methods:
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda c: remove(declass, model, method, c, inputs), CLASSES))
        figures = [figures_of(top, run, labels, c) for c, run in zip(CLASSES, runs) if run]
        if not figures:
            yield model, method, f"0 of {len(runs)}", *[""] * 10
            continue
        mean = {key: np.mean([f[key] for f in figures]) for key in figures[0]}
        worst = min(f["after"] - f["before"] for f in figures)
        percent = lambda key: f"{100 * mean[key]:.2f} %"  # noqa: E731
        trained = method != "seal"
        yield (
            model, method, f"{len(figures)} of {len(runs)}", percent("before"), percent("after"), f"{100 * worst:+.2f}",
            percent("unsealed") if trained else "", percent("sealed"),
            f"{mean['unsealed aus']:.3f}" if trained else "", f"{mean['aus']:.3f}", f"{mean['mask aus']:.3f}",
            f"{min(f['unsealed aus'] - f['mask aus'] for f in figures):+.4f}" if trained else "",
            f"{np.median([run['seconds'] for run in runs if run]):.2f}",
        )  # fmt: skip


def remove(declass, model, method, forgotten, inputs):
    """Logits of the test embeddings from the sealed and from the unsealed release; only a trained method has both."""
    outcome = {}
    for kind, flags in {"sealed": [], "unsealed": ["--no-seal"]}.items():
        if method == "seal" and kind == "unsealed":
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            command = [declass, "unlearn", MODELS[model][0], "--forget", str(forgotten)]
            made = subprocess.Popen([*command, "--method", method, "-o", out, "-q", *flags], stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(made.pid, 0)
            made.returncode = os.waitstatus_to_exitcode(status)
            if made.returncode == 1:
                return None  # The gate says no, and nothing is written.
            if made.returncode:
                sys.exit(f"exit {made.returncode}: {made.args}")
            outcome.setdefault("seconds", usage.ru_utime + usage.ru_stime)
            outcome[kind] = logits(out, model, inputs)
    return outcome


def logits(folder, model, inputs):
    tensors = load_file(folder / "model.safetensors")
    weight, bias = (tensors[f"{HEADS[model]}.{part}"].astype(np.float64) for part in ("weight", "bias"))
    return inputs @ weight.T + bias


def figures_of(original, run, labels, forgotten):
    retained = labels != forgotten
    accuracy = lambda scores, rows: float((scores.argmax(1) == labels)[rows].mean())  # noqa: E731
    before = accuracy(original, retained)
    aus = lambda scores: (1 - (before - accuracy(scores, retained))) / (1 + accuracy(scores, ~retained))  # noqa: E731
    mask = original.copy()
    mask[:, forgotten] = -np.inf
    unsealed = run.get("unsealed", run["sealed"])
    return {
        "before": before, "after": accuracy(run["sealed"], retained), "sealed": accuracy(run["sealed"], ~retained),
        "unsealed": accuracy(unsealed, ~retained), "unsealed aus": aus(unsealed), "aus": aus(run["sealed"]), "mask aus": aus(mask),
    }  # fmt: skip


if __name__ == "__main__":
    main()
