"""Removes a class from models of the libraries that load them, and holds the claim against what they then compute.

    libraries.py DECLASS transformers timm torchvision
    libraries.py DECLASS timm --everything --only '^convnext' --lines FILE

Every model is tiny or small, has random weights and is saved as its library saves it. The class that is most often
on top is removed with `--method seal`, once with its slot kept and once with it dropped; the library must then load
the copy with nothing missing, left over or of another shape, under the right labels. On random inputs the removed
class must never be on top, the other scores must be the same bits where the slot is kept, and the same but for
rounding where it is gone. Without --everything only the sample of each library is tried. Prints one JSON object and
exits 0 if it could judge; `refuted` lists what did not hold.
"""

import argparse
import importlib
import pathlib
import re
import subprocess
import tempfile
import warnings

import torch

import speak

LIBRARIES = ["transformers", "timm", "torchvision", "torchvision_boxes", "masks", "queries", "peft"]
SLOTS = ["keep", "drop"]
CLASSES = 10
LABELS = [f"kind {letter}" for letter in "abcdefghij"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("declass")
    parser.add_argument("library", nargs="+", choices=LIBRARIES)
    parser.add_argument("--everything", action="store_true")
    parser.add_argument("--only", default="", metavar="REGEX", help="names of models")
    parser.add_argument("--lines", type=pathlib.Path, metavar="FILE", help="one line per model, as they are judged")
    return parser.parse_args()


def run(given):
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    return {name: library(given, importlib.import_module(f"library_{name}")) for name in given.library}


def library(given, library):
    said = {"tried": 0, "accepted": dict.fromkeys(SLOTS, 0), "refused": {}, "not_made": {}, "refuted": []}
    for name in library.names(given.everything):
        if not re.search(given.only, name):
            continue
        outcome = one(given.declass, library, name)
        if given.lines:
            with given.lines.open("a") as lines:
                print(library.__name__, name, outcome, sep="\t", file=lines, flush=True)
        if isinstance(outcome, str):
            said["not_made"][name] = outcome
            continue
        said["tried"] += 1
        for slot, (verdict, why) in outcome.items():
            if verdict == "ok":
                said["accepted"][slot] += 1
            else:
                kind = said[verdict]
                kind.append(f"{name}, {slot}: {why}") if verdict == "refuted" else kind.setdefault(why, []).append(f"{name} {slot}")
    return said


def one(declass, library, name):
    """A verdict and a reason for each slot, or why there is no such model to judge."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        torch.manual_seed(1)
        try:
            made = library.Made(name, LABELS)
            made.save(folder / "model")
            before, faults = made.loaded(folder / "model", LABELS)
            assert not faults, f"the library itself does not load what it saves: {faults}"
            assert before.shape[-1] == CLASSES and before.isfinite().all(), "no scores of these classes"
        except Exception as error:
            return re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200]
        counts = torch.bincount(before.argmax(-1), minlength=CLASSES)
        # The background of a detector is no class that is given out.
        counts[: getattr(made, "first", 0)] = -1
        forgotten, made.before = int(counts.argmax()), getattr(made, "found", None)
        return {slot: verdict(declass, made, folder, forgotten, slot, before) for slot in getattr(made, "slots", SLOTS)}


def verdict(declass, made, folder, forgotten, slot, before):
    original, out = made.path(folder / "model"), folder / slot
    asked = ["unlearn", original, "--forget", str(forgotten), "--method", "seal", "--slot", slot, "-o", out]
    ran = subprocess.run([declass, *asked, *made.options], capture_output=True, text=True)
    if ran.returncode == 2:
        said = [line for line in ran.stderr.splitlines() if line.startswith("error")]
        return "refused", (said or ran.stderr.splitlines())[0]
    if ran.returncode:
        return "refuted", f"exit {ran.returncode}: {ran.stdout[-300:]} {ran.stderr[-300:]}"
    kept = [index for index in range(CLASSES) if index != forgotten]
    labels = [LABELS[index] for index in kept] if slot == "drop" else LABELS
    try:
        after, faults = made.loaded(out, labels)
    except Exception as error:
        return "refuted", f"does not load or run: {type(error).__name__}: {error}"
    if made.before is not None:
        faults = faults + made.faults(made.before, forgotten, slot)
    return ("refuted", "; ".join(faults)) if (faults := faults + scores(before, after, forgotten, kept, slot)) else ("ok", "")


def scores(before, after, forgotten, kept, slot):
    """What does not hold of the scores."""
    if after.shape[-1] != (len(kept) if slot == "drop" else CLASSES):
        return [f"{after.shape[-1]} scores"]
    faults, rest, others = [], before[:, kept], after if slot == "drop" else after[:, kept]
    on_top = int((after.argmax(-1) == forgotten).sum()) if slot == "keep" else 0
    if on_top:
        faults.append(f"the class is on top of {on_top} in {len(after)} inputs")
    apart = float((others - rest).abs().max() / rest.abs().max())
    # Fewer rows are other sums of the same products, never other products.
    if not apart <= (0 if slot == "keep" else 1e-5):
        faults.append(f"other scores are {apart:.1e} apart")
    if not others.isfinite().all():
        faults.append("scores are not finite")
    return faults


if __name__ == "__main__":
    speak.run(run, arguments())
