"""Times `declass evaluate --data` against a pipeline of transformers on the same pictures and texts; prints a markdown table.

    examples.py DECLASS FOLDER [--count 200] [--rounds 3] [--many 10000] [--through resnet-18] [MODEL ...]

Makes models, pictures and texts in FOLDER if they are not there: models of transformers' own configurations with random weights that
keep logits apart, JPEG of 500 x 375, texts of some hundred words' vocabulary. In each round both sides run one after the other, each
in a process of its own on the same cores. What is timed of the pipeline (batches of 8, as many threads as cores) is what it takes
from the list of examples to the last answer: Python's imports and the loading of the model are left out. Of declass it is the whole
command, from the start of the process to the figures, with nothing kept of earlier runs. The least of all rounds counts. `--many`
runs so many pictures besides (0: not), each another file, `--through` one of the models or one of fixtures/models: time and peak of the
memory, and what is left to do after a run that was killed in the middle.
"""

import argparse
import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

MODELS = {
    "resnet-18": ("ResNet", {"layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512]}),
    "vit-base": ("ViT", {}),
    "distilbert": ("DistilBert", {"vocab_size": 400}),
}
CLASSES = 10
WORDS = ["".join(random.Random(at).choices("aeioubdfgklmnprst", k=random.Random(at).randint(2, 7))) for at in range(380)]

PEER = """
import csv, json, os, resource, sys, time
from pathlib import Path
import torch, transformers
model, data = sys.argv[1:]
transformers.logging.set_verbosity_error()
torch.set_num_threads(len(os.sched_getaffinity(0)))
if data.endswith(".csv"):
    task, given = "text-classification", [row["text"] for row in csv.DictReader(open(data))]
    more = {"truncation": True}
else:
    task, given, more = "image-classification", sorted(map(str, Path(data).rglob("*.jpg"))), {}
pipeline = transformers.pipeline(task, model=model, device="cpu", batch_size=8)
began, processor = time.monotonic(), time.process_time()
answers = pipeline(given, **more)
assert len(answers) == len(given)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"wall": time.monotonic() - began, "processor": time.process_time() - processor, "peak": peak}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("declass", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--through", default="resnet-18")
    given = parser.parse_intermixed_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print("| model | examples | a second, pipeline | a second, declass | ratio | of the processor | memory, pipeline | memory, declass |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    for name in given.models:
        model, release = models(given.folder, name, given.declass)
        data = texts(given.folder, given.count) if name == "distilbert" else pictures(given.folder, given.count)
        runs = [(peer(model, data), own(given.declass, model, release, data)) for _ in range(given.rounds)]
        row(name, given.count, *zip(*runs))
    if given.many:
        many(given)


def many(given):
    model, release = models(given.folder, given.through, given.declass)
    data = different(given.folder, given.many)
    whole = own(given.declass, model, release, data)
    row(given.through, given.many, [], [whole])
    cache = given.folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    command = [given.declass, "evaluate", release, "--original", model, "--data", data, "--cache", cache]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(whole["wall"] / 2)
    killed.kill()
    killed.wait()
    began = time.monotonic()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    kept = re.search(r"([0-9 ]+) of them before, kept in", said)
    again = time.monotonic() - began
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    last = time.monotonic() - began
    print(
        f"\nWhole: {whole['wall']:.0f} s. Killed after {whole['wall'] / 2:.0f} s, and begun again: "
        f"{kept[1].strip() if kept else 0} embeddings were kept, the rest took {again:.0f} s. Once more: {last:.0f} s."
    )


def row(name, count, peers, owns):
    least = lambda runs, key: min(run[key] for run in runs)
    most = lambda runs: f"{max(run['peak'] for run in runs) / 2**20:.0f} MiB" if runs else ""
    ours = least(owns, "wall")
    theirs = least(peers, "wall") if peers else None
    ratio = [f"{theirs / ours:.2f}", f"{least(peers, 'processor') / least(owns, 'processor'):.2f}"] if peers else ["", ""]
    cells = [name, f"{count:,}", f"{count / theirs:.1f}" if peers else "", f"{count / ours:.1f}", *ratio, most(peers), most(owns)]
    print("| " + " | ".join(cells) + " |", flush=True)


def peer(model, data):
    return json.loads(subprocess.run([sys.executable, "-c", PEER, model, data], check=True, capture_output=True, text=True).stdout)


def own(declass, model, release, data):
    command = [declass, "evaluate", release, "--original", model, "--data", data, "--no-cache", "--json"]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # What the system says at the end has the peak of this process in it, from which the other one was forked.
    peak, ended = 0, 0
    while not ended:
        peak = max(peak, resident(process.pid))
        time.sleep(0.02)
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
    assert status == 0, command
    return {"wall": time.monotonic() - began, "processor": usage.ru_utime + usage.ru_stime, "peak": peak}


def resident(process):
    """The peak so far, in bytes; 0 of what has ended."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def models(folder, name, declass):
    model, release = folder / name, folder / f"{name}-release"
    if name not in MODELS:
        model = Path(__file__).parents[1] / "fixtures/models" / name
    if not model.exists():
        make(model, *MODELS[name])
    if not release.exists():
        command = [declass, "unlearn", model, "--forget", "3", "--method", "seal", "--executed", "0", "-q", "-o", release]
        subprocess.run(command, check=True)
    return model, release


def make(folder, family, settings):
    sys.path.append(str(Path(__file__).parents[1] / "fixtures/built"))
    import transformers
    from recipe import resave

    is_text = family == "DistilBert"
    task = "ForSequenceClassification" if is_text else "ForImageClassification"
    config = getattr(transformers, f"{family}Config")(num_labels=CLASSES, **settings)
    getattr(transformers, family + task)(config).save_pretrained(folder)
    resave(folder)
    if is_text:
        tokenizer(folder)
    else:
        processor = "ViTImageProcessor" if family == "ViT" else "ConvNextImageProcessor"
        getattr(transformers, processor)().save_pretrained(folder)


def tokenizer(folder):
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(dict.fromkeys(special + WORDS)) + "\n")
    import transformers

    transformers.DistilBertTokenizerFast(str(vocabulary), model_max_length=512).save_pretrained(folder)


def pictures(folder, count):
    """A folder for the number of each class; of more than some hundred pictures many are the same file."""
    import numpy
    from PIL import Image

    out = folder / f"pictures-{count}"
    if out.exists():
        return out
    random = numpy.random.default_rng(0)
    for at in range(count):
        path = out / str(at % CLASSES) / f"{at:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if at >= 500:
            os.link(out / str(at % 500 % CLASSES) / f"{at % 500:05}.jpg", path)
            continue
        coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), numpy.uint8)).resize((500, 375), Image.Resampling.BICUBIC)
        noisy = numpy.asarray(coarse).astype(int) + random.integers(-20, 21, (375, 500, 3))
        Image.fromarray(noisy.clip(0, 255).astype(numpy.uint8)).save(path, quality=90)
    return out


def different(folder, count):
    """As many pictures by the numbers of their classes, each another file: of those that look the same the comments differ."""
    out = folder / f"different-{count}"
    if not out.exists():
        some = sorted(pictures(folder, min(count, 500)).rglob("*.jpg"), key=lambda path: path.name)
        for at in range(count):
            path = out / str(at % CLASSES) / f"{at:05}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            whole, comment = some[at % len(some)].read_bytes(), b"%08d" % at
            path.write_bytes(whole[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + whole[2:])
    return out


def texts(folder, count):
    out = folder / f"texts-{count}.csv"
    if not out.exists():
        draw = random.Random(0)
        with out.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            for at in range(count):
                writer.writerow([" ".join(draw.choices(WORDS, k=draw.randint(10, 120))), f"LABEL_{at % CLASSES}"])
    return out


if __name__ == "__main__":
    main()
