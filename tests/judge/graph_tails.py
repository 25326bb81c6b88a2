"""What else may stand behind a head in a random graph: the tails that scikit-learn's converters write, bodies of control
flow, a second head, and operators that nobody would expect there."""

import numpy as np
from onnx import TensorProto, helper

from graph_operators import shares, sigmoid_by_hand, squash, unary
from graph_parts import FLOAT, INT64, STRING, Impossible, Value, axes_attribute, numbers, scores

BOOL = TensorProto.BOOL

# Tails as scikit-learn's converters write them.


def labelled(g, value):
    """The label of the best class, from a table of the names that the model has."""
    scores(value)
    if len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    best = g.node("ArgMax", [value.name], axis=1, **({"keepdims": 0} if g.chance(0.5) else {}))
    names = g.own_names
    table = g.texts(names) if g.has_texts else g.store(np.array(names, g.pick([np.int32, np.int64])))
    picked = g.node("ArrayFeatureExtractor", [table, best], domain="ai.onnx.ml")
    label = g.node("Reshape", [picked, g.integers([-1])])
    if g.has_texts:
        label = g.node("Identity", [label])
    else:
        label = g.node("Cast", [g.node("Cast", [label], to=FLOAT)] if g.chance(0.5) else [label], to=INT64)
    g.values.append(Value(label, [value.shape[0]], "label", names=names, dtype=STRING if g.has_texts else INT64))
    return value


def named_map(g, value):
    """The scores with the names that the model has, as dictionaries."""
    scores(value)
    if len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    listed = {"classlabels_strings": g.own_names} if g.has_texts else {"classlabels_int64s": g.own_names}
    name = g.node("ZipMap", [value.name], domain="ai.onnx.ml", **listed)
    return Value(name, value.shape, "maps", 1, names=g.own_names, dtype=None)


def normalised(g, value):
    scores(value)
    if len(value.shape) != 2:
        raise Impossible
    return value.like(g.node("Normalizer", [value.name], domain="ai.onnx.ml", norm="L1"))


def converted(g, value):
    """What follows a logistic regression, a perceptron, or a linear model that is trained by descent."""
    scores(value)
    if len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    links = [[squash("Softmax")], [sigmoid_by_hand, shares], [unary("Sigmoid"), normalised], [unary("Sigmoid"), shares], [normalised], []]
    for operator in g.pick(links):
        value = operator(g, value) or value
    if g.chance(0.7):
        value = labelled(g, value)
    g.values.append(value)
    return named_map(g, value) if g.chance(0.3) else value


# Bodies.


def body(g, op, value):
    """A graph of one operator, on a value outside."""
    result = g.name("b")
    inner = helper.make_node(op, [value.name], [result], name=result)
    return helper.make_graph([inner], result, [], [helper.make_tensor_value_info(result, FLOAT, None)])


def branch(g, value):
    """One of two operators by a condition: a constant one, or one of a shape, or of the data."""
    numbers(value)
    kind = g.pick(["stored", "stored", "shape", "data"])
    if kind == "stored":
        condition = g.store(np.array(g.chance(0.5)))
    elif kind == "shape":
        extent = g.node("Gather", [g.node("Shape", [value.name]), g.store(np.int64(0))], axis=0)
        condition = g.node("Equal", [extent, g.store(np.int64(g.pick([1, 2, g.classes])))])
    else:
        total = g.node("ReduceMax", [value.name], keepdims=0)
        condition = g.node("Greater", [total, g.store(np.float32(0.0))])
    first, second = g.pick([("Identity", "Neg"), ("Identity", "Identity"), ("Neg", "Identity"), ("Identity", "Sin")])
    return value.like(g.node("If", [condition], then_branch=body(g, first, value), else_branch=body(g, second, value)))


def loop(g, value):
    """The same operator once or twice over."""
    numbers(value)
    names = [g.name(word) for word in ("i", "c", "s", "k", "t")]
    info = helper.make_tensor_value_info
    inputs = [info(names[0], INT64, []), info(names[1], BOOL, []), info(names[2], FLOAT, None)]
    nodes = [helper.make_node("Identity", [names[1]], [names[3]]), helper.make_node(g.pick(["Identity", "Neg"]), [names[2]], [names[4]])]
    inner = helper.make_graph(nodes, "again", inputs, [info(names[3], BOOL, []), info(names[4], FLOAT, None)])
    return value.like(g.node("Loop", [g.store(np.int64(g.pick([1, 2]))), g.store(np.array(True)), value.name], body=inner))


def scan(g, value):
    """An operator for every sample."""
    scores(value)
    if len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    names = [g.name(word) for word in ("e", "f")]
    info = helper.make_tensor_value_info
    inner = helper.make_graph([helper.make_node(g.pick(["Identity", "Neg"]), [names[0]], [names[1]])], "each",
                              [info(names[0], FLOAT, None)], [info(names[1], FLOAT, None)])
    return value.like(g.node("Scan", [value.name], body=inner, num_scan_inputs=1))


