"""Random graphs behind a random linear head, and whether what was claimed of them holds in onnxruntime.

    graphs.py make FOLDER COUNT SEED     writes FOLDER/<n>/model.onnx and FOLDER/graphs.json
    graphs.py judge FOLDER               reads what became of them: FOLDER/<n>/<slot>/model.onnx and outcomes.json

Every operator that declass knows may come behind a head here, with constants that are plausible and some that are
made to mislead. The input is the embedding, so that it can be made to break the claim: very long, tiny, zero, all
logits equal, along the removed row. A class that was removed must not be the answer of any output: not on top of
scores, never an index or a label. What may tie is told by the claim. Prints one JSON object and exits 0 if it could
judge; `refuted` lists what did not hold.
"""

import argparse
import json
import pathlib

import numpy as np
import onnx
import onnxruntime as ort

import speak
from graph_parts import Graph, Impossible

SLOTS = ["keep", "drop"]
LENGTHS = [0, 1e-30, 1e-6, 1e-2, 0.3, 1, 3, 10, 30, 100, 300, 1e3, 1e4, 1e5, 1e6, 1e8, 1e10, 1e15, 1e20, 1e30]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make_ = commands.add_parser("make")
    make_.add_argument("folder", type=pathlib.Path)
    make_.add_argument("count", type=int)
    make_.add_argument("seed", type=int)
    commands.add_parser("judge").add_argument("folder", type=pathlib.Path)
    return parser.parse_args()


def run(given):
    return make(given) if given.command == "make" else judge(given.folder)


def make(given):
    made, tried = [], 0
    while len(made) < given.count:
        rng = np.random.default_rng([given.seed, tried])
        tried += 1
        try:
            graph = Graph(rng)
            graph.grow()
            model = graph.model()
            runs(session(model.SerializeToString()), graph.said())
        except (Impossible, ort.capi.onnxruntime_pybind11_state.Fail, ort.capi.onnxruntime_pybind11_state.InvalidArgument,
                ort.capi.onnxruntime_pybind11_state.InvalidGraph, ort.capi.onnxruntime_pybind11_state.RuntimeException,
                ort.capi.onnxruntime_pybind11_state.NotImplemented):
            continue
        folder = given.folder / str(len(made))
        folder.mkdir(parents=True)
        onnx.save(model, folder / "model.onnx")
        made.append(graph.said() | {"try": tried - 1})
    (given.folder / "graphs.json").write_text(json.dumps(made))
    return {"made": len(made), "tried": tried, "forget": [graph["forget"] for graph in made]}


def session(model):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def runs(run, said, batches=None):
    """The outputs for each of these batches of embeddings."""
    if batches is None:
        batches = [np.ones((said["input"][0] or rows, said["width"]), np.float32) for rows in (2, 5)]
    return [run.run(None, {"x": placed(rows, said["input"], said)}) for rows in batches]


def placed(rows, shape, said):
    """One embedding per sample, in every place of it but some, which have others: half of it turned round, and that of
    the next sample."""
    full = [len(rows), *shape[1:]]
    axis = said["feature_axis"]
    spread = rows.reshape([len(rows)] + [said["width"] if at == axis else 1 for at in range(1, len(full))])
    places = np.ones(full, np.float32) * spread
    if len(full) > 2:
        along = [at for at in range(1, len(full)) if at != axis]
        middle, last = [slice(None)] * len(full), [slice(None)] * len(full)
        middle[along[-1]], last[along[0]] = 1, -1
        places[tuple(middle)] = np.roll(places, 1, 0)[tuple(middle)]
        places[tuple(last)] *= np.float32(-0.5)
    return places.astype(np.float32)


def embeddings(said, rng):
    """Batches of inputs that are made to break the claim, and how long each is: all of a batch are as long."""
    width, weight = said["width"], np.array(said["weight"], np.float64)
    forget = said["forget"]
    rows = [rng.standard_normal(width) for _ in range(12)]
    rows += [weight[forget], -weight[forget], weight.mean(0), -weight.mean(0)]
    others = np.delete(weight, forget, 0)
    rows += [weight[forget] - other for other in others] + [other - weight[forget] for other in others]
    # Where all retained logits are equal, and where all are.
    for differences in (others[1:] - others[0], weight[1:] - weight[0]):
        null = np.linalg.svd(differences)[2][np.linalg.matrix_rank(differences) :]
        rows += [direction * sign for direction in null for sign in (1, -1)]
    unit = np.array([row / max(np.linalg.norm(row), 1e-12) for row in rows])
    batches = []
    for length in LENGTHS:
        found = (unit * length).astype(np.float32)
        size = np.linalg.norm(found.astype(np.float64), axis=1).max()
        per_run = said["input"][0] or len(found)
        for start in range(0, len(found), per_run):
            batch = found[start : start + per_run]
            batches.append((np.concatenate([batch, np.repeat(batch[-1:], per_run - len(batch), 0)]), size))
    return batches


