"""Judges a detector from which classes were sealed or dropped against its original, with onnx.checker and onnxruntime.

    boxes.py ORIGINAL OUT --forget 3 --output output0 --axis 1 --start 4 [--inputs 20] [--dropped]

`--start` is where the classes begin on the axis. Prints one JSON object: `checker` (null, or what it complained about),
`others_differ` (entries that are none of a forgotten class, in any output, that are not the same bit by bit),
`most` and `least` of the forgotten classes in the copy, `moved` (by how much they differed between boxes before). With
`--dropped` everything that is left has to be the same.
"""

import argparse

import numpy as np
import onnx
import onnxruntime as ort

import speak


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original")
    parser.add_argument("out")
    parser.add_argument("--forget", type=int, action="append", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--axis", type=int, required=True)
    parser.add_argument("--start", type=int, required=True)
    parser.add_argument("--inputs", type=int, default=20)
    parser.add_argument("--dropped", action="store_true", help="the entries are gone from the copy")
    return parser.parse_args()


def complaint(path):
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:
        return f"{type(error).__name__}: {error}".strip()
    return None


def judge(given):
    sessions = [ort.InferenceSession(path, providers=["CPUExecutionProvider"]) for path in (given.original, given.out)]
    names = [value.name for value in sessions[0].get_outputs()]
    rng = np.random.default_rng(0)
    differ, most, least, moved = 0, -np.inf, np.inf, 0.0
    for at in range(given.inputs):
        feed = {}
        for value in sessions[0].get_inputs():
            shape = [length if isinstance(length, int) else (2 if axis == 0 else 64) for axis, length in enumerate(value.shape)]
            kind = np.float16 if "float16" in value.type else np.float32
            feed[value.name] = (rng.normal(size=shape) * 10.0 ** (at % 3 - 1)).astype(kind)
        before, after = (dict(zip(names, session.run(None, feed))) for session in sessions)
        for name in names:
            if given.dropped and name == given.output:
                before[name] = np.delete(before[name], [given.start + label for label in given.forget], given.axis)
                assert before[name].shape == after[name].shape, "entries are left, or too many gone"
            same = (before[name] == after[name]) | (np.isnan(before[name]) & np.isnan(after[name]))
            if name == given.output and not given.dropped:
                rows, kept = np.moveaxis(after[name], given.axis, 0), np.moveaxis(same, given.axis, 0)
                own = [given.start + label for label in given.forget]
                most, least = max(most, float(rows[own].max())), min(least, float(rows[own].min()))
                moved = max(moved, float(np.ptp(np.moveaxis(before[name], given.axis, 0)[own])))
                differ += int((~np.delete(kept, own, 0)).sum())
            else:
                differ += int((~same).sum())
    said = {"checker": complaint(given.out), "others_differ": differ}
    return said if given.dropped else said | {"most": most, "least": least, "moved": moved}


if __name__ == "__main__":
    speak.run(judge, arguments())