# Normalisation and pooling over everything.


def layer_norm(g, value):
    scores(value)
    if g.opset < 17:
        raise Impossible
    width = value.shape[-1]
    scale = g.pick([np.ones(width), np.full(width, 2.5), np.array([0.5]), g.rng.uniform(0.5, 2.0, width).round(2), np.full(width, -1.0)])
    shift = g.pick([None, None, np.zeros(width), np.full(width, 3.0), g.rng.standard_normal(width).round(2)])
    inputs = [value.name, g.store(scale)] + ([] if shift is None else [g.store(shift)])
    return value.like(g.node("LayerNormalization", inputs, **g.pick([{}, {"axis": -1}, {"axis": len(value.shape) - 1}, {"axis": 0}, {"epsilon": 1e-12}])))


def whole_pool(g, value):
    scores(value)
    if len(value.shape) != 4 or value.axis != 1:
        raise Impossible
    name = g.node(g.pick(["AveragePool", "AveragePool", "MaxPool"]), [value.name], kernel_shape=[int(extent) for extent in value.shape[2:]])
    pooled = value.like(name, shape=[*value.shape[:2], 1, 1])
    if g.chance(0.6):
        return pooled.like(g.node("Flatten", [name], axis=1), shape=value.shape[:2])
    return pooled.like(axes_attribute(g, "Squeeze", pooled, [2, 3]), shape=value.shape[:2])


def group_norm(g, value):
    scores(value)
    if g.opset < 18 or len(value.shape) < 3 or value.shape[1] != g.classes:
        raise Impossible
    ones = g.store(np.ones(1))
    return value.like(g.node("GroupNormalization", [value.name, ones, g.store(np.zeros(1))], num_groups=1))


def foreign_norm(g, value):
    """Written so by onnxruntime."""
    scores(value)
    return value.like(g.node("SimplifiedLayerNormalization", [value.name, g.store(np.ones(value.shape[-1]))], axis=-1, epsilon=1e-5))


def mean_variance(g, value):
    scores(value)
    return value.like(g.node("MeanVarianceNormalization", [value.name], axes=[value.axis if g.chance(0.7) else 0]))


# Shapes that are computed.


