"""Operators behind a head in a random graph that change types and shapes, or pick, join and spread entries."""

import numpy as np
from onnx import TensorProto

from graph_parts import FLOAT, INT64, Impossible, axes_attribute, axis_of, numbers, scores

# Shapes.


def cast(g, value):
    if value.kind == "maps":
        raise Impossible
    to = g.pick([FLOAT, FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8, TensorProto.BOOL])
    name = g.node("Cast", [value.name], to=to)
    if value.dtype == FLOAT:
        return value.like(g.node("Cast", [name], to=FLOAT))
    if value.kind in ("index", "label"):
        return value.like(g.node("Cast", [name], to=INT64))
    return None


def cast_like(g, value):
    numbers(value)
    if g.opset < 15:
        raise Impossible
    like = g.store(np.array(1.0, g.pick([np.float32, np.float16, np.int32])))
    return value.like(g.node("Cast", [g.node("CastLike", [value.name, like])], to=FLOAT))


def dropout(g, value):
    numbers(value)
    if g.opset < 12:
        return value.like(g.node("Dropout", [value.name], ratio=0.3))
    mode = [g.store(np.float32(0.3)), g.store(np.array(g.chance(0.3)))] if g.chance(0.5) else []
    return value.like(g.node("Dropout", [value.name, *mode]))


def expand(g, value):
    if value.dtype not in (FLOAT, INT64) or value.kind == "maps":
        raise Impossible
    target = [extent if g.chance(0.5) else 1 for extent in value.shape]
    if g.chance(0.3):
        target = [1, *target]
    name = g.node("Expand", [value.name, g.integers(target)])
    added = len(target) - len(value.shape)
    axis = None if value.axis is None else value.axis + added
    return value.like(name, shape=[1] * added + value.shape, axis=axis)


def flatten(g, value):
    scores(value)
    axis = int(g.pick([1, 1, value.axis, 2]))
    if axis > len(value.shape):
        raise Impossible
    rows, columns = int(np.prod(value.shape[:axis])), int(np.prod(value.shape[axis:]))
    return value.like(g.node("Flatten", [value.name], axis=axis), shape=[rows, columns], axis=1)


