"""What starting at the minimum of the loss changes: every class of the trained fixtures, by descent and from the minimum.

    minimum.py DECLASS [MODEL ...]                            (needs numpy and safetensors)

Prints a markdown table of means over ten classes on the 10 000 real test embeddings of each fixture, which the program never
saw, at heads that are not sealed (`--no-seal`), so that it is the method alone that is judged. `drift` is the share of the
test inputs of retained classes that are answered otherwise than by the original with the removed logit masked; `forgotten` the
accuracy on the removed class; AUS as in fixtures.py. Epochs are those of all learning rates that were tried.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from fixtures import CLASSES, MODELS, figures_of, logits
from safetensors.numpy import load_file

METHODS = ["delete", "scar"]


def main():
    declass, *models = sys.argv[1:]
    print("| model | method | optimizer | written | forgotten | AUS | AUS of the mask | drift, mean | drift, worst class | epochs | CPU seconds |")
    print("|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for model in models or MODELS:
        data = load_file(MODELS[model][1])
        inputs, labels = data["test_embeddings"].astype(np.float64), data["test_labels"]
        before = logits(MODELS[model][0], model, inputs)
        for method in METHODS:
            for optimizer in ["sgd", "minimum"]:
                runs = [judged(declass, model, method, optimizer, c, (inputs, labels, before)) for c in CLASSES]
                done = [run for run in runs if run]
                mean = {key: np.mean([run[key] for run in done]) for key in done[0]}
                print(
                    f"| {model} | {method} | {optimizer} | {len(done)} of {len(runs)} | {100 * mean['unsealed']:.2f} % "
                    f"| {mean['unsealed aus']:.4f} | {mean['mask aus']:.4f} | {100 * mean['drift']:.3f} % "
                    f"| {100 * max(run['drift'] for run in done):.3f} % | {mean['epochs']:.0f} | {mean['seconds']:.2f} |",
                    flush=True,
                )


def judged(declass, model, method, optimizer, forgotten, test):
    """Figures of one removal; none if the program did not accept its own result."""
    inputs, labels, before = test
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [declass, "unlearn", MODELS[model][0], "--forget", str(forgotten), "--no-seal", "-q", "-o", out]
        command += ["--method", method, "--set", f"optimizer={optimizer}"]
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        if run.returncode == 1:
            return None
        if run.returncode:
            sys.exit(f"exit {run.returncode}: {command}")
        claim = json.loads((out / "class-removal.statement.json").read_text())
        after = logits(out, model, inputs)
    attempts = claim["predicate"]["removal"]["training"]["attempts"]
    masked = before.copy()
    masked[:, forgotten] = -np.inf
    retained = labels != forgotten
    drift = float((after.argmax(1) != masked.argmax(1))[retained].mean())
    epochs = sum(attempt["epochs"] for attempt in attempts)
    seconds = usage.ru_utime + usage.ru_stime
    return {**figures_of(before, {"sealed": after}, labels, forgotten), "drift": drift, "epochs": epochs, "seconds": seconds}


if __name__ == "__main__":
    main()