def computed_reshape(g, value):
    """A target that is put together of the extents of this value, of another one, or of the input."""
    scores(value)
    total = int(np.prod(value.shape))
    source = g.pick([value, value, g.pick(g.values), Value("x", g.input, "other")])
    if source.dtype not in (FLOAT, INT64) or not source.shape or source.kind == "maps":
        raise Impossible
    shape = g.node("Shape", [source.name])
    extents = [extent or g.rows for extent in source.shape]
    if g.chance(0.2):
        if int(np.prod(extents)) != total:
            raise Impossible
        axis = max((at for at, extent in enumerate(extents) if extent == g.classes), default=len(extents) - 1)
        return value.like(g.node("Reshape", [value.name, shape]), shape=extents, axis=axis)
    at = int(g.pick([0, 0, len(extents) - 1, int(g.rng.integers(0, len(extents)))]))
    if g.chance(0.3):
        entry = g.node("Slice", [shape, g.integers([at]), g.integers([at + 1])])
    else:
        entry = g.node("Gather", [shape, g.integers([at])], axis=0)
    kept = extents[at]
    if total % kept:
        raise Impossible
    rest = g.integers([g.pick([-1, -1, g.classes])])
    first = g.chance(0.8)
    target = g.node("Concat", [entry, rest] if first else [rest, entry], axis=0)
    parts = [kept, total // kept] if first else [total // kept, kept]
    # What the file declares is wrong now and then: nobody checks it.
    shape = [parts[0], g.classes] if g.chance(0.2) else parts
    return value.like(g.node("Reshape", [value.name, target]), shape=shape, axis=1)


# Whatever else is in the table.


def compared(g, value):
    """Truth values, as numbers again."""
    numbers(value)
    op = g.pick(["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor", "IsInf", "IsNaN"])
    if op in ("IsInf", "IsNaN"):
        flag = g.node(op, [value.name])
    elif op in ("And", "Or", "Xor"):
        flag = g.node(op, [g.node("Cast", [value.name], to=BOOL), g.store(np.array(g.chance(0.5)))])
    else:
        flag = g.node(op, [value.name, g.store(np.float32(g.pick([0.0, 0.5, 1.0])))])
    return value.like(g.node("Cast", [flag], to=FLOAT))


def gated(g, value):
    """The values where they are above something."""
    numbers(value)
    flag = g.node(g.pick(["Greater", "Less"]), [value.name, g.store(np.float32(g.pick([0.0, -1.0, 1.0])))])
    return value.like(g.node("Where", [flag, value.name, g.store(np.float32(g.pick([0.0, -1e9, 1.0])))]))


def marked(g, value):
    """The best class marked with one."""
    scores(value)
    if g.chance(0.5):
        return value.like(g.node("Hardmax", [value.name], axis=value.axis))
    top = axes_attribute(g, "ReduceMax", value, [value.axis], 18, keepdims=1)
    return value.like(g.node("Cast", [g.node("Equal", [value.name, top])], to=FLOAT))


def worst(g, value):
    scores(value)
    name = g.node("ArgMin", [value.name], axis=value.axis, keepdims=1)
    return Value(name, [1 if at == value.axis else extent for at, extent in enumerate(value.shape)], "index", dtype=INT64)


def modulo(g, value):
    if value.kind in ("index", "label") and value.dtype == INT64:
        return value.like(g.node("Mod", [value.name, g.integers([g.pick([2, g.classes])])]))
    return numbers(value).like(g.node("Mod", [value.name, g.store(np.array([3.0]))], fmod=1))


def reversed_rows(g, value):
    scores(value)
    if not g.batch or len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    lengths = g.integers([value.shape[1]] * value.shape[0])
    return value.like(g.node("ReverseSequence", [value.name, lengths], batch_axis=0, time_axis=1))


def scattered(g, value):
    scores(value)
    if not g.batch or len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    updates = g.store(np.full([1, value.shape[1]], 0.5))
    if g.chance(0.5):
        return value.like(g.node("ScatterND", [value.name, g.integers([[0]]), updates]))
    return value.like(g.node("ScatterElements", [value.name, g.integers([[0] * value.shape[1]]), updates], axis=0))


def resized(g, value):
    scores(value)
    if len(value.shape) != 4:
        raise Impossible
    n, c, h, w = value.shape
    # Larger, smaller, and now and then along the classes, too.
    grown = [n, c * g.pick([1] * 9 + [2]), g.pick([h, 2 * h, 5, 1]), g.pick([w, 2 * w, 7, 2])]
    kind = {"mode": g.pick(["linear", "linear", "linear", "nearest", "cubic"])}
    if kind["mode"] != "nearest":
        kind["coordinate_transformation_mode"] = g.pick(["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"])
    if g.chance(0.5):
        sizes = g.integers(grown)
        if g.chance(0.5):
            first = g.node("Slice", [g.node("Shape", [value.name]), g.integers([0]), g.integers([2])])
            sizes = g.node("Concat", [first, g.integers(grown[2:])], axis=0)
            grown[:2] = [n, c]
        return value.like(g.node("Resize", [value.name, "", "", sizes], **kind), shape=grown)
    scales = g.store(np.array([new / old for new, old in zip(grown, value.shape)]))
    return value.like(g.node("Resize", [value.name, "", scales], **kind), shape=grown)


def blocks(g, value):
    scores(value)
    if len(value.shape) != 4 or value.axis != 1 or value.shape[1] % 4:
        raise Impossible
    name = g.node("SpaceToDepth", [g.node("DepthToSpace", [value.name], blocksize=2)], blocksize=2)
    return value.like(name)


def measured(g, value):
    """Rounded to whole numbers by a scale that is measured."""
    numbers(value)
    whole, scale, zero = g.node("DynamicQuantizeLinear", [value.name], 3)
    return value.like(g.node("DequantizeLinear", [whole, scale, zero]))


def drawn(g, value):
    """A class that is drawn."""
    scores(value)
    if len(value.shape) != 2 or value.axis != 1:
        raise Impossible
    name = g.node("Multinomial", [value.name], sample_size=1, seed=1.0, dtype=TensorProto.INT64)
    return Value(name, [value.shape[0], 1], "index", dtype=INT64)


def filled(g, value):
    """With a constant that is made of its shape."""
    scores(value)
    made = g.node("ConstantOfShape", [g.node("Shape", [value.name])], value=helper.make_tensor("one", FLOAT, [1], [float(g.pick([0.0, 1.0, -2.0]))]))
    return value.like(g.node(g.pick(["Add", "Mul", "Max", "Sub"]), [value.name, made]))


def local_response(g, value):
    scores(value)
    if len(value.shape) != 4:
        raise Impossible
    return value.like(g.node("LRN", [value.name], size=3))


PLAUSIBLE = [converted, converted, labelled, named_map, layer_norm, whole_pool, computed_reshape, computed_reshape, branch, resized]

ODD = [
    loop, scan, group_norm, foreign_norm, mean_variance, compared, gated, marked, worst, modulo, reversed_rows, scattered, blocks, measured,
    drawn, filled, local_response, unary("Ceil"), unary("Floor"), unary("Round"), unary("Sign"), unary("Celu"), unary("Shrink"), unary("Softsign"),
    unary("ThresholdedRelu"), unary("Sin"), unary("Atan"), unary("Asinh"), unary("Sinh"), unary("Cosh"), unary("Softplus"),
]
