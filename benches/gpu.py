"""Times declass on a GPU and on the CPU, and PyTorch doing what the reference does; prints a markdown table.

    gpu.py STAGES [--device cuda:0] [--models target/heads] [--limit 30] [HEAD ...]

STAGES is the program of benches/stages.rs, which says what its stages are; gpu_reference.py says what is measured of PyTorch,
for as many samples and epochs as declass used. HEAD is CLASSESxWIDTH. `--limit` is in seconds, for the sampling of the
reference, which has no end at some heads. What cannot be run here is named as not run.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HEADS = ["10x512", "214x512", "1000x2048", "21843x1024"]
STAGES = ["sampling", "unlearning", "verification"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", type=Path)
    parser.add_argument("heads", nargs="*", default=HEADS)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--models", type=Path, default=Path("target/heads"))
    parser.add_argument("--limit", type=float, default=30)
    given = parser.parse_intermixed_args()
    on_gpu = given.device != "cpu"
    print(f"{machine(on_gpu)}\n")
    print("| head | stage | declass, GPU | declass, CPU | PyTorch, " + ("GPU" if on_gpu else "CPU") + " |")
    print("|---|---|--:|--:|--:|", flush=True)
    # In one process, which warms up at the first head.
    on_device = {run["head"]: run for run in declass(given, given.heads, given.device)} if on_gpu else {}
    for head in given.heads:
        gpu, (cpu,) = on_device.get(head), declass(given, [head], "cpu")
        (peer,) = reference(given, head, gpu or cpu)
        for row in rows(head, gpu, cpu, peer):
            print("| " + " | ".join(row) + " |", flush=True)


def machine(on_gpu):
    """What it was measured on, in one line."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        gpu = subprocess.run(query, check=True, capture_output=True, text=True).stdout.strip() if on_gpu else "no CUDA device"
    except (OSError, subprocess.CalledProcessError):
        gpu = "a GPU of unknown name (no nvidia-smi)"
    processor = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    try:
        import torch

        peer = f"PyTorch {torch.__version__}"
    except ImportError:
        peer = "no PyTorch"
    return f"{gpu}; {os.cpu_count()} cores of {processor}; load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {peer}"


def declass(given, heads, device):
    """For each head the seconds of every stage, and what was done in them."""
    return measured([given.stages, "--device", device, "--models", given.models, *heads])


def reference(given, head, done):
    """The same of PyTorch at one head; empty where there is none."""
    command = [sys.executable, Path(__file__).with_name("gpu_reference.py"), given.models / head, "--device", given.device]
    return measured([*command, "--samples", str(done["samples"]), "--epochs", str(done["epochs"]), "--limit", str(given.limit)])


def measured(command):
    """What a program prints: one JSON object per line."""
    run = subprocess.run([str(word) for word in command], check=False, stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(f"exit {run.returncode}: {run.args}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def rows(head, gpu, cpu, peer):
    """One per stage; all classes are sampled by the reference only."""
    done = lambda run: f" ({run['epochs']} epochs)" if run else ""  # noqa: E731
    missing = "no CUDA device: not run"
    torch = lambda stage: peer.get(stage, "no PyTorch: not run")  # noqa: E731
    for stage in STAGES:
        own = [seconds(run, stage) + (done(run) if stage == "unlearning" else "") if run else missing for run in (gpu, cpu)]
        yield head, stage, *own, "" if stage == "verification" else torch(stage)
    yield head, "sampling every class, as the reference", "", "", torch("sampling every class")
    if any(run and not run["passed"] for run in (gpu, cpu)):
        yield head, "", *["" if not run else "accepted" if run["passed"] else "**refused**" for run in (gpu, cpu)], ""


def seconds(run, stage):
    return f"{run[stage]:.3f} s"


if __name__ == "__main__":
    main()
