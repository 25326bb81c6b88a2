"""Measures `declass unlearn --method seal` on models of about 2 GB against `cp` and `sha256sum` of the same files.

    large.py DECLASS FOLDER [--runs 5] [--classes 1000]

Makes the models in FOLDER if they are not there (7 GB with the copies), and prints a markdown table: the least and
the median of all runs, and the peak of the resident memory. The files are in the page cache for both sides. `cp`
does not wait for the disk and `declass` does; so there is a second baseline that does too (`cp`, then `sync` of the
copy, then `sha256sum`).
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

KINDS = ["safetensors", "onnx", "onnx-external"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("declass", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind of model (repeatable)")
    given = parser.parse_args()
    print("| model | bytes | slot | cp + sha256sum | with sync | declass | ratio | ratio with sync | peak memory |")
    print("|---|--:|---|--:|--:|--:|--:|--:|--:|", flush=True)
    for kind in given.kind or KINDS:
        folder = given.folder / kind
        if not folder.exists():
            maker = Path(__file__).with_name("large_models.py")
            subprocess.run([sys.executable, maker, kind, folder, "--classes", str(given.classes)], check=True, stdout=subprocess.DEVNULL)
        for row in measure(given, kind, folder):
            print("| " + " | ".join(row) + " |", flush=True)


def measure(given, kind, folder):
    model = folder if kind == "safetensors" else folder / "model.onnx"
    files = [file for file in folder.iterdir() if file.suffix != ".json"]
    copies, out = given.folder / "copies", given.folder / "out"
    size = sum(file.stat().st_size for file in files)
    slots = {slot: [str(given.declass), "unlearn", str(model), "--forget", "7", "--method", "seal", "--slot", slot, "-o", str(out), "-q"] for slot in ("keep", "drop")}
    plain, synced, runs = [], [], {slot: [] for slot in slots}
    for _ in range(given.runs):
        settle(files)
        plain.append(baseline(files, copies, sync=False))
        settle(files)
        synced.append(baseline(files, copies, sync=True))
        for slot, command in slots.items():
            shutil.rmtree(out, ignore_errors=True)
            settle(files)
            runs[slot].append(run(command))
    shutil.rmtree(out)
    for slot, measured in runs.items():
        seconds = [time for time, _ in measured]
        peak = max(memory for _, memory in measured)
        ratios = (f"{min(seconds) / min(base):.2f}" for base in (plain, synced))
        yield kind, f"{size:,}", slot, shown(plain), shown(synced), shown(seconds), *ratios, f"{peak / 1024:.0f} MiB"


def baseline(files, copies, sync):
    """Seconds for `cp` and `sha256sum`, one after the other."""
    copies.mkdir()
    begun = time.perf_counter()
    subprocess.run(["cp", *files, copies], check=True)
    if sync:
        subprocess.run(["sync", *copies.iterdir()], check=True)
    subprocess.run(["sha256sum", *files], check=True, stdout=subprocess.DEVNULL)
    taken = time.perf_counter() - begun
    shutil.rmtree(copies)
    return taken


def run(command):
    """Seconds, and KiB of the largest resident set, of a command that must succeed."""
    begun = time.perf_counter()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    taken = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"exit {child.returncode}: {' '.join(command)}")
    return taken, usage.ru_maxrss


def settle(files):
    """Waits until earlier writes are on the disk, and reads the model into the page cache: equal starts for all."""
    os.sync()
    subprocess.run(["cat", *files], check=True, stdout=subprocess.DEVNULL)


def shown(seconds):
    return f"{min(seconds):.2f} s ({statistics.median(seconds):.2f})"


if __name__ == "__main__":
    main()
