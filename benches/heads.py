"""Times whole removals at heads of many classes, beside another build of the program if one is named; prints tables.

    heads.py DECLASS [--baseline DECLASS] [--models target/wide] [--threads 1,2,8,32] [HEAD ...]

HEAD is CLASSESxWIDTH; the heads are those of wide_head.py. Three tables: what a removal takes (its wall and CPU time and its
peak memory, the least of three runs in wall time); what many classes take that go at once; and wall time against
RAYON_NUM_THREADS. `sgd` is DELETE by gradient descent, which is what the baseline does by default: it has no `--set optimizer`.
A run that takes longer than --limit seconds is ended and said to.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = {"seal": ["--method", "seal"], "delete": [], "sgd": ["--set", "optimizer=sgd"]}
KEPT = [("80x512", 2), ("1000x2048", 10)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("declass", type=Path)
    parser.add_argument("heads", nargs="*", default=["10x512", "214x512", "1000x2048", "21843x1024"])
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--models", type=Path, default=Path("target/wide"))
    parser.add_argument("--threads", default="1,2,8,32")
    parser.add_argument("--limit", type=float, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_intermixed_args()
    print(f"{machine()}; load {os.getloadavg()[0]:.1f}\n")
    table(["head", "run", "wall, before", "CPU", "memory", "wall", "CPU", "memory"])
    for head in given.heads:
        for run in RUNS:
            row(head, run, *before(given, head, run), *cells(least(given, given.declass, head, ["--forget", "7", *RUNS[run]])))
    print()
    table(["head", "kept", "run", "wall, before", "wall"])
    for head, count in KEPT:
        keep = [word for kept in range(count) for word in ("--keep", str(kept))]
        for run in ["seal", "delete"]:
            old = least(given, given.baseline, head, [*keep, *RUNS[run]]) if given.baseline else None
            row(head, count, run, cells(old)[0], cells(least(given, given.declass, head, [*keep, *RUNS[run]]))[0])
    print()
    threads = [int(count) for count in given.threads.split(",")]
    table(["head", "run", "", *[f"{count} threads" for count in threads]])
    for head in [head for head in given.heads if not head.startswith("21843")]:
        for run in ["delete", "sgd"]:
            for name, declass in {"before": given.baseline, "after": given.declass}.items():
                # The baseline trains by default.
                if declass is None or (name == "before" and run == "delete"):
                    continue
                flags = [] if name == "before" else RUNS[run]
                runs = [least(given, declass, head, ["--forget", "7", *flags], count) for count in threads]
                row(head, run, name, *[cells(run)[0] for run in runs])


def before(given, head, run):
    """The same of the baseline."""
    if given.baseline is None or run == "delete":
        return [""] * 3
    return cells(least(given, given.baseline, head, ["--forget", "7", *([] if run == "sgd" else RUNS[run])]))


def least(given, declass, head, flags, threads=None):
    """Wall and CPU seconds and peak memory of the fastest of some runs; none if it took too long."""
    model = given.models / head
    if not model.exists():
        classes, width = head.split("x")
        maker = Path(__file__).with_name("wide_head.py")
        subprocess.run([sys.executable, maker, model, "--classes", classes, "--width", width], check=True)
    environment = dict(os.environ) if threads is None else {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    best = None
    for _ in range(given.rounds):
        took = once([declass, "unlearn", model, *flags, "-q"], environment, given.limit)
        if took is None:
            return None
        best = took if best is None or took[0] < best[0] else best
        if took[0] > 30:
            break
    return best


def once(command, environment, limit):
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        command = [str(word) for word in [*command, "-o", Path(folder) / "out"]]
        run = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while time.monotonic() - began < limit:
            done, status, usage = os.wait4(run.pid, os.WNOHANG)
            if done:
                run.returncode = os.waitstatus_to_exitcode(status)
                if run.returncode not in (0, 1):
                    sys.exit(f"exit {run.returncode}: {command}")
                return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
            time.sleep(0.005)
        run.kill()
        run.wait()
        return None


def cells(took):
    if took is None:
        return ["ended", "", ""]
    wall, processor, memory = took
    return [f"{wall:.2f} s", f"{processor:.2f} s", f"{memory:.0f} MiB"]


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {processor}"


def table(columns):
    row(*columns)
    print("|" + "---|" * len(columns), flush=True)


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
