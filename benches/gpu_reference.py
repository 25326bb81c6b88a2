"""What the source-free reference does at a head, in PyTorch, with its defaults: a yardstick for benches/gpu.py.

    gpu_reference.py MODEL --device cuda:0 --samples 1000 --epochs 100 [--limit 30]

Embeddings are drawn from a standard normal in all dimensions, 2000 at a time, and labelled by the head; those of class 7 are
kept until there are enough. Only then DELETE is trained on them: the divergence from the original's probabilities without the
class, SGD with momentum 0.9, learning rate 0.01 along a cosine, 1024 samples a step, automatic differentiation, for as many epochs
as it is told (the reference itself looks at real test data to stop). The reference would go on drawing until every class has as
many; that is measured apart, without keeping what is drawn, and given up after a limit. Everything is warmed up
first, and clocks are read when the device has finished. Prints one line of JSON, an empty object without PyTorch.
"""

import argparse
import json
import struct
import time
from pathlib import Path

try:
    import torch
except ImportError:
    torch = None

FORGOTTEN = 7
DRAWS, BATCH, RATE, MOMENTUM = 2000, 1024, 0.01, 0.9


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--limit", type=float, default=30)
    given = parser.parse_args()
    if torch is None:
        print("{}")
        return
    torch.manual_seed(0)
    head = load(given.model, given.device)
    train(head, sample(head, 10, limit=given.limit)[0], epochs=3)
    took = {}
    (inputs, took["sampling"]) = timed(head, lambda: sample(head, given.samples, limit=given.limit))
    (inputs, complete) = inputs
    took["sampling"] = words(took["sampling"], complete)
    _, seconds = timed(head, lambda: train(head, inputs, given.epochs))
    took["unlearning"] = f"{seconds:.3f} s ({given.epochs} epochs)"
    full, seconds = timed(head, lambda: sample_every_class(head, given.samples, given.limit))
    classes = head.out_features
    took["sampling every class"] = words(seconds, full == classes, f" ({full} of {classes} classes have their samples)")
    print(json.dumps(took))


def load(folder, device):
    """The head, read without further libraries."""
    data = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    entries = json.loads(data[8 : 8 + length])
    classes, width = entries["classifier.weight"]["shape"]
    head = torch.nn.Linear(width, classes, device=device)
    for name, into in ("classifier.weight", head.weight), ("classifier.bias", head.bias):
        begin, end = entries[name]["data_offsets"]
        values = torch.frombuffer(bytearray(data[8 + length + begin : 8 + length + end]), dtype=torch.float32)
        into.data.copy_(values.reshape(into.shape))
    return head


@torch.no_grad() if torch else lambda function: function
def draw(head):
    """A batch with the class of each."""
    inputs = torch.randn(DRAWS, head.in_features, device=head.weight.device)
    return inputs, head(inputs).argmax(1)


def sample(head, wanted, limit):
    """Embeddings of the forgotten class, and whether there are as many as wanted."""
    kept, count, began = [], 0, time.perf_counter()
    while count < wanted and time.perf_counter() - began < limit:
        inputs, labels = draw(head)
        kept.append(inputs[labels == FORGOTTEN])
        count += len(kept[-1])
    return torch.cat(kept)[:wanted], count >= wanted


def sample_every_class(head, wanted, limit):
    """How many classes have got as many as wanted."""
    counts, began = torch.zeros(head.out_features, dtype=torch.long, device=head.weight.device), time.perf_counter()
    while int(counts.min()) < wanted and time.perf_counter() - began < limit:
        counts += torch.bincount(draw(head)[1], minlength=head.out_features)
    return int((counts >= wanted).sum())


def train(head, inputs, epochs):
    trained = torch.nn.Linear(head.in_features, head.out_features, device=head.weight.device)
    trained.load_state_dict(head.state_dict())
    optimizer = torch.optim.SGD(trained.parameters(), lr=RATE, momentum=MOMENTUM)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=max(epochs, 1))
    divergence = torch.nn.KLDivLoss(reduction="batchmean")
    for _ in range(epochs):
        for batch in inputs.split(BATCH):
            with torch.no_grad():
                logits = head(batch)
                logits[:, FORGOTTEN] = -1e9
                target = logits.softmax(1)
            optimizer.zero_grad()
            divergence(trained(batch).log_softmax(1), target).backward()
            optimizer.step()
        schedule.step()
    return trained


def timed(head, work):
    wait = lambda: torch.cuda.synchronize() if head.weight.is_cuda else None  # noqa: E731
    wait()
    began = time.perf_counter()
    result = work()
    wait()
    return result, time.perf_counter() - began


def words(seconds, complete, note=""):
    return f"{seconds:.3f} s" if complete else f"more than {seconds:.0f} s{note}"


if __name__ == "__main__":
    main()