def reshape(g, value):
    if value.kind == "maps" or value.dtype not in (FLOAT, INT64):
        raise Impossible
    if value.kind != "scores":
        return value.like(g.node("Reshape", [value.name, g.integers(g.pick([[-1], [-1, 1]]))]), shape=[int(np.prod(value.shape))]) if value.picks == 1 and value.kind != "other" else None
    c, n = g.classes, value.shape[0]
    target = g.pick([[-1, c], [0, c], [0, -1], [1, -1], [-1], [n, c], [-1, c, 1], [c, -1], [0, 1, -1]])
    if g.chance(0.3):
        rows = g.node("Gather", [g.node("Shape", [value.name]), g.integers([g.pick([0, 0, 1])])], axis=0)
        shape = g.node("Concat", [rows, g.integers([-1])], axis=0)
        return value.like(g.node("Reshape", [value.name, shape]), shape=[n, int(np.prod(value.shape)) // n], axis=1)
    full = int(np.prod(value.shape))
    fixed = [value.shape[at] if extent == 0 else extent for at, extent in enumerate(target) if extent != -1]
    rest = full // max(int(np.prod(fixed)), 1)
    shape = [rest if extent == -1 else value.shape[at] if extent == 0 else extent for at, extent in enumerate(target)]
    if int(np.prod(shape)) != full:
        raise Impossible
    axis = max(at for at, extent in enumerate(shape) if extent != 1) if max(shape) > 1 else len(shape) - 1
    return value.like(g.node("Reshape", [value.name, g.integers(target)]), shape=shape, axis=axis)


def squeeze(g, value):
    if value.kind == "maps":
        raise Impossible
    ones = [at for at, extent in enumerate(value.shape) if extent == 1 and not (at == 0 and g.batch != 1)]
    if not ones or value.picks > 1:
        raise Impossible
    gone = ones if g.chance(0.3) else [g.pick(ones)]
    if g.chance(0.2) and g.batch == 1:
        name, gone = g.node("Squeeze", [value.name]), [at for at, extent in enumerate(value.shape) if extent == 1]
    else:
        name = axes_attribute(g, "Squeeze", value, gone)
    axis = None if value.axis is None else value.axis - sum(at < value.axis for at in gone)
    return value.like(name, shape=[extent for at, extent in enumerate(value.shape) if at not in gone], axis=axis)


def unsqueeze(g, value):
    if value.kind == "maps":
        raise Impossible
    at = int(g.rng.integers(0, len(value.shape) + 1))
    name = axes_attribute(g, "Unsqueeze", value, [at - len(value.shape) - 1 if g.chance(0.5) else at])
    axis = None if value.axis is None else value.axis + (at <= value.axis)
    return value.like(name, shape=[*value.shape[:at], 1, *value.shape[at:]], axis=axis)


def transpose(g, value):
    if value.kind == "maps" or len(value.shape) < 2:
        raise Impossible
    order = [int(at) for at in g.rng.permutation(len(value.shape))]
    name = g.node("Transpose", [value.name], **({} if g.chance(0.2) and order == order[::-1] else {"perm": order}))
    return value.like(name, shape=[value.shape[at] for at in order], axis=None if value.axis is None else order.index(value.axis))


# Picking, joining, spreading.


def gather(g, value):
    scores(value)
    axis = value.axis if g.chance(0.5) else int(g.rng.integers(0, len(value.shape)))
    extent = value.shape[axis]
    if g.batch is None and axis == 0 and value.axis != 0:
        extent = 1
    picked = [int(at) for at in g.rng.permutation(extent)]
    return value.like(g.node("Gather", [value.name, g.integers(picked)], axis=axis_of(g, value, axis)), shape=[*value.shape[:axis], len(picked), *value.shape[axis + 1 :]])


def gather_nd(g, value):
    scores(value)
    if len(value.shape) == 1:
        picked = g.rng.permutation(value.shape[0]).reshape(-1, 1)
        return value.like(g.node("GatherND", [value.name, g.integers(picked)]))
    if len(value.shape) == 2 and value.axis == 1:
        if g.chance(0.5):
            return value.like(g.node("GatherND", [value.name, g.integers([[0]])]), shape=[1, value.shape[1]])
        picked = [[[0, int(at)] for at in g.rng.permutation(value.shape[1])]]
        return value.like(g.node("GatherND", [value.name, g.integers(picked)]), shape=[1, value.shape[1]])
    raise Impossible


def gather_elements(g, value):
    scores(value)
    if not g.batch or value.shape[value.axis] != g.classes:
        raise Impossible
    picked = np.apply_along_axis(g.rng.permutation, value.axis, np.arange(g.classes).reshape([-1 if at == value.axis else 1 for at in range(len(value.shape))]) + np.zeros(value.shape, int))
    return value.like(g.node("GatherElements", [value.name, g.integers(picked)], axis=value.axis))


def scatter_elements(g, value):
    scores(value)
    if not g.batch or len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    column = g.node("Slice", [value.name, g.integers([0]), g.integers([1]), g.integers([1])])
    return value.like(g.node("ScatterElements", [value.name, g.integers([[int(g.rng.integers(0, g.classes))]] * value.shape[0]), column], axis=1))


def slice_(g, value):
    scores(value)
    axis = int(g.rng.integers(0, len(value.shape)))
    steps = [g.integers([-1])] if g.chance(0.3) else []
    start, end = (-1, -1000) if steps else (0, 1000)
    return value.like(g.node("Slice", [value.name, g.integers([start]), g.integers([end]), g.integers([axis_of(g, value, axis)]), *steps]))


def split(g, value):
    scores(value)
    if g.opset < 13 or g.classes < 2:
        raise Impossible
    first, second = g.node("Split", [value.name, g.integers([1, g.classes - 1])], 2, axis=value.axis)
    return value.like(g.node("Concat", [second, first], axis=value.axis))


def concat(g, value):
    scores(value)
    return value.like(g.node("Concat", [value.name, value.name], axis=0), shape=[2 * value.shape[0], *value.shape[1:]]) if value.axis != 0 else None


def cum_sum(g, value):
    return scores(value).like(g.node("CumSum", [value.name, g.store(np.int64(value.axis))]))


def tile(g, value):
    scores(value)
    return value.like(g.node("Tile", [value.name, g.integers([1] * len(value.shape))]))


def trilu(g, value):
    scores(value)
    if g.opset < 14 or len(value.shape) < 2:
        raise Impossible
    return value.like(g.node("Trilu", [value.name], upper=int(g.chance(0.5))))


def pad(g, value):
    scores(value)
    return value.like(g.node("Pad", [value.name, g.integers([0] * 2 * len(value.shape))]))


def compress(g, value):
    scores(value)
    keep = np.ones(value.shape[value.axis], bool)
    return value.like(g.node("Compress", [value.name, g.store(keep)], axis=value.axis))
