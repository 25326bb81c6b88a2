"""The light_*.onnx graphs of the installed onnx package, and copies of them whose heads tell classes apart.

    light.py list           {"light_resnet50": "/.../light_resnet50.onnx", ...}
    light.py resnet50       {"path": "/.../light_resnet50.onnx"}
    light.py heads FOLDER   {"light_resnet50": "FOLDER/light_resnet50.onnx", ...}
"""

import sys
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper

import speak


def judge(name):
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    found = {path.stem: str(path) for path in sorted(folder.glob("light_*.onnx"))}
    if not found:
        raise ValueError(f"no light_*.onnx in {folder}")
    return found if name == "list" else {"path": found[f"light_{name.removeprefix('light_')}"]}


def with_heads(folder):
    """Their weights are all equal: the last linear operator gets random ones. One graph of each kind of head."""
    written = {}
    for name in ("light_densenet121", "light_inception_v1", "light_resnet50"):
        model = onnx.load(judge("list")[name])
        graph = model.graph
        last = [node for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")][-1]
        makers = {output: node for node in graph.node for output in node.output}
        constant = makers[last.input[1]]
        while constant.op_type == "Reshape":
            constant = makers[constant.input[0]]
        shape = next(it for it in graph.initializer if it.name == constant.input[0])
        extents = numpy_helper.to_array(shape)
        values = numpy.random.default_rng(0).standard_normal(extents).astype(numpy.float32) / 100
        graph.initializer.append(numpy_helper.from_array(values, constant.output[0]))
        graph.node.remove(constant)
        written[name] = str(Path(folder) / f"{name}.onnx")
        onnx.save(model, written[name])
    return written


if __name__ == "__main__":
    if sys.argv[1:2] == ["heads"]:
        speak.run(with_heads, sys.argv[2])
    else:
        speak.run(judge, sys.argv[1] if len(sys.argv) == 2 else "list")
