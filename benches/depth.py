"""What a seal leaves to find, beside models that were trained without the class; prints a markdown table.

    depth.py DECLASS DATASET RETRAINED [--pictures 200]          (needs numpy and Pillow)

RETRAINED is the folder that `fixtures/retrained.py` wrote, DATASET that with the IDX files. For each class the release (`--method
seal`) is held against each retrained model; beside it stands one retrained model against another, which is what two
trainings differ by. `advantage` is how much more of the class's inputs a few labelled examples find, on average over 1 to 100 of
them, in percentage points: at the embedding, and the largest of all layers; `equivalent` with how many examples the other
model finds as much as this one with 5, at the embedding.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "fixtures"))
import fashion_mnist  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("declass", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("retrained", type=Path)
    parser.add_argument("--pictures", type=int, default=200)
    given = parser.parse_args()
    print("| model | class | beside retrained | found with 5 | there | equivalent | advantage | largest | CKA of the class | routing |")
    print("|---|---|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        pictures = draw(given.dataset, Path(scratch) / "pictures", given.pictures)
        for (model, label), retrained in groups(given.retrained).items():
            original = HERE.parent / f"fixtures/models/fmnist-{model}"
            rows = [("seal", original, other) for other in retrained]
            rows += [("retrained", one, other) for one in retrained for other in retrained if one != other]
            measured = {}
            for kind, one, other in rows:
                found = measure(given.declass, (one, other), label, pictures, Path(scratch))
                measured.setdefault(kind, []).append(found)
            for kind, found in measured.items():
                print(row(model, label, kind, found), flush=True)


def draw(dataset, folder, each):
    """A folder of pictures for each class."""
    images, labels = fashion_mnist.load(dataset, "t10k")
    for at, label in enumerate(fashion_mnist.LABELS):
        place = folder / label.replace("/", " ")
        place.mkdir(parents=True)
        for row in np.flatnonzero(labels == at)[:each]:
            Image.fromarray(images[row]).save(place / f"{row:05}.png")
    return folder


def groups(folder):
    """The retrained models by architecture and class."""
    found = {}
    for path in sorted(folder.iterdir()):
        if match := re.fullmatch(r"(\w+)-without-(\d)-\d+", path.name):
            found.setdefault((match[1], int(match[2])), []).append(path)
    return found


def measure(declass, models, label, pictures, scratch):
    """What `evaluate` finds of a release of the first model beside the second."""
    (one, other), out = models, scratch / "out"
    unlearn = [declass, "unlearn", one, "--forget", str(label), "--method", "seal", "--force", "-o", out, "-q"]
    subprocess.run(unlearn, check=True, stdout=subprocess.DEVNULL)
    evaluate = [declass, "evaluate", out, "--original", one, "--data", pictures, "--retrained", other, "--json", "-q"]
    said = json.loads(subprocess.run([*evaluate, "--no-cache"], check=True, capture_output=True).stdout)
    metrics = {metric["id"]: metric["figures"] for metric in said["retrained"]["metrics"]}
    few = metrics["retrained-few-shot"]
    at = {(it["quantity"], it["stratum"]): it["value"] for it in few}
    return {
        "own": at["found-with-5", "embedding"],
        "theirs": at["retrained-found-with-5", "embedding"],
        "equivalent": at.get(("examples-equivalent", "embedding")),
        "advantage": at["advantage", "embedding"],
        "largest": max(value for (quantity, _), value in at.items() if quantity == "advantage"),
        "cka": next(it["value"] for it in metrics["retrained-features"] if (it["quantity"], it["stratum"]) == ("forgotten-cka", "embedding")),
        "routing": metrics["retrained-routing"][0]["value"],
    }


def row(model, label, kind, found):
    """Means over the pairs."""
    mean = {key: np.mean([it[key] for it in found]) for key in found[0] if key != "equivalent"}
    equivalent = [it["equivalent"] for it in found]
    equivalent = "more than 100" if None in equivalent else f"{np.exp(np.mean(np.log(equivalent))):.1f}"
    cells = [model, fashion_mnist.LABELS[label], {"seal": "the seal", "retrained": "another retrained"}[kind]]
    cells += [f"{100 * mean['own']:.1f} %", f"{100 * mean['theirs']:.1f} %", equivalent]
    # Each pair of retrained models comes twice, once either way round: what counts is how far apart they are.
    apart = 100 * np.mean([abs(it["advantage"]) for it in found])
    cells += [f"{100 * mean['advantage']:+.1f}" if kind == "seal" else f"±{apart:.1f}", f"{100 * mean['largest']:+.1f}"]
    cells += [f"{mean['cka']:.2f}", f"{mean['routing']:.2f}"]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
