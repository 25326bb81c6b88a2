"""What the Python package makes of a model, run by onnxruntime.

    package.py PROGRAM MODEL.onnx FOLDER     {"classes": 10, "forgotten_top": 0, "same_others": true, ...}
"""

import json
import os
import sys
from pathlib import Path

import numpy
import onnxruntime

import speak

sys.path.insert(0, str(Path(__file__).parents[2] / ".ci/wheel"))
import declass

FORGOTTEN = 5


def logits(path, inputs):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


def judge(arguments):
    program, model, folder = arguments
    os.environ["DECLASS"] = program
    folder = Path(folder)
    seen = declass.inspect(model)
    release = declass.remove(model, [FORGOTTEN], folder / "out", method="seal", options=["--executed", "1"])
    verdict = declass.verify(release.out, original=model)
    page = declass.report(release.out, folder / "page.html")
    compared = declass.compare(model, release.out, page=folder / "compared.html")
    [beside] = compared.models
    # Somebody changes what was written.
    written = next(release.out.glob("*.onnx"))
    session = onnxruntime.InferenceSession(str(written), providers=["CPUExecutionProvider"])
    shape = [size if isinstance(size, int) else 8 for size in session.get_inputs()[0].shape]
    inputs = numpy.random.default_rng(0).standard_normal(shape).astype(numpy.float32)
    before, after = logits(model, inputs), logits(written, inputs)
    others = [index for index in range(seen.classes) if index != FORGOTTEN]
    statement = release.out / "class-removal.statement.json"
    claim = json.loads(statement.read_text())
    claim["predicate"]["removal"]["unchangedTensors"] += 1
    statement.write_text(json.dumps(claim))
    edited = declass.verify(release.out, original=model)
    return {
        "classes": seen.classes,
        "width": seen.width,
        "passed": verdict.passed,
        "forgotten_top": int((after.argmax(1) == FORGOTTEN).sum()),
        "same_others": bool((before[:, others] == after[:, others]).all()),
        "page": [page.path.read_text()[:15], page.verdict],
        "compared": [
            compared.removed,
            beside.same_encoder,
            beside.synthetic.figure("answer-agreement", "agreement"),
            beside.data is None,
            (folder / "compared.html").read_text()[:15],
        ],
        "alone": said(lambda: declass.compare(model)) is not None,
        "edited": edited.verdict,
        "refused": said(lambda: declass.remove(model, ["nobody"], folder / "none")),
        "page_there": said(lambda: declass.report(release.out, page.path)),
        "odd_name": said(lambda: declass.inspect("--help")),
        "wrote_nothing": not (folder / "none").exists(),
    }


def said(call):
    try:
        call()
    except declass.Error as error:
        return [error.message, error.hint]
    return None


if __name__ == "__main__":
    speak.run(judge, sys.argv[1:])
