"""Every operator that may stand behind a head in a random graph: each takes a value and gives another one, or None
where it does not fit. `SENSIBLE` are those that models end in, `OPERATORS` all."""

import numpy as np
from onnx import TensorProto

from graph_parts import FLOAT, INT64, Impossible, Value, axes_attribute, axis_of, numbers, scores
from graph_shapes import (
    cast, cast_like, dropout, expand, flatten, reshape, squeeze, unsqueeze, transpose, gather, gather_nd, gather_elements, scatter_elements, slice_, split, concat, cum_sum, tile, trilu, pad, compress,
)

MASKED = [0.0, 1.0, -1.0, 1e-7, 1e-3, 0.5, 2.0, 10.0, 100.0, 1e4, 1e10, 1e38, 1e-38, -2.0, -1e4, 3e8]


# Element by element.


def unary(op, **attributes):
    def grow(g, value):
        chosen = {name: choice(g) for name, choice in attributes.items()}
        return numbers(value).like(g.node(op, [value.name], **chosen))

    grow.__name__ = op
    return grow


def constant(g, value):
    """A constant that a value may meet, with the shape of the result."""
    form = g.pick(["one", "one", "one", "each", "each", "higher", "column"])
    size = float(g.pick(MASKED))
    if form == "each" and value.axis is not None:
        shape = [g.classes] + [1] * (len(value.shape) - 1 - value.axis)
        return g.store(g.rng.standard_normal(shape).round(2) * (abs(size) if abs(size) < 1e5 else 1.0)), value.shape
    if form == "higher":
        shape = [1] * (len(value.shape) + 1)
        return g.store(np.full(shape, size)), [1, *value.shape]
    if form == "column" and len(value.shape) == 2:
        return g.store(g.rng.standard_normal([value.shape[0] if g.batch else 1, 1]).round(2)), value.shape
    return g.store(np.array(size if g.chance(0.5) else [size])), value.shape


def binary(op):
    def grow(g, value):
        numbers(value)
        if g.chance(0.25) and len(g.values) > 1:
            other = numbers(g.pick(g.values))
            try:
                shape = np.broadcast_shapes(tuple(value.shape), tuple(other.shape))
            except ValueError:
                raise Impossible from None
            of_classes = value if value.kind == "scores" else other
            if op in ("Add", "Mul", "Max", "Min", "Sum", "Mean") and g.chance(0.5):
                value, other = other, value
            moved = None if of_classes.axis is None else of_classes.axis + len(shape) - len(of_classes.shape)
            return of_classes.like(g.node(op, [value.name, other.name]), shape=shape, axis=moved)
        name, shape = constant(g, value)
        inputs = [value.name, name] if g.chance(0.75) else [name, value.name]
        added = len(shape) - len(value.shape)
        return value.like(g.node(op, inputs), shape=shape, axis=None if value.axis is None else value.axis + added)

    grow.__name__ = op
    return grow


def temperature(g, value):
    return scores(value).like(g.node(g.pick(["Mul", "Div"]), [value.name, g.store(np.array(g.pick([0.5, 2.0, 10.0, 0.1, 100.0])))]))


def per_class(g, value):
    scores(value)
    shape = [g.classes] + [1] * (len(value.shape) - 1 - value.axis)
    factors = g.rng.uniform(0.5, 2.0, shape).round(2)
    return value.like(g.node(g.pick(["Mul", "Div", "Add", "Sub"]), [value.name, g.store(factors)]))


def clip(g, value):
    low, high = sorted([float(g.pick(MASKED)), float(g.pick([1e-7, 1.0, 0.999, 10.0, -1.0, 1e4]))])
    return numbers(value).like(g.node("Clip", [value.name, g.store(np.float32(low)), g.store(np.float32(high))]))


def guarded(g, value):
    return numbers(value).like(g.node("Clip", [value.name, g.store(np.float32(1e-7)), g.store(np.float32(1 - 1e-7))]))


def where(g, value):
    numbers(value)
    mask = g.store(np.array([g.chance(0.7) for _ in range(value.shape[-1])]))
    return value.like(g.node("Where", [mask, value.name, g.store(np.float32(g.pick(MASKED)))]))


def prelu(g, value):
    return numbers(value).like(g.node("PRelu", [value.name, g.store(np.array([float(g.pick([0.1, -1.0, 1.0]))]))]))


