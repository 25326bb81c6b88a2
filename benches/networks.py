"""Times whole networks on one core against onnxruntime, and compares their logits; prints a markdown table.

    networks.py NETWORKS FOLDER [--rounds 3] [--seconds 4] [NETWORK ...]

NETWORKS is the program of benches/networks.rs. Makes the models in FOLDER if they are not there: torchvision's, with weights after
He, batch norms settled on noise, exported by TorchScript. Both sides run one after the other in each round, each in a process of
its own with one thread; times are of the processor, the least of all rounds, at one input. Memory is the peak of the whole process:
Python and its libraries are in it for onnxruntime, whose own share is what they have before the model is read taken away.
The difference of logits is the largest one, relative to the largest logit. The exit status is 1 if one is above 1e-4.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

# Ratios of time that are aimed at.
GOALS = {"vit_b_16": 1.2, "swin_t": 1.2, "resnet18": 1.5, "resnet50": 1.5, "mobilenet_v2": 2.5, "efficientnet_b0": 2.5}
DIFFERENCE = 1e-4

PEER = """
import json, resource, sys, time
import numpy, onnxruntime
from safetensors.numpy import load_file, save_file
model, inputs, logits, seconds = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
feed, bare = load_file(inputs), peak()
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
made, start, fastest, together = session.run(None, feed)[0], time.monotonic(), float("inf"), 1
save_file({"logits": numpy.ascontiguousarray(made)}, logits)
while time.monotonic() - start < float(seconds):
    before = time.thread_time()
    for _ in range(together):
        session.run(None, feed)
    taken = time.thread_time() - before
    if taken < 0.2:
        together *= 2
    else:
        fastest = min(fastest, taken / together)
print(json.dumps({"fastest": fastest, "peak": peak() - bare}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="*", default=list(GOALS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    given = parser.parse_intermixed_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print("| network | onnxruntime | declass | ratio | goal | memory, onnxruntime | memory, declass | difference |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    right = True
    for name in given.networks:
        row, difference = measure(given, name)
        right &= difference <= DIFFERENCE
        print("| " + " | ".join(row) + " |", flush=True)
    sys.exit(0 if right else 1)


def measure(given, name):
    import numpy
    from safetensors.numpy import load_file

    model, inputs = given.folder / f"{name}.onnx", given.folder / f"{name}.safetensors"
    if not (model.exists() and inputs.exists()):
        subprocess.run([sys.executable, "-c", "import networks, sys; networks.make(*sys.argv[1:])", name, model, inputs],
                       check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)}, stdout=subprocess.DEVNULL)
    results = {side: given.folder / f"{side}.safetensors" for side in ("peer", "own")}
    tail = [str(given.seconds / given.rounds)]
    peers, owns = [], []
    for _ in range(given.rounds):
        peers.append(run([sys.executable, "-c", PEER, model, inputs, results["peer"], *tail]))
        owns.append(run([given.program, model, inputs, results["own"], "--seconds", *tail]))
    expected, found = (load_file(results[side])["logits"] for side in ("peer", "own"))
    difference = float(numpy.abs(expected - found).max() / numpy.abs(expected).max())
    peer, own = (min(run["fastest"] for run in runs) for runs in (peers, owns))
    memory = [f"{max(run['peak'] for run in runs) / 2**20:.0f} MiB" for runs in (peers, owns)]
    goal = GOALS.get(name)
    return [name, f"{peer * 1e3:.1f} ms", f"{own * 1e3:.1f} ms", f"{own / peer:.2f}", f"{goal}" if goal else "",
            *memory, f"{difference:.1e}"], difference


def run(command):
    return json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)


def make(name, model, inputs):
    import warnings

    import torch
    import torchvision
    from safetensors.torch import save_file

    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    network = getattr(torchvision.models, name)(weights=None)
    for part in network.modules():
        if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(part.weight, nonlinearity="relu" if isinstance(part, torch.nn.Conv2d) else "linear")
    if any(isinstance(part, torch.nn.BatchNorm2d) for part in network.modules()):
        with torch.no_grad():
            network.train()(torch.randn(4, 3, 224, 224))
    pixels = torch.randn(1, 3, 224, 224)
    torch.onnx.export(network.eval(), (pixels,), model, input_names=["pixel_values"], output_names=["logits"],
                      dynamo=False, opset_version=17, dynamic_axes={"pixel_values": {0: "n"}})
    save_file({"pixel_values": pixels}, inputs)


if __name__ == "__main__":
    main()
