"""Removes every class of the trained fixtures with every method, and judges on their 10 000 test embeddings.

    fixtures.py DECLASS        (needs numpy and safetensors)

Prints a markdown table. All figures are means over ten runs, one per class, on real test inputs that the program
never saw. `written` counts the classes for which the program accepted its own result, sealed and unsealed; only they
enter the means. `worst change` is that of the retained accuracy, in points. AUS = (1 - (retained accuracy before -
after)) / (1 + forgotten accuracy after), of which more is better; the plain mask sets the class's logit to minus
infinity in the original.
"""

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
METHODS = ["delete", "negative-gradient", "negative-gradient-plus", "random-labels", "scar", "seal"]
CLASSES = range(10)


def main():
    declass = sys.argv[1]
    rows = [row for model in HEADS for row in judge_model(declass, model)]
    print("| model | method | written | retained before | after | worst change | forgotten before sealing | after | AUS unsealed | AUS | AUS of the mask | CPU seconds |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def judge_model(declass, model):
    data = load_file(FIXTURES / "data" / f"fmnist-{model}.safetensors")
    inputs, labels = data["test_embeddings"].astype(np.float64), data["test_labels"]
    original = FIXTURES / "models" / f"fmnist-{model}"
    top = logits(original, model, inputs)
    for method in METHODS:
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda c: remove(declass, model, method, c, inputs), CLASSES))
        figures = [figures_of(top, run, labels, c) for c, run in zip(CLASSES, runs) if run]
        if not figures:
            yield model, method, f"0 of {len(runs)}", *[""] * 9
            continue
        mean = {key: np.mean([f[key] for f in figures]) for key in figures[0]}
        worst = min(f["after"] - f["before"] for f in figures)
        percent = lambda key: f"{100 * mean[key]:.2f} %"  # noqa: E731
        trained = method != "seal"
        yield (
            model, method, f"{len(figures)} of {len(runs)}", percent("before"), percent("after"), f"{100 * worst:+.2f}",
            percent("unsealed") if trained else "", percent("sealed"),
            f"{mean['unsealed aus']:.3f}" if trained else "", f"{mean['aus']:.3f}", f"{mean['mask aus']:.3f}",
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
            command = [declass, "unlearn", FIXTURES / "models" / f"fmnist-{model}", "--forget", str(forgotten)]
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