def negated(g, value):
    numbers(value)
    flag = g.node("Cast", [value.name], to=TensorProto.BOOL)
    return value.like(g.node("Cast", [g.node("Not", [flag])], to=FLOAT))


def gelu(g, value):
    return numbers(value).like(g.node("Gelu", [value.name], domain="com.microsoft"))


# Probabilities.


def squash(op):
    def grow(g, value):
        scores(value)
        axis = value.axis if g.chance(0.9) else int(g.rng.integers(0, len(value.shape)))
        return value.like(g.node(op, [value.name], axis=axis_of(g, value, axis)))

    grow.__name__ = op
    return grow


def hard_sigmoid(g, value):
    if g.chance(0.5):
        return scores(value).like(g.node("HardSigmoid", [value.name]))
    return scores(value).like(g.node("HardSigmoid", [value.name], alpha=float(g.pick([0.2, 1.0, 1e-3, -0.2])), beta=float(g.pick([0.5, 0.0, 3.0]))))


def softmax_by_hand(g, value):
    scores(value)
    top = g.node("ReduceMax", [value.name], axes=[value.axis], keepdims=1) if g.opset < 18 else axes_attribute(g, "ReduceMax", value, [value.axis], 18, keepdims=1)
    shifted = g.node("Sub", [value.name, top]) if g.chance(0.85) else value.name
    powers = g.node("Exp", [shifted])
    total = axes_attribute(g, "ReduceSum", Value(powers, value.shape, "scores"), [value.axis], 13, keepdims=1)
    if g.chance(0.3):
        total = g.node(g.pick(["Add", "Max", "Sub", "Min"]), [total, g.store(np.array([float(g.pick([1e-7, 1e-3, 1.0, 1.5, 1e4, -1.0, 1e30]))]))])
    if g.chance(0.3):
        logs = g.node("Log", [total])
        return value.like(g.node("Sub", [shifted, logs]))
    return value.like(g.node("Div", [powers, total]))


def sigmoid_by_hand(g, value):
    scores(value)
    turned = g.node("Mul", [value.name, g.store(np.float32(-1.0))]) if g.chance(0.9) else value.name
    more = g.node("Add", [g.node("Exp", [turned]), g.store(np.float32(g.pick([1.0, 1.0, 1.0, 2.0])))])
    if g.chance(0.5):
        return value.like(g.node("Reciprocal", [more]))
    return value.like(g.node("Div", [g.store(np.float32(1.0)), more]))


def shares(g, value):
    """As scikit-learn's converters make shares of independent probabilities."""
    scores(value)
    total = axes_attribute(g, "ReduceSum", value, [value.axis], 13, keepdims=1)
    flag = g.node("Cast", [g.node("Not", [g.node("Cast", [total], to=TensorProto.BOOL)])], to=FLOAT)
    total = g.node("Add", [total, g.node("Mul", [flag, g.store(np.float32(g.classes))])])
    return value.like(g.node("Div", [g.node("Add", [value.name, flag]), total]))


def normalizer(g, value):
    scores(value)
    if len(value.shape) != 2:
        raise Impossible
    return value.like(g.node("Normalizer", [value.name], domain="ai.onnx.ml", norm=g.pick(["L1", "L1", "L2", "MAX"])))


def lp_normalization(g, value):
    scores(value)
    return value.like(g.node("LpNormalization", [value.name], axis=value.axis if g.chance(0.8) else -1, p=g.pick([1, 2])))


# Reductions and pooling.


def reduction(op):
    def grow(g, value):
        numbers(value)
        rank = len(value.shape)
        if rank == 0:
            raise Impossible
        axis = value.axis if value.axis is not None and g.chance(0.5) else int(g.rng.integers(0, rank))
        keep = int(g.chance(0.6))
        name = axes_attribute(g, op, value, [axis_of(g, value, axis)], 13 if op == "ReduceSum" else 18, keepdims=keep)
        shape = [1 if at == axis else extent for at, extent in enumerate(value.shape) if keep or at != axis]
        if axis == value.axis or value.axis is None:
            return Value(name, shape, "other")
        return value.like(name, shape=shape, axis=value.axis if keep or axis > value.axis else value.axis - 1)

    grow.__name__ = op
    return grow


