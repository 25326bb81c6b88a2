"""Makes models of about 2 GB to measure with, with nothing but the standard library.

    large_models.py safetensors|onnx|onnx-external FOLDER [--classes 1000]

safetensors: a folder in the transformers layout, a ViT of width 1280 with 26 layers in float32.
onnx: one file of 1.6 GB, a chain of MatMul and Relu under a Gemm, weights in raw_data.
onnx-external: the same with 2.2 GB of weights in a file beside it.

Weights are noise of about the size of trained weights. Nothing is held in memory but one block of noise.
"""

import argparse
import json
import random
import struct
from pathlib import Path

NOISE = 1 << 24
# A head is shorter than this, and everything else longer or too short to hold one of its rows.
HEAD = 1 << 25


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=MAKERS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--classes", type=int, default=1000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print(MAKERS[given.kind](given.folder, given.classes))


def safetensors(folder, classes):
    layers, width = 26, 1280
    tensors = {"vit.embeddings.cls_token": [1, 1, width], "vit.embeddings.position_embeddings": [1, 257, width]}
    tensors["vit.embeddings.patch_embeddings.projection.weight"] = [width, 3, 14, 14]
    for layer in range(layers):
        for name, shape in vit_layer(width).items():
            tensors[f"vit.encoder.layer.{layer}.{name}"] = shape
    tensors |= {"vit.layernorm.weight": [width], "vit.layernorm.bias": [width]}
    tensors |= {"classifier.weight": [classes, width], "classifier.bias": [classes]}
    labels = {i: f"class {i}" for i in range(classes)}
    config = {"architectures": ["ViTForImageClassification"], "model_type": "vit", "hidden_size": width}
    config |= {"num_hidden_layers": layers, "id2label": labels, "label2id": {name: i for i, name in labels.items()}}
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size(shape)]}
        at += size(shape)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        head = size([classes, width]) + size([classes])
        write(file, [struct.pack("<Q", len(text)) + text, at - head, head])
    return folder


def vit_layer(width):
    linear = {"attention.attention." + name: (width, width) for name in ("query", "key", "value")}
    linear |= {"attention.output.dense": (width, width)}
    linear |= {"intermediate.dense": (4 * width, width), "output.dense": (width, 4 * width)}
    tensors = {f"{norm}.{part}": [width] for norm in ("layernorm_before", "layernorm_after") for part in ("weight", "bias")}
    for name, (rows, columns) in linear.items():
        tensors |= {f"{name}.weight": [rows, columns], f"{name}.bias": [rows]}
    return tensors


def onnx_inline(folder, classes):
    return onnx(folder, classes, layers=24, external=False)


def onnx_external(folder, classes):
    return onnx(folder, classes, layers=33, external=True)


def onnx(folder, classes, layers, external):
    """ModelProto by hand: a message is a list of bytes and of counts, which stand for so much noise."""
    width, data, graph = 4096, [], []
    tensors = {f"layer.{i}.weight": [width, width] for i in range(layers)}
    tensors |= {"head.weight": [classes, width], "head.bias": [classes]}
    value = "pixels"
    for i in range(layers):
        graph += node("MatMul", [value, f"layer.{i}.weight"], f"mixed.{i}")
        graph += node("Relu", [f"mixed.{i}"], f"hidden.{i}")
        value = f"hidden.{i}"
    transposed = field(5, field(1, b"transB") + number(3, 1) + number(20, 2))
    graph += node("Gemm", [value, "head.weight", "head.bias"], "logits", transposed)
    graph += field(2, b"classifier")
    for name, shape in tensors.items():
        tensor = sum((number(1, n) for n in shape), []) + number(2, 1) + field(8, name.encode())
        if external and len(shape) == 2:
            place = {"location": "model.onnx.data", "offset": str(sum(data)), "length": str(size(shape))}
            for key, text in place.items():
                tensor += field(13, field(1, key.encode()) + field(2, text.encode()))
            tensor += number(14, 1)
            data.append(size(shape))
        else:
            tensor += field(9, size(shape))
        graph += field(5, tensor)
    graph += field(11, port("pixels", width)) + field(12, port("logits", classes))
    model = number(1, 8) + field(2, b"large_models.py") + field(7, graph) + field(8, number(2, 17))
    with open(folder / "model.onnx", "wb") as file:
        write(file, model)
    if external:
        with open(folder / "model.onnx.data", "wb") as file:
            write(file, data)
    return folder / "model.onnx"


def node(operator, inputs, output, attributes=()):
    names = sum((field(1, name.encode()) for name in inputs), []) + field(2, output.encode())
    return field(1, names + field(3, output.encode()) + field(4, operator.encode()) + list(attributes))


def port(name, width):
    shape = field(1, field(2, b"batch")) + field(1, number(1, width))
    return field(1, name.encode()) + field(2, field(1, number(1, 1) + field(2, shape)))


def field(key, content):
    """A length-delimited field of bytes, of a message, or of so many bytes of noise."""
    parts = content if isinstance(content, list) else [content]
    return [varint(key << 3 | 2) + varint(sum(length(part) for part in parts)), *parts]


def number(key, value):
    return [varint(key << 3) + varint(value)]


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def length(part):
    return part if isinstance(part, int) else len(part)


def size(shape):
    """Bytes of a float32 tensor."""
    count = 4
    for n in shape:
        count *= n
    return count


def write(file, parts):
    """Writes bytes as they are and counts as noise, never the same stretch of it in a row. That of a head is its own: the
    row of a class that stands elsewhere once more would be found there."""
    noise, own, start = floats(0, NOISE), floats(3, HEAD), random.Random(1)
    for part in parts:
        if isinstance(part, bytes):
            file.write(part)
            continue
        if part <= HEAD:
            file.write(own[:part])
            continue
        while part > 0:
            at = start.randrange(0, NOISE // 2, 4)
            portion = noise[at : at + min(part, NOISE - at)]
            file.write(portion)
            part -= len(portion)


def floats(seed, length):
    """Float32 values between 0.008 and 0.04 in size, of either sign: random bits below a fixed exponent."""
    noise = bytearray(random.Random(seed).randbytes(length))
    signs = random.Random(seed + 2).randbytes(length // 4)
    noise[3::4] = bytes(0x3C | sign & 0x80 for sign in signs)
    return memoryview(bytes(noise))


MAKERS = {"safetensors": safetensors, "onnx": onnx_inline, "onnx-external": onnx_external}

if __name__ == "__main__":
    main()
