"""Where the light_*.onnx graphs of the installed onnx package are.

    light.py list           {"light_resnet50": "/.../light_resnet50.onnx", ...}
    light.py resnet50       {"path": "/.../light_resnet50.onnx"}
"""

import sys
from pathlib import Path

import onnx

import speak


def judge(name):
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    found = {path.stem: str(path) for path in sorted(folder.glob("light_*.onnx"))}
    if not found:
        raise ValueError(f"no light_*.onnx in {folder}")
    return found if name == "list" else {"path": found[f"light_{name.removeprefix('light_')}"]}


if __name__ == "__main__":
    speak.run(judge, sys.argv[1] if len(sys.argv) == 2 else "list")