def centred(g, value):
    """Less something that is the same for all classes of a row, if it stands beside them."""
    scores(value)
    op = g.pick(["ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "ReduceLogSumExp"])
    keep = int(g.chance(0.8))
    common = axes_attribute(g, op, value, [value.axis], 13 if op == "ReduceSum" else 18, keepdims=keep)
    if not keep and g.chance(0.7):
        shape = [extent for at, extent in enumerate(value.shape) if at != value.axis]
        at = value.axis if g.chance(0.7) else int(g.rng.integers(0, len(shape) + 1))
        common = axes_attribute(g, "Unsqueeze", Value(common, shape, "other"), [at])
    return value.like(g.node("Sub", [value.name, common]))


def pool(op):
    def grow(g, value):
        scores(value)
        if len(value.shape) != 4:
            raise Impossible
        kernel = [g.pick([1, 2]), g.pick([1, 2])]
        shape = [*value.shape[:2], *[extent - size + 1 for extent, size in zip(value.shape[2:], kernel)]]
        if min(shape) < 1 or value.axis > 1 and value.shape[value.axis] != shape[value.axis] and g.chance(0.3):
            raise Impossible
        padding = {"pads": [1, 1, 0, 0]} if g.chance(0.1) and kernel == [2, 2] else {}
        if padding:
            shape = value.shape
        return value.like(g.node(op, [value.name], kernel_shape=kernel, **padding), shape=shape)

    grow.__name__ = op
    return grow


def global_pool(g, value):
    scores(value)
    if len(value.shape) != 4:
        raise Impossible
    name = g.node(g.pick(["GlobalAveragePool", "GlobalMaxPool"]), [value.name])
    pooled = value.like(name, shape=[*value.shape[:2], 1, 1])
    if g.chance(0.5):
        return pooled.like(g.node("Flatten", [name], axis=1), shape=[value.shape[0], value.shape[1]], axis=1)
    return pooled.like(axes_attribute(g, "Squeeze", pooled, [2, 3]), shape=value.shape[:2])


def reduce_places(g, value):
    scores(value)
    axes = [at for at in range(1, len(value.shape)) if at != value.axis]
    if not axes:
        raise Impossible
    name = axes_attribute(g, g.pick(["ReduceMean", "ReduceMax"]), value, axes, 18, keepdims=0)
    return value.like(name, shape=[value.shape[0], value.shape[value.axis]], axis=1)


def pick_first(g, value):
    scores(value)
    if len(value.shape) != 3 or value.axis != 2:
        raise Impossible
    if g.chance(0.5):
        return value.like(g.node("Gather", [value.name, g.store(np.int64(0))], axis=1), shape=[value.shape[0], value.shape[2]], axis=1)
    return value.like(g.node("Gather", [g.node("Flatten", [value.name], axis=2), g.integers(range(value.shape[0]))], axis=0), shape=[value.shape[0], value.shape[2]], axis=1)


# Choices.


def arg_max(g, value):
    scores(value)
    axis = value.axis if g.chance(0.9) else int(g.rng.integers(0, len(value.shape)))
    keep = int(g.chance(0.4))
    attributes = {"select_last_index": 1} if g.chance(0.1) else {}
    name = g.node("ArgMax", [value.name], axis=axis_of(g, value, axis), keepdims=keep, **attributes)
    shape = [1 if at == axis else extent for at, extent in enumerate(value.shape) if keep or at != axis]
    return Value(name, shape, "index", dtype=INT64)


def top_k(g, value):
    scores(value)
    count = int(g.pick([1, 2]))
    largest = 1 if g.chance(0.9) else 0
    best, index = g.node("TopK", [value.name, g.integers([count])], 2, axis=axis_of(g, value, value.axis), largest=largest, sorted=int(g.chance(0.9)))
    shape = [count if at == value.axis else extent for at, extent in enumerate(value.shape)]
    g.values.append(Value(best, shape, "other"))
    return Value(index, shape, "index", axis=value.axis, picks=count, dtype=INT64)


def table(g, value):
    if value.kind != "index" or value.dtype != INT64 or value.picks > 1:
        raise Impossible
    names = g.pick([list(range(g.classes)), [10 * index + 10 for index in range(g.classes)], [int(i) for i in g.rng.permutation(g.classes)],
                    [1] * g.classes, [index + 1 for index in range(g.classes)]])
    stored = g.store(np.array(names, np.int64))
    if g.chance(0.5):
        name = g.node("ArrayFeatureExtractor", [stored, value.name], domain="ai.onnx.ml")
        return value.like(g.node("Reshape", [name, g.integers([-1])]), kind="label", names=names, shape=[int(np.prod(value.shape))])
    return value.like(g.node("Gather", [stored, value.name], axis=0), kind="label", names=names)


def shifted_index(g, value):
    if value.kind not in ("index", "label") or value.dtype != INT64:
        raise Impossible
    return value.like(g.node(g.pick(["Add", "Sub", "Mul"]), [value.name, g.integers(g.pick([1, 1, -1]))]))


def one_hot(g, value):
    if value.kind != "index" or value.dtype != INT64:
        raise Impossible
    name = g.node("OneHot", [value.name, g.store(np.int64(g.classes)), g.store(np.array([0.0, 1.0]))], axis=-1)
    return Value(name, [*value.shape, g.classes], "scores", len(value.shape))


def zip_map(g, value):
    scores(value)
    if len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    keys = list(range(g.classes)) if g.chance(0.5) else [10 * index + 10 for index in range(g.classes)]
    return Value(g.node("ZipMap", [value.name], domain="ai.onnx.ml", classlabels_int64s=keys), value.shape, "maps", 1, names=keys, dtype=None)


# Normalisation, quantisation, chance.


def batch_norm(g, value):
    scores(value)
    if len(value.shape) < 2 or value.shape[1] != g.classes:
        raise Impossible
    scale, shift, mean = (g.store(g.rng.uniform(0.5, 2.0, g.classes).round(2) * (-1 if at == 0 and g.chance(0.1) else 1)) for at in range(3))
    return value.like(g.node("BatchNormalization", [value.name, scale, shift, mean, g.store(g.rng.uniform(0.1, 2.0, g.classes).round(2))]))


def layer_norm(g, value):
    scores(value)
    if g.opset < 17:
        raise Impossible
    return value.like(g.node("LayerNormalization", [value.name, g.store(np.ones(value.shape[-1]))]))


def instance_norm(g, value):
    scores(value)
    if len(value.shape) < 3:
        raise Impossible
    return value.like(g.node("InstanceNormalization", [value.name, g.store(np.ones(value.shape[1])), g.store(np.zeros(value.shape[1]))]))


def quantise(g, value):
    numbers(value)
    scale, zero = g.store(np.float32(0.1)), g.store(np.uint8(128))
    return value.like(g.node("DequantizeLinear", [g.node("QuantizeLinear", [value.name, scale, zero]), scale, zero]))


def noise(g, value):
    numbers(value)
    return value.like(g.node("Add", [value.name, g.node("RandomNormalLike", [value.name], scale=0.1, seed=1.0)]))


def entropy(g, value):
    """A number of its own beside the classes."""
    scores(value)
    return Value(axes_attribute(g, g.pick(["ReduceMax", "ReduceSum", "ReduceL2", "ReduceMin"]), value, [value.axis], 18, keepdims=0) if g.opset >= 18 else g.node("ReduceMax", [value.name], axes=[value.axis], keepdims=0),
                 [extent for at, extent in enumerate(value.shape) if at != value.axis], "other")


SENSIBLE = [
    squash("Softmax"), squash("Softmax"), squash("LogSoftmax"), unary("Sigmoid"), arg_max, arg_max, top_k, table, zip_map, softmax_by_hand,
    softmax_by_hand, sigmoid_by_hand, shares, temperature, temperature, per_class, guarded, unary("Relu"), unary("Identity"), dropout,
    unary("Exp"), unary("Log"), centred, unsqueeze, squeeze, flatten, reshape, transpose, batch_norm, global_pool, reduce_places, normalizer,
    lp_normalization, cast, expand, pick_first, entropy, hard_sigmoid, unary("Neg"),
]

OPERATORS = SENSIBLE + [binary(op) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum", "Pow")] * 3 + [
    unary("Abs"), unary("Elu"), unary("Erf"), unary("LeakyRelu"), unary("Reciprocal"), unary("Selu"), unary("Softplus"), unary("Sqrt"),
    unary("Tanh"), unary("HardSwish"), unary("Mish"), clip, clip, where, prelu, negated, gelu, cast_like, shifted_index, one_hot, gather, gather,
    gather_nd, gather_elements, scatter_elements, slice_, slice_, split, concat, cum_sum, tile, trilu, pad, compress, layer_norm, instance_norm,
    quantise, noise, pool("AveragePool"), pool("MaxPool"), cast, reshape, transpose, expand,
] + [reduction(op) for op in ("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "ReduceLogSumExp", "ReduceL1", "ReduceL2", "ReduceProd", "ReduceSumSquare", "ReduceLogSum")]
