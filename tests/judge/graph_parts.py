"""How a random graph grows: a linear head, and operators behind it that may do anything to the logits."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper, shape_inference

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


class Impossible(Exception):
    """This graph cannot be grown on."""


class Value:
    """A value of the graph: its shape for the batch at hand, and what a reader takes it for."""

    def __init__(self, name, shape, kind, axis=None, names=None, picks=1, dtype=FLOAT):
        self.name, self.shape, self.kind, self.axis = name, list(shape), kind, axis
        self.names, self.picks, self.dtype = names, picks, dtype

    def like(self, name, **changes):
        fields = {"shape": self.shape, "kind": self.kind, "axis": self.axis, "names": self.names, "picks": self.picks, "dtype": self.dtype}
        return Value(name, **(fields | changes))


class Graph:
    def __init__(self, rng):
        self.rng = rng
        self.nodes, self.stored, self.operators = [], [], []
        self.classes, self.width = int(rng.integers(3, 7)), int(rng.integers(3, 9))
        self.opset = int(rng.choice([11, 13, 17, 18]))
        self.batch = self.pick([None, None, None, 1, self.classes, 2])
        self.rows = self.batch or 2
        self.outputs, self.values = [], []
        self.forget = int(rng.integers(0, self.classes))
        self.other = self.other_classes = None
        # What the model calls its classes, where it does: texts, numbers that count them, or other numbers.
        self.has_texts = self.chance(0.3)
        self.is_named = False
        counted, tens = list(range(self.classes)), [10 * index + 10 for index in range(self.classes)]
        self.own_names = [f"class {index}" for index in counted] if self.has_texts else self.pick([counted, tens])

    def pick(self, choices):
        return choices[int(self.rng.integers(0, len(choices)))]

    def chance(self, share):
        return bool(self.rng.random() < share)

    def name(self, word="v"):
        return f"{word}{len(self.nodes) + len(self.stored)}"

    def store(self, array, word="c"):
        name = self.name(word)
        array = np.asarray(array)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        self.stored.append(numpy_helper.from_array(array, name))
        return name

    def texts(self, values):
        name = self.name("t")
        self.stored.append(helper.make_tensor(name, STRING, [len(values)], [value.encode() for value in values]))
        return name

    def integers(self, values):
        return self.store(np.array(values, np.int64))

    def node(self, op, inputs, outputs=1, domain="", **attributes):
        names = [self.name(f"r{at}_") for at in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, domain=domain, **attributes))
        self.operators.append(op)
        return names[0] if outputs == 1 else names

    # The head.

    def head(self):
        d, c, n = self.width, self.classes, self.rows
        self.feature_axis = 1
        form = self.pick(["gemm", "gemm", "gemm", "matmul", "matmul", "tokens", "map", "einsum", "sum", "rows_first", "no_bias", "linear", "linear"])
        if form == "rows_first" and (self.batch is None):
            form = "gemm"
        if self.chance(0.02):
            form = "each"
        self.weight = self.rng.standard_normal((c, d)).round(3) * self.pick([1.0, 1.0, 1.0, 0.1, 10.0])
        bias = self.rng.standard_normal(c).round(3) * self.pick([1.0, 1.0, 10.0, 0.0])
        w, b = self.weight.astype(np.float32), bias.astype(np.float32)
        self.input = [self.batch, d]
        if form == "each":
            return self.one_against_rest(w, b)
        if form == "gemm":
            y = self.node("Gemm", ["x", self.store(w, "w"), self.store(b, "b")], transB=1)
        elif form == "linear":
            link = self.pick(["NONE", "NONE", "SOFTMAX", "LOGISTIC"])
            data = "x"
            if self.chance(0.3):
                data = self.node("Scaler", ["x"], domain="ai.onnx.ml", offset=[0.0] * d, scale=[1.0] * d)
            names = {"classlabels_strings": self.own_names} if self.has_texts else {"classlabels_ints": self.own_names}
            label, y = self.node("LinearClassifier", [data], 2, "ai.onnx.ml", coefficients=w.ravel().tolist(), intercepts=b.tolist(),
                                 post_transform=link, multi_class=0, **names)
            self.values.append(Value(label, [n], "label", names=self.own_names, dtype=STRING if self.has_texts else INT64))
            return Value(y, [n, c], "scores", 1)
        elif form == "rows_first":
            y = self.node("Gemm", [self.store(w, "w"), "x"], transB=1)
            y = self.node("Add", [y, self.store(b.reshape(c, 1), "b")])
            return Value(y, [c, n], "scores", 0)
        elif form == "tokens":
            self.input, self.feature_axis = [self.batch, 3, d], 2
            y = self.node("Add", [self.node("MatMul", ["x", self.store(w.T, "w")]), self.store(b, "b")])
            return Value(y, [n, 3, c], "scores", 2)
        elif form == "map":
            self.input = [self.batch, d, 2, 3]
            y = self.node("Conv", ["x", self.store(w.reshape(c, d, 1, 1), "w"), self.store(b, "b")])
            return Value(y, [n, c, 2, 3], "scores", 1)
        elif form == "einsum":
            y = self.node("Einsum", ["x", self.store(w, "w")], equation="bi,ci->bc")
            y = self.node("Add", [y, self.store(b, "b")])
        elif form == "sum":
            one = self.node("Gemm", ["x", self.store(w, "w"), self.store(b, "b")], transB=1)
            other = self.rng.standard_normal((c, d)).round(3).astype(np.float32)
            y = self.node("Add", [one, self.node("MatMul", [self.node("Tanh", ["x"]), self.store(other.T, "w")])])
        elif form == "no_bias":
            y = self.node("MatMul", ["x", self.store(w.T, "w")])
        else:
            y = self.node("Add", [self.node("MatMul", ["x", self.store(w.T, "w")]), self.store(b, "b")])
        return Value(y, [n, c], "scores", 1)

    def one_against_rest(self, w, b):
        """A classifier of two classes for each class, of which the second is kept."""
        rates = []
        for row, bias in zip(w, b):
            both = {"coefficients": [*(-row).tolist(), *row.tolist()], "intercepts": [float(-bias), float(bias)]}
            rate = self.node("LinearClassifier", ["x"], 2, "ai.onnx.ml", classlabels_ints=[0, 1], post_transform="LOGISTIC", **both)[1]
            rates.append(self.node("Slice", [rate, self.integers([1]), self.integers([2]), self.integers([1])]))
        return Value(self.node("Concat", rates, axis=1), [self.rows, self.classes], "scores", 1)

    def another_head(self):
        """A head beside the first one, which has nothing to do with its classes."""
        width = self.classes + (1 if self.chance(0.8) else 0)
        self.other, self.other_classes = self.store(self.rng.standard_normal((self.width, width)).round(3), "w"), width
        name = self.node("MatMul", ["x", self.other])
        if self.chance(0.5):
            name = self.node("Softmax", [name], axis=len(self.input) - 1)
        self.give(Value(name, [*(extent or self.rows for extent in self.input[:-1]), width], "untouched"))

    # The way to the outputs.

    def grow(self):
        value = self.head()
        self.values.append(value)
        # What decides over more than one place is not edited; most graphs bring it down to one.
        if len(value.shape) > 2 and self.chance(0.85):
            value = self.one_place(value)
        for _ in range(int(self.rng.integers(0, 5))):
            value = self.step(value)
        self.give(value)
        for _ in range(int(self.rng.choice([0, 0, 1, 1, 2]))):
            value = self.pick(self.values)
            for _ in range(int(self.rng.integers(0, 3))):
                value = self.step(value)
            self.give(value)
        if self.feature_axis == len(self.input) - 1 and self.chance(0.08):
            self.another_head()

    def step(self, value):
        from graph_operators import OPERATORS, SENSIBLE
        from graph_tails import ODD, PLAUSIBLE

        for _ in range(20):
            table = self.pick([SENSIBLE, SENSIBLE, SENSIBLE, PLAUSIBLE, PLAUSIBLE, OPERATORS, OPERATORS, ODD])
            operator = self.pick(table)
            mark = len(self.nodes), len(self.stored), len(self.operators)
            try:
                result = operator(self, value)
            except Impossible:
                result = None
            if result is not None:
                self.values.append(result)
                return result
            del self.nodes[mark[0] :], self.stored[mark[1] :], self.operators[mark[2] :]
        return value

    def one_place(self, value):
        from graph_operators import global_pool, pick_first, reduce_places

        value = (global_pool if len(value.shape) == 4 else pick_first)(self, value) if self.chance(0.7) else reduce_places(self, value)
        self.values.append(value)
        return value

    def give(self, value):
        if value.kind == "maps" and any(given.name == value.name for given in self.outputs):
            raise Impossible
        if any(given.name == value.name for given in self.outputs):
            value = value.like(self.node("Identity", [value.name]))
        self.outputs.append(value)

    # What is written.

    def model(self):
        outputs = []
        for value in self.outputs:
            if value.kind == "maps":
                key = STRING if isinstance(value.names[0], str) else INT64
                inner = helper.make_map_type_proto(key, helper.make_tensor_type_proto(FLOAT, []))
                outputs.append(helper.make_value_info(value.name, helper.make_sequence_type_proto(inner)))
            else:
                shape = None if self.chance(0.5) else [None if self.batch is None or self.chance(0.3) else extent for extent in value.shape]
                outputs.append(helper.make_tensor_value_info(value.name, value.dtype, shape))
        self.nodes = self.needed()
        read = {name for node in self.nodes for name in read_by(node)}
        stored = [tensor for tensor in self.stored if tensor.name in read]
        # Constants may be nodes as well.
        moved = [tensor for tensor in stored if self.chance(0.1)]
        self.nodes = [helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in moved] + self.nodes
        stored = [tensor for tensor in stored if tensor not in moved]
        graph = helper.make_graph(self.nodes, "random", [helper.make_tensor_value_info("x", FLOAT, self.input)], outputs, stored)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("ai.onnx.ml", 1), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        if self.chance(0.3):
            try:
                model = shape_inference.infer_shapes(model)
            except shape_inference.InferenceError:
                raise Impossible from None
        # Rows for every place are classes only where something says so.
        places = any(value.kind == "scores" and sum(extent != 1 for extent in value.shape[1:]) > 1 for value in self.outputs)
        if places and self.chance(0.7):
            self.is_named = True
            helper.set_model_props(model, {"names": str({index: f"kind {index}" for index in range(self.classes)})})
        return model

    def needed(self):
        wanted, nodes = {value.name for value in self.outputs}, []
        for node in reversed(self.nodes):
            if wanted.intersection(node.output):
                nodes.append(node)
                wanted.update(read_by(node))
        return nodes[::-1]

    def said(self):
        outputs = [
            {"name": value.name, "kind": value.kind, "axis": value.axis, "names": value.names or list(range(self.classes)), "picks": value.picks, "keys": value.names}
            for value in self.outputs
        ]
        return {
            "input": self.input, "feature_axis": self.feature_axis, "width": self.width, "classes": self.classes, "forget": self.forget,
            "other": self.other, "other_classes": self.other_classes, "weight": self.weight.tolist(), "outputs": outputs, "operators": sorted({node.op_type for node in self.nodes}),
            "has_texts": self.is_named or any(isinstance(name, str) for name in self.own_names) and any(uses_texts(node) for node in self.nodes) or any(
                tensor.data_type == STRING for tensor in self.stored),
        }


def read_by(node):
    """What a node reads, in its bodies too."""
    bodies = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    return [*node.input, *(name for body in bodies for inner in body.node for name in read_by(inner))]


def uses_texts(node):
    return any(attribute.name == "classlabels_strings" for attribute in node.attribute)


# What operators ask of a value.


def scores(value):
    if value.kind != "scores" or value.dtype != FLOAT:
        raise Impossible
    return value


def numbers(value):
    """Any floats."""
    if value.dtype != FLOAT or value.kind == "maps":
        raise Impossible
    return value


def axis_of(g, value, axis):
    """The axis as a file may state it."""
    return axis - len(value.shape) if g.chance(0.5) else axis


def axes_attribute(g, op, value, axes, since=13, **attributes):
    """An operator whose axes are an attribute before an operator set and an operand since."""
    if g.opset < since:
        return g.node(op, [value.name], axes=axes, **attributes)
    return g.node(op, [value.name, g.integers(axes)], **attributes)