def judge(folder):
    graphs = json.loads((folder / "graphs.json").read_text())
    outcomes = json.loads((folder / "outcomes.json").read_text())
    refuted, operators, accepted = [], {}, {slot: 0 for slot in SLOTS}
    for number, (said, outcome) in enumerate(zip(graphs, outcomes)):
        for slot in SLOTS:
            if "refused" in outcome[slot]:
                continue
            accepted[slot] += 1
            for operator in said["operators"]:
                operators[operator] = operators.get(operator, 0) + 1
            for what in broken(folder / str(number), slot, said, outcome[slot]):
                refuted.append({"graph": number, "slot": slot, "operators": said["operators"], "what": what})
    reasons = {}
    for outcome in outcomes:
        for slot in SLOTS:
            reason = outcome[slot].get("refused")
            if reason:
                reasons[reason] = reasons.get(reason, 0) + 1
    return {"graphs": len(graphs), "accepted": accepted, "refuted": refuted, "operators": operators, "refusals": reasons}


def broken(folder, slot, said, outcome):
    """What does not hold of one release."""
    batches = embeddings(said, np.random.default_rng(said["try"]))
    rows = [rows for rows, _ in batches]
    try:
        after = runs(session(str(folder / slot / "model.onnx")), said, rows)
    except Exception as error:  # whatever the runtime says against it
        return [f"does not run: {error}"[:300]]
    compares = slot == "drop" or any(kind["kind"] == "untouched" for kind in said["outputs"])
    before = runs(session(str(folder / "model.onnx")), said, rows) if compares else after
    found = []
    said = said if outcome["weight"] != said["other"] else turned_round(said)
    # The runtime's sigmoid is off by as much as half a unit of numbers near 1, however small it is itself.
    sigmoids = 2.0**-22 if "Sigmoid" in said["operators"] else 0
    widest = amplified(folder / slot / "model.onnx")
    for (_, size), ours, theirs in zip(batches, after, before):
        for kind, new, old in zip(said["outputs"], ours, theirs):
            if kind["kind"] == "other":
                continue
            if kind["kind"] == "untouched":
                found += [] if same(new, old) else [f"output {kind['name']}: changes"]
                continue
            new, old = gathered(new, kind), gathered(old, kind)
            if slot == "keep" and size < (1e3 if outcome["level"] else outcome["radius"]):
                # Without a bias rounding decides among equals: of the logits, which probabilities pass on.
                slack = 4 * 2.0**-24 * outcome["width"] * size * outcome["largest"] * widest + sigmoids
                found += kept(kind, new, said["forget"], said["classes"], outcome | {"slack": slack})
            elif slot == "drop":
                found += dropped(kind, new, old, 0.1 < size < 1e3, said, outcome)
        if found:
            return [f"at {size:.1e}: {what}" for what in found[:2]]
    return []


def amplified(path):
    """How much wider normalisations over the classes make what was rounded, where nothing else tells logits apart."""
    usual = {"LayerNormalization": 1e-5, "SimplifiedLayerNormalization": 1e-5, "MeanVarianceNormalization": 1e-9}
    widest = 1.0
    for node in onnx.load(path).graph.node:
        if node.op_type in usual:
            told = [attribute.f for attribute in node.attribute if attribute.name == "epsilon"]
            widest /= (told or [usual[node.op_type]])[0] ** 0.5
    return widest


def turned_round(said):
    """The same where the second head is the one that was taken: the first one makes no row of classes per input."""
    outputs = [kind | ({"kind": "scores", "axis": -1} if kind["kind"] == "untouched" else {"kind": "untouched"}) for kind in said["outputs"]]
    return said | {"outputs": outputs, "classes": said["other_classes"]}


def same(new, old):
    new, old = np.asarray(new), np.asarray(old)
    return np.array_equal(new, old, equal_nan=new.dtype.kind == "f")


def gathered(value, kind):
    """A map for each row as a matrix."""
    if kind["kind"] == "maps":
        return np.array([[row[key] for key in kind["keys"] if key in row] for row in value])
    return np.asarray(value)


def by_class(kind, value):
    """Scores with the classes last, one row per place, and which sample each row is of."""
    axis = kind.get("axis", -1)
    # A graph may have lost an axis that it was thought to have; the classes are the last one then.
    if kind["kind"] == "maps" or axis >= value.ndim:
        axis = -1
    moved = np.moveaxis(value, axis, -1)
    return moved.reshape(-1, moved.shape[-1])


def kept(kind, value, forget, classes, outcome):
    if kind["kind"] not in ("scores", "maps"):
        name = kind["names"][forget]
        return [f"output {kind['name']}: says {name}"] if (answers(kind, value) == name).any() else []
    table = by_class(kind, value).astype(np.float64)
    if table.shape[1] != classes:
        return [f"output {kind['name']}: has {table.shape[1]} classes"]
    if outcome["multi_label"]:
        return constant(table, forget)
    rest = np.delete(table, forget, 1).max(1)
    # Rates pass rounding on in proportion; a difference of logits can be far smaller than what was rounded.
    slack = max(1e-5, outcome["slack"]) * np.abs(table).max(1) + outcome["slack"] if outcome["level"] else 0
    above = ~np.isnan(table).any(1) & (table[:, forget] - slack > rest)
    if above.any():
        return [f"output {kind['name']}: on top: {table[above][0].tolist()}"]
    first = np.argmax(table, 1) == forget
    if first.any() and not outcome["ties"] and not outcome["level"]:
        return [f"output {kind['name']}: first of equals: {table[first][0].tolist()}"]
    return []


def constant(table, forget):
    """A class among independent ones has one value whatever the input, and none is lower."""
    column = table[:, forget]
    if not np.isfinite(column).all():
        return [f"its probability is no number: {column[:3].tolist()}"]
    slack = 1e-6 * max(1.0, abs(column).max())
    if column.max() - column.min() > slack:
        return [f"its probability moves: {column.min()} to {column.max()}"]
    return []


def dropped(kind, new, old, ordinary, said, outcome):
    forget, classes = said["forget"], said["classes"]
    if kind["kind"] in ("scores", "maps"):
        new, old = by_class(kind, new).astype(np.float64), by_class(kind, old).astype(np.float64)
        if new.shape[1] != classes - 1:
            return [f"output {kind['name']}: has {new.shape[1]} classes"]
        rest = np.delete(old, forget, 1)
        rows = np.isfinite(rest).all(1) & np.isfinite(new).all(1)
        # Rounding to whole numbers behind a head goes with the edit, and with it where they end.
        if not ordinary or not rows.any() or "QuantizeLinear" in said["operators"]:
            return []
        new, rest = new[rows], rest[rows]
        # Where the claim says so, outputs may be equal of which the original told the logits apart: then any of the
        # equal ones may be the best.
        best = np.argmax(new, 1)[:, None] == np.arange(new.shape[1])
        best = new == new.max(1)[:, None] if outcome["ties"] else best
        lost = rest.max(1) - np.where(best, rest, -np.inf).max(1)
        off = lost > 1e-4 * np.maximum(np.abs(rest).max(1), 1e-30)
        return [f"output {kind['name']}: another order: {new[off][0].tolist()} of {rest[off][0].tolist()}"] if off.any() else []
    left = renumbered(kind, said)
    new, old = answers(kind, new), answers(kind, old)
    outside = ~np.isin(new, left)
    if outside.any():
        return [f"output {kind['name']}: says {new[outside][0]}"]
    return moved(kind, new, old, left, said) if ordinary and not outcome["ties"] else []


def renumbered(kind, said):
    """What an output says of the classes that are left: indices, and numbers that count beside texts, go on counting;
    names are the same."""
    names = kind["names"]
    counts = names[0] in (0, 1) and names == list(range(names[0], names[0] + len(names)))
    if kind["kind"] == "index" or (counts and said["has_texts"]):
        return names[:-1]
    return [name for index, name in enumerate(names) if index != said["forget"]]


def moved(kind, new, old, left, said):
    """Whether most classes that were the answer, and still could be, are not any more."""
    names = kind["names"]
    if len(set(names)) < len(names) or len(new) != len(old):
        return []
    now = dict(zip([name for index, name in enumerate(names) if index != said["forget"]], left))
    pairs = [(now[name], answer) for name, answer in zip(old.tolist(), new.tolist()) if name in now]
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    return [f"output {kind['name']}: says {wrong[0][1]} for {wrong[0][0]}"] if len(wrong) * 2 > len(pairs) > 5 else []


def answers(kind, value):
    """The first answer of each row."""
    if kind.get("picks", 1) > 1:
        value = np.moveaxis(value, kind["axis"], -1)[..., 0]
    return value.reshape(-1)


if __name__ == "__main__":
    speak.run(run, arguments())
